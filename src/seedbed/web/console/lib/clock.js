// The time, as a signal: what is told as "a minute ago" stays true while the page is open.

import { signal } from "./signal.js";

const TICK_MS = 1000;

/** Milliseconds since 1970, to the second. It stands still while nobody looks. */
export const now = signal(Date.now());

setInterval(() => document.hidden || (now.value = Date.now()), TICK_MS);
