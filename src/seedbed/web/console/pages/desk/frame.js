// What stands around every page of the desk: its places, and the door that opens to the scope admin alone.

import { session } from "../../lib/api.js";
import { el } from "../../lib/dom.js";
import { link } from "../../lib/router.js";
import { signal, within } from "../../lib/signal.js";
import { learn, say } from "../../lib/words.js";
import { button } from "../../parts/button.js";
import { empty, notice } from "../../parts/empty.js";
import { sentenceOf } from "../../parts/toast.js";
import * as words from "../../words/desk.js";
import * as accountWords from "../../words/desk_accounts.js";
import * as workWords from "../../words/desk_work.js";

[words, workWords, accountWords].forEach(learn);

const SECTIONS = ["overview", "pools", "workers", "jobs", "accounts", "usage", "audit", "settings"];

/** Return the page of a section. `build(context)` returns its nodes, maybe after a while; it is asked only behind the door. */
export function deskPage(section, build) {
  return async (context) => {
    if (!session.peek().scopes.includes("admin")) return denied();
    const inside = await build(context);
    return within(context.until, () => el("div", { class: ["page", "desk", `desk-${section}`] }, places(section), el("div", { class: "desk-inside" }, inside)));
  };
}

/** Return the head of a page: what it is, in a sentence, and what can be done. */
export function deskHead(title, text, ...actions) {
  return el("header", { class: "desk-head" }, el("div", {}, el("h1", { class: "user-text", dir: "auto" }, title), text && el("p", { class: "faint" }, text)), actions.length > 0 && el("div", { class: "row" }, actions));
}

/** Return a part of a page with a heading. */
export function section(title, { text, actions } = {}, ...children) {
  return el("section", { class: "desk-section" }, el("div", { class: "between" }, el("div", {}, el("h2", {}, title), text && el("p", { class: "small fainter" }, text)), actions && el("div", { class: "row" }, actions)), children);
}

/** Return what went wrong with what `live` asks for, if anything did. */
export function faultOf({ fault, refresh }) {
  return () => fault.value && notice("bad", sentenceOf(fault.value), el("div", { class: "row" }, button(say("action.again"), { icon: "again", kind: "small", onclick: refresh })));
}

/** Return a signal of a piece of the address, which is a filter. */
export function filter(query, name) {
  return signal(query.get(name) ?? "");
}

function places(here) {
  // On a phone they stand in a row that is wider than the screen; the one that is shown is brought into it.
  const bring = (nav) => requestAnimationFrame(() => (nav.scrollLeft = (nav.querySelector("[aria-current]")?.offsetLeft ?? 0) - nav.clientWidth / 3));
  return el("nav", { class: "desk-places", "aria-label": say("desk.label"), ref: bring },
    SECTIONS.map((name) => el("a", { href: link(name === "overview" ? "/desk" : `/desk/${name}`), "aria-current": name === here && "page" }, say(`desk.${name}`))));
}

function denied() {
  return el("div", { class: "page" }, empty("key", say("desk.denied"), say("desk.deniedText", { scope: "admin" }), el("code", { class: "user-text" }, "seedbed keys create --account 1 --name desk --scope admin"), el("a", { class: "button", href: link("/") }, say("missing.home"))));
}
