// A question or a closer look that comes before everything else until it is answered.

import { el } from "../lib/dom.js";
import { within } from "../lib/signal.js";
import { say } from "../lib/words.js";
import { button } from "./button.js";

/**
 * Open a dialog and return a promise of what `close(value)` was given; undefined if it was waved away. `content` is a
 * function of `close` that returns nodes, or `{ inside, footer }`. `kind`: drawer, which stands at the side of the page.
 */
export function openDialog(title, content, { isWide = false, kind = null } = {}) {
  return new Promise((resolve) => {
    const life = new AbortController();
    within(life.signal, () => {
      const close = (value) => {
        resolve(value);
        box.close();
      };
      const made = content(close);
      const { inside, footer } = made instanceof Node || Array.isArray(made) ? { inside: made } : made;
      const box = el(
        "dialog",
        { class: [isWide && "wide", kind], "aria-label": title },
        el("header", {}, el("h2", {}, title), button(say("action.close"), { icon: "close", kind: "quiet", isIconOnly: true, onclick: () => close() })),
        el("div", { class: "inside" }, inside),
        footer && el("footer", {}, footer),
      );
      box.addEventListener("click", (event) => event.target === box && close());
      box.addEventListener("close", () => {
        resolve();
        life.abort();
        box.remove();
      });
      document.body.append(box);
      box.showModal();
    });
  });
}

/** Ask for a yes. Returns a promise of true or false. `kind` of the button: primary or danger. */
export async function confirm(title, text, { yes, no, kind = "danger" }) {
  const answer = await openDialog(title, (close) => ({
    inside: el("p", { dir: "auto" }, text),
    footer: [button(no, { onclick: () => close(false) }), button(yes, { kind, onclick: () => close(true) })],
  }));
  return answer === true;
}
