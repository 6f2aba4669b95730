// A line to type in, bound to a signal of its text.

import { el } from "../lib/dom.js";

/** Return an input. `value` is a signal of text; `props` such as `required`, `maxlength`, `placeholder`. */
export function textInput(value, props = {}) {
  return el("input", { class: "input", autocomplete: "off", dir: "auto", value: () => value.value, oninput: (event) => (value.value = event.target.value), ...props });
}

/** Return an input for a whole number; an empty one stands for null. */
export function numberInput(value, props = {}) {
  return textInput(value, { class: "input number", type: "number", inputmode: "numeric", step: "1", dir: "ltr", ...props });
}

/** Return the number that was typed, or null for nothing. */
export function typed(text) {
  return String(text).trim() === "" ? null : Number(text);
}
