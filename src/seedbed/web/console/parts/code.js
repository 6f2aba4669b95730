// Code to read and to copy.

import { el } from "../lib/dom.js";
import { say } from "../lib/words.js";
import { button } from "./button.js";
import { toast } from "./toast.js";

/** Return a block of code. `text` is a function, followed. */
export function code(text) {
  return el("div", { class: "code" }, el("pre", { tabindex: "0" }, el("code", {}, text)), copyButton(text, { kind: "small" }));
}

/** Return a button that copies what the function `text` returns. */
export function copyButton(text, props = {}) {
  return button(say("action.copy"), { icon: "copy", ...props, onclick: () => copy(text()) });
}

export async function copy(text) {
  if (navigator.clipboard) await navigator.clipboard.writeText(text);
  else copyFromPage(text);
  toast(say("action.copied"));
}

// Over plain HTTP, other than on this machine, browsers have only the old way.
function copyFromPage(text) {
  const box = el("textarea", { class: "said-only", value: text });
  (document.querySelector("dialog[open]") ?? document.body).append(box);
  box.select();
  document.execCommand("copy");
  box.remove();
}
