// How far something is.

import { el } from "../lib/dom.js";

/** Return a bar. `part` is a function that returns 0..1, or null while nobody knows. */
export function progress(label, part) {
  return el(
    "div",
    {
      class: () => ["progress", part() === null && "unknown"],
      role: "progressbar",
      "aria-label": label,
      "aria-valuemin": "0",
      "aria-valuemax": "100",
      "aria-valuenow": () => (part() === null ? null : Math.round(part() * 100)),
    },
    el("i", { style: () => ({ "--part": String(part() ?? 0) }) }),
  );
}
