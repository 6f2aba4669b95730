// A short word about what has just happened, at the bottom, that goes by itself. Screen readers are told as well.

import { Refused, isQuiet } from "../lib/api.js";
import { el } from "../lib/dom.js";
import { say } from "../lib/words.js";
import { icon } from "./icons.js";

const SHOWN_MS = 6000;
const shelf = el("div", { class: "toasts", role: "status", "aria-live": "polite" });

/** Return the place where toasts appear. There is one, in the house. */
export function toasts() {
  return shelf;
}

/** Show a text. `kind`: "good" or "bad". */
export function toast(text, { kind = "good" } = {}) {
  const shown = el("div", { class: ["toast", kind] }, icon(kind === "bad" ? "warning" : "check", 18), el("span", { dir: "auto" }, text));
  shelf.append(shown);
  setTimeout(() => shown.remove(), SHOWN_MS);
}

/** Show what went wrong in the service's own sentence. Nothing is said to whoever has only left. */
export function tellFault(error) {
  if (isQuiet(error)) return;
  toast(sentenceOf(error), { kind: "bad" });
  if (!(error instanceof Refused)) console.error(error);
}

/** Return what to tell a person of an error. */
export function sentenceOf(error) {
  const isOurs = error instanceof Refused && error.status >= 500 && error.requestId;
  return isOurs ? `${error.message} ${say("error.reference", { id: error.requestId })}` : error.message;
}
