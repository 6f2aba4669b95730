// What the draft would cost, asked of the service itself a moment after the last change.

import { NATIVE, Refused, isQuiet, pause, post } from "../lib/api.js";
import { currentOwner, effect, signal } from "../lib/signal.js";

const PATIENCE_MS = 300;

/**
 * Return a signal of `{ credits, available, warnings, fault, isOld }`; `fault` is what the service would refuse the order
 * for. `order` is a function that returns the order and is followed.
 */
export function priceOf(order) {
  const price = signal({ credits: null, isOld: true });
  effect(() => {
    const asked = order();
    const until = currentOwner();
    price.value = { ...price.peek(), isOld: true };
    if (asked.model) ask({ ...asked, prompt: asked.prompt || "…" }, until);
  });
  return price;

  async function ask(asked, until) {
    try {
      await pause(PATIENCE_MS, until);
      const { credits, available, warnings } = await post(`${NATIVE}video/estimate`, asked, { until });
      price.value = { credits, available, warnings, fault: null, isOld: false };
    } catch (error) {
      if (until.aborted || isQuiet(error)) return;
      price.value = { ...price.peek(), fault: error instanceof Refused && error.status === 400 ? error : null, isOld: true };
    }
  }
}
