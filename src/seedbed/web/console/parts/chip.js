// A word about the state of something.

import { el } from "../lib/dom.js";
import { say } from "../lib/words.js";

const KINDS = { queued: "", processing: "busy", succeeded: "good", failed: "bad", cancelled: "" };

/** Return a chip. `kind`: good, bad, warn, busy, plain. */
export function chip(text, kind = "") {
  return el("span", { class: ["chip", kind] }, text);
}

/** Return the chip of a generation's status. */
export function statusChip(status) {
  return chip(say(`status.${status}`), KINDS[status]);
}
