// An action that needs a yes, or words: says what will happen, sends it, and shows there what the service answers.

import { isQuiet } from "../lib/api.js";
import { el } from "../lib/dom.js";
import { signal } from "../lib/signal.js";
import { say } from "../lib/words.js";
import { button } from "./button.js";
import { openDialog } from "./dialog.js";
import { notice } from "./empty.js";
import { sentenceOf } from "./toast.js";

let made = 0;

/**
 * Open a dialog and return a promise of what `send` returned, undefined if it was waved away. `text` says what will
 * happen, `fields` are nodes made by a function, `yes` names the action. It stays open until the service has agreed.
 */
export function ask(title, { text, fields = () => null, yes, kind = "primary", send, isWide = false }) {
  return openDialog(title, (close) => {
    const id = `ask-${++made}`;
    const fault = signal(null);
    const act = async () => {
      fault.value = null;
      try {
        close((await send()) ?? null);
      } catch (error) {
        if (isQuiet(error)) return close();
        fault.value = sentenceOf(error);
      }
    };
    const pressed = (event) => {
      event.preventDefault();
      return document.getElementById(id).reportValidity() ? act() : null;
    };
    return {
      inside: el("form", { id, class: "stack", onsubmit: (event) => event.preventDefault() }, text && el("p", { dir: "auto", class: "faint" }, text), fields(), () => fault.value && notice("bad", fault.value)),
      footer: [button(say("ask.no"), { onclick: () => close() }), button(yes, { kind, type: "submit", form: id, onclick: pressed })],
    };
  }, { isWide });
}
