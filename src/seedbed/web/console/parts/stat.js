// One figure that matters, large, with what it means.

import { el } from "../lib/dom.js";

/** Return a tile. `figure` and `note` are functions, followed; `kind` returns bad, warn or nothing. */
export function stat(label, figure, { note, kind = () => "", href } = {}) {
  return el(
    href ? "a" : "div",
    { class: () => ["stat", kind()], href },
    el("span", { class: "stat-label" }, label),
    el("strong", { class: "stat-figure number" }, figure),
    el("span", { class: "stat-note" }, note),
  );
}
