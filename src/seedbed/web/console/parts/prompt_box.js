// Where the prompt is written. Pointers such as @Image1 are drawn as chips behind the text; "@" offers the references.
// The text itself is an ordinary textarea, so that every keyboard and every input method works as it should.

import { el } from "../lib/dom.js";
import { numbered, pieces, pointedAt } from "../lib/pointers.js";
import { effect, signal } from "../lib/signal.js";
import { number, say } from "../lib/words.js";
import { icon } from "./icons.js";

export const MOST_CHARACTERS = 5000;
const TELL_FROM = 4500;
const ASKED = /(?:^|[\s(,.;:])@(\p{L}*\d{0,2})$/u;

/** Return the box. `onFiles` is called with files that are pasted into it. */
export function promptBox(draft, { onFiles }) {
  const { prompt, references } = draft;
  const offered = signal([]); // the pointers that may be meant, while "@" is being typed
  const chosen = signal(0);
  const box = el("textarea", {
    id: "prompt", class: "prompt-text", rows: "5", dir: "auto", spellcheck: "true", placeholder: say("create.promptHint"),
    "aria-label": say("create.prompt"), "aria-autocomplete": "list", "aria-controls": () => (offered.value.length ? "pointers" : null),
    "aria-activedescendant": () => (offered.value.length ? `pointer-${chosen.value}` : null),
    "aria-describedby": "prompt-count",
    oninput: () => {
      prompt.value = box.value;
      ask();
    },
    onclick: ask,
    onkeydown: onKey,
    onblur: () => setTimeout(() => (offered.value = []), 150),
    onpaste: (event) => event.clipboardData.files.length && (event.preventDefault(), onFiles(event.clipboardData.files)),
  });
  effect(() => prompt.value !== box.value && (box.value = prompt.value));

  function ask() {
    const before = box.value.slice(0, box.selectionStart);
    const started = ASKED.exec(before)?.[1].toLowerCase();
    const all = started === undefined ? [] : numbered(references.peek()).filter((one) => one.number);
    chosen.value = 0;
    offered.value = all.filter(({ reference, number: n }) => `${say(`pointer.${reference.kind}`)}${n}`.toLowerCase().startsWith(started) || `${reference.kind}${n}`.startsWith(started));
  }

  function take({ reference, number: n }) {
    const before = box.value.slice(0, box.selectionStart).replace(/@[\p{L}\d]*$/u, `@${say(`pointer.${reference.kind}`)}${n} `);
    box.value = before + box.value.slice(box.selectionStart).replace(/^ /, "");
    box.setSelectionRange(before.length, before.length);
    prompt.value = box.value;
    offered.value = [];
    box.focus();
  }

  function onKey(event) {
    if (event.isComposing || !offered.peek().length) return;
    const count = offered.peek().length;
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) chosen.value = (chosen.peek() + move + count) % count;
    else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") take(offered.peek()[chosen.peek()]);
    else if (event.key === "Escape") offered.value = [];
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  const count = () => [...prompt.value].length;
  return el(
    "div",
    { class: "prompt" },
    el("div", { class: "prompt-sheet" }, el("div", { class: "prompt-drawn", "aria-hidden": "true", dir: "auto" }, () => drawn(prompt.value, references.value), "\u200b"), box),
    () => offered.value.length > 0 && el("ul", { id: "pointers", class: "pointers", role: "listbox", "aria-label": say("create.references") },
      offered.value.map((one, i) => el("li", { id: `pointer-${i}`, role: "option", "aria-selected": () => String(chosen.value === i), onpointerdown: (event) => (event.preventDefault(), take(one)) },
        face(one.reference), el("strong", {}, `@${say(`pointer.${one.reference.kind}`)}${one.number}`), el("span", { class: "faint clamped user-text", dir: "auto" }, one.reference.name)))),
    el("p", { id: "prompt-count", class: "prompt-count", role: "status" }, () =>
      count() > TELL_FROM && el("span", { class: count() > MOST_CHARACTERS && "over" }, say("create.count", { count: number(count()), most: number(MOST_CHARACTERS) }))),
  );
}

function drawn(prompt, references) {
  return pieces(prompt).map((piece) => {
    if (!piece.kind) return piece.text;
    const found = pointedAt(references, piece.kind, piece.number);
    const picture = found?.seen.thumbnail;
    // The first character makes room for the picture, so that the chip is exactly as wide as the text before it.
    const head = picture ? el("span", { class: "head", style: { "background-image": `url("${picture}")` } }, piece.text.slice(0, 1)) : piece.text.slice(0, 1);
    return el("mark", { class: ["pointer", !found && "astray"] }, head, piece.text.slice(1));
  });
}

/** Return the small picture of a reference, or the sign of its kind. */
export function face(reference) {
  const { thumbnail } = reference.seen;
  return thumbnail ? el("img", { class: "face", src: thumbnail, alt: "" }) : el("span", { class: "face" }, icon(reference.kind ?? "warning", 18));
}
