// Nothing is here: says why, and what to do. Also for what could not be loaded.

import { el } from "../lib/dom.js";
import { icon } from "./icons.js";

/** Return the place that stands in for what is not there. `actions` are buttons and links. */
export function empty(iconName, title, text, ...actions) {
  return el("div", { class: "empty" }, icon(iconName, 32), el("h2", {}, title), el("p", { dir: "auto" }, text), actions.length > 0 && el("div", { class: "row" }, actions));
}

/** Return a notice beside what it is about. `kind`: bad, warn, good or nothing. */
export function notice(kind, text, ...more) {
  const iconName = { bad: "warning", warn: "warning", good: "check" }[kind] ?? "info";
  return el("div", { class: ["notice", kind], role: kind === "bad" ? "alert" : null }, icon(iconName, 18), el("div", { class: "grow" }, el("p", { dir: "auto" }, text), more));
}
