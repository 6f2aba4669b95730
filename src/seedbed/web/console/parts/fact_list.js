// Names and what they are, in two columns.

import { el } from "../lib/dom.js";

/** Return the list. `rows`: `[name, what]`; null is left out. */
export function factList(rows) {
  return el("dl", { class: "fact-list" }, rows.filter(Boolean).map(([name, what]) => [el("dt", {}, name), el("dd", { class: "user-text" }, what)]));
}
