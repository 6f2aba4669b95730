// A button with a sheet of choices. Arrow keys move, Escape and a click elsewhere close it.

import { el } from "../lib/dom.js";
import { signal } from "../lib/signal.js";
import { icon } from "./icons.js";

/** Return a menu. `face` is what its button shows, `items` a function that returns what is in it when it opens. */
export function menu(label, face, items) {
  const isOpen = signal(false);
  const opener = el(
    "button",
    { type: "button", class: "button quiet only-icon", title: label, "aria-label": label, "aria-haspopup": "true", "aria-expanded": () => String(isOpen.value), onclick: () => (isOpen.value = !isOpen.peek()) },
    face,
  );
  const box = el("div", { class: "menu", onkeydown: onKey, onfocusout: onLeave }, opener, () =>
    isOpen.value && el("div", { class: "sheet", role: "group", "aria-label": label, onclick: onChoice }, items()));
  return box;

  function onChoice(event) {
    if (event.target.closest("a, button")) close();
  }
  function onLeave(event) {
    if (!box.contains(event.relatedTarget) && event.relatedTarget) isOpen.value = false;
    else if (!event.relatedTarget) setTimeout(() => box.contains(document.activeElement) || (isOpen.value = false), 150);
  }
  function onKey(event) {
    if (event.key === "Escape" && isOpen.peek()) return close();
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    isOpen.value = true;
    const choices = [...box.querySelectorAll(".sheet a, .sheet button")];
    const step = event.key === "ArrowDown" ? 1 : -1;
    const at = choices.indexOf(document.activeElement);
    choices[(at + step + choices.length) % choices.length]?.focus();
  }
  function close() {
    isOpen.value = false;
    opener.focus();
  }
}

/** Return one choice of a menu: a button, or a link if it has `href`. */
export function item(iconName, text, { href, onclick, isChosen } = {}) {
  const inside = [iconName && icon(iconName, 18), el("span", {}, text), isChosen && el("span", { data: { tick: "" } }, icon("check", 18))];
  if (href) return el("a", { class: "item", href }, inside);
  return el("button", { type: "button", class: "item", onclick, "aria-pressed": isChosen === undefined ? null : String(isChosen) }, inside);
}
