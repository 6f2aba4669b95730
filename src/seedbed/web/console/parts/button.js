// Buttons: something happens. (What leads somewhere is a link.)

import { el } from "../lib/dom.js";
import { signal } from "../lib/signal.js";
import { icon } from "./icons.js";
import { tellFault } from "./toast.js";

/**
 * Return a button. `label` is what it says; with `isIconOnly` only screen readers and the tip do. `kind`: primary,
 * danger, quiet, and sizes large, small, as a list or one word. While a promise of `onclick` runs the button waits, and
 * what it throws is told in a toast unless `onclick` has dealt with it.
 */
export function button(label, { icon: iconName, kind = "", isIconOnly = false, onclick, disabled = false, ...props } = {}) {
  const isBusy = signal(false);
  const press = async (event) => {
    if (isBusy.peek() || !onclick) return;
    const pending = onclick(event);
    if (!(pending instanceof Promise)) return;
    isBusy.value = true;
    try {
      await pending;
    } catch (error) {
      tellFault(error);
    } finally {
      isBusy.value = false;
    }
  };
  const isOff = () => (typeof disabled === "function" ? disabled() : disabled);
  return el(
    "button",
    {
      type: "button",
      class: () => ["button", kind, isIconOnly && "only-icon", isBusy.value && "is-busy"],
      title: isIconOnly ? label : null,
      "aria-label": isIconOnly ? label : null,
      "aria-busy": () => (isBusy.value ? "true" : null),
      disabled: isOff,
      onclick: press,
      ...props,
    },
    () => (isBusy.value ? icon("again", 18) : iconName && icon(iconName, 18)),
    !isIconOnly && el("span", {}, label),
  );
}
