// Things to fill in: each has a label, and a place for a hint and for what is wrong.

import { el } from "../lib/dom.js";

let made = 0;

/**
 * Return a labelled field around a control. `fault` is a function that returns a sentence or null: the control is
 * marked and described by it. `beside` stands next to the control, such as a button.
 */
export function field(label, control, { hint, fault, beside } = {}) {
  const id = (control.id ||= `field-${++made}`);
  const about = [hint && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(" ");
  if (about) control.setAttribute("aria-describedby", about);
  return el(
    "div",
    { class: "field" },
    el("label", { for: id }, label),
    beside ? el("div", { class: "beside" }, control, beside) : control,
    hint && el("p", { class: "hint", id: `${id}-hint` }, hint),
    fault &&
      el("p", { class: "fault", id: `${id}-fault`, role: "alert", hidden: () => !marked(control, fault()) }, () => fault()),
  );
}

function marked(control, sentence) {
  if (sentence) control.setAttribute("aria-invalid", "true");
  else control.removeAttribute("aria-invalid");
  return sentence;
}

/** Return a choice out of a list. `options`: `[value, text]`; `value` a signal that is read and written. */
export function choice(value, options, props = {}) {
  const of = typeof options === "function" ? options : () => options;
  return el(
    "select",
    { class: "input", onchange: (event) => (value.value = event.target.value), ...props },
    () => of().map(([option, text]) => el("option", { value: option, selected: String(value.value) === String(option) }, text)),
  );
}

/** Return one of a few, all to be seen. `options`: `[value, what to show]`; `value` a signal. */
export function segments(label, value, options) {
  const name = `segments-${++made}`;
  const of = typeof options === "function" ? options : () => options;
  return el("fieldset", { class: "field" }, el("legend", { class: "said-only" }, label), el("span", { class: "label", "aria-hidden": "true" }, label),
    el("div", { class: "segments" }, () =>
      of().map(([option, shown]) =>
        el("label", {},
          el("input", { type: "radio", name, value: option, checked: () => value.value === option, onchange: () => (value.value = option) }),
          el("span", {}, shown)))));
}

/** Return a switch. `value` is a signal of true and false. */
export function toggle(label, value) {
  return el("label", { class: "switch" },
    el("input", { type: "checkbox", role: "switch", checked: () => value.value, onchange: (event) => (value.value = event.target.checked) }),
    el("span", {}, label));
}
