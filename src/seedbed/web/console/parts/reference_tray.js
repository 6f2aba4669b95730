// The references of the draft: added by dropping, pasting or picking; each can be given a role, moved and removed.

import { el } from "../lib/dom.js";
import { bytes, duration } from "../lib/format.js";
import { acceptOf, togetherFault } from "../lib/media_check.js";
import { numbered } from "../lib/pointers.js";
import { referenceOf, sendAgain } from "../lib/references.js";
import { signal } from "../lib/signal.js";
import { say } from "../lib/words.js";
import { button } from "./button.js";
import { notice } from "./empty.js";
import { choice } from "./field.js";
import { icon } from "./icons.js";
import { openDialog } from "./dialog.js";
import { progress } from "./progress.js";
import { face } from "./prompt_box.js";
import { toast } from "./toast.js";

const ROLES = { image: ["first_frame", "last_frame", "reference_image"], video: ["reference_video"], audio: ["reference_audio"] };

/** Add files to the draft, as many as the model takes; each is looked at and uploaded at once. */
export function addFiles(draft, files, taken) {
  const room = taken.max - draft.references.peek().length;
  if (files.length > room) toast(say("create.tooMany", { max: taken.max }), { kind: "bad" });
  const added = [...files].slice(0, Math.max(0, room)).map((file) => referenceOf(file, taken));
  draft.references.value = [...draft.references.peek(), ...added];
}

/** Return the tray. `taken` is a function that returns `references` of the model. */
export function referenceTray(draft, taken) {
  const { references } = draft;
  const dragged = signal(null);
  const picker = el("input", {
    type: "file", multiple: true, hidden: true, accept: () => acceptOf(taken()), "aria-label": say("create.add"), tabindex: "-1",
    onchange: () => {
      addFiles(draft, picker.files, taken());
      picker.value = "";
    },
  });
  const isFull = () => references.value.length >= taken().max;
  const put = (list) => (references.value = list);

  function move(reference, to) {
    const rest = references.peek().filter((one) => one !== reference);
    put([...rest.slice(0, to), reference, ...rest.slice(to)]);
  }

  function drop(reference) {
    reference.removed.abort();
    put(references.peek().filter((one) => one !== reference));
  }

  function tile({ reference, number }, at) {
    const pointer = number && `@${say(`pointer.${reference.kind}`)}${number}`;
    return el(
      "li",
      {
        class: () => ["tile", reference.state.value.phase, dragged.value === reference && "dragged"], draggable: "true",
        ondragstart: (event) => (event.dataTransfer.setData("text/plain", pointer ?? ""), (dragged.value = reference)),
        ondragend: () => (dragged.value = null),
        ondragover: (event) => dragged.peek() && (event.preventDefault(), dragged.peek() !== reference && move(dragged.peek(), at)),
      },
      el("button", { type: "button", class: "tile-face", title: reference.name, "aria-label": say("create.edit", { name: reference.name }), onclick: () => edit(reference, pointer, { move, drop, references, taken }) },
        () => (reference.state.value, face(reference)),
        () => reference.state.value.phase === "sending" && progress(say("create.uploading", { name: reference.name }), () => reference.state.value.part ?? 0),
        () => ["refused", "stopped"].includes(reference.state.value.phase) && el("span", { class: "tile-fault" }, icon("warning", 18)),
        reference.kind !== "image" && reference.kind && el("span", { class: "tile-kind" }, icon(reference.kind, 14), () => reference.state.value && reference.seen.duration_s ? duration(reference.seen.duration_s) : null)),
      el("span", { class: "tile-name clamped", dir: "auto" }, () => (reference.role.value ? say(`role.${reference.role.value}`) : pointer ?? reference.name)),
      button(say("create.remove", { name: reference.name }), { icon: "close", kind: "small tile-remove", isIconOnly: true, onclick: () => drop(reference) }),
    );
  }

  return el(
    "div",
    { class: "references" },
    el("ul", { class: "tiles", "aria-label": say("create.references") },
      () => numbered(references.value).map(tile),
      () => !isFull() && el("li", { class: "tile add" }, el("button", { type: "button", class: "tile-face", onclick: () => picker.click() }, icon("plus", 22), el("span", {}, say("create.add"))))),
    picker,
    () => references.value.filter((one) => ["refused", "stopped"].includes(one.state.value.phase)).map((one) => {
      const again = one.state.value.phase === "stopped" && one.file && button(say("action.again"), { icon: "again", kind: "small", onclick: () => sendAgain(one) });
      return notice("bad", say("create.fault", { name: one.name, message: one.state.value.message }), again);
    }),
    () => {
      const fault = togetherFault(references.value.filter((one) => (one.state.value, one.kind)), taken());
      return fault && notice("bad", fault);
    },
  );
}

function edit(reference, pointer, { move, drop, references, taken }) {
  const at = () => references.value.indexOf(reference);
  const { width_px, height_px, duration_s } = reference.seen;
  const facts = [width_px && `${width_px} × ${height_px}`, duration_s && duration(duration_s), reference.size_bytes && bytes(reference.size_bytes)].filter(Boolean);
  const roles = (ROLES[reference.kind] ?? []).filter((role) => taken().roles.includes(role));
  return openDialog(pointer ?? say("create.reference"), (close) => ({
    inside: el("div", { class: "reference-edit" },
      face(reference),
      el("div", { class: "stack" },
        el("p", {}, el("strong", { class: "user-text", dir: "auto" }, reference.name), el("br"), el("span", { class: "faint small" }, facts.join(" · "))),
        roles.length > 0 && el("div", { class: "field" }, el("label", { for: "role" }, say("create.role")), choice(reference.role, [["", say("role.auto")], ...roles.map((role) => [role, say(`role.${role}`)])], { id: "role" }), el("p", { class: "hint" }, say("create.roleHint"))),
        el("div", { class: "row" },
          button(say("create.earlier"), { icon: "left", kind: "small", disabled: () => at() <= 0, onclick: () => move(reference, at() - 1) }),
          button(say("create.later"), { icon: "right", kind: "small", disabled: () => at() >= references.value.length - 1, onclick: () => move(reference, at() + 1) })))),
    footer: [button(say("create.removeThis"), { icon: "trash", kind: "danger", onclick: () => (drop(reference), close()) }), button(say("action.done"), { kind: "primary", onclick: () => close() })],
  }));
}
