// What the account has to spend: shown in the bar, asked for again when something has cost or given back.

import { NATIVE, get, isQuiet } from "./api.js";
import { signal } from "./signal.js";

/** `{ available, held }` in whole credits, or null while nobody knows. */
export const credits = signal(null);

export async function refreshCredits() {
  try {
    const { available, held } = await get(`${NATIVE}credits`);
    credits.value = { available, held };
  } catch (error) {
    if (!isQuiet(error)) credits.value = null; // a figure in the bar is not worth a message
  }
}
