// The history: everything that was ordered, newest first, to look through, to compare and to stop.

import { models } from "../lib/catalogue.js";
import { el } from "../lib/dom.js";
import { KINDS, jobList } from "../lib/job_list.js";
import { link, noteQuery } from "../lib/router.js";
import { currentOwner, effect, signal, within } from "../lib/signal.js";
import { learn, say } from "../lib/words.js";
import { button } from "../parts/button.js";
import { empty } from "../parts/empty.js";
import { choice, segments } from "../parts/field.js";
import { icon } from "../parts/icons.js";
import { jobEntry } from "../parts/job_entry.js";
import { pickBar } from "../parts/pick_bar.js";
import { sentenceOf } from "../parts/toast.js";
import { virtualList } from "../parts/virtual_list.js";
import * as words from "../words/history.js";
import * as playgroundWords from "../words/playground.js";

learn(words);
learn(playgroundWords);
export const title = () => say("history.title");

const KEPT_AS = "seedbed.history-view";
const VIEWS = ["rows", "grid"];
const PHONE_PX = 620;
const TILE_PX = 250;
const TILE_WORDS_PX = 112;

/** `?status=` one of KINDS, `?model=`, `?view=rows|grid`; the view is remembered. */
export default async function history({ query, until }) {
  const offered = await models();
  return within(until, () => page(query, offered));
}

function page(query, offered) {
  const kind = signal(query.get("status") in KINDS ? query.get("status") : "all");
  const model = signal(offered.some((one) => one.id === query.get("model")) ? query.get("model") : "");
  const asked = query.get("view") ?? localStorage.getItem(KEPT_AS);
  const view = signal(VIEWS.includes(asked) ? asked : "rows");
  const picked = signal(new Set());
  let goToList = () => null;

  effect(() => {
    const said = { ...(kind.value !== "all" && { status: kind.value }), ...(model.value && { model: model.value }), ...(view.value !== "rows" && { view: view.value }) };
    noteQuery(said);
    localStorage.setItem(KEPT_AS, view.value);
  });
  addEventListener("keydown", onKey, { signal: currentOwner() });

  const filters = el("div", { class: "history-filters", role: "search", "aria-label": say("history.filters") },
    segments(say("history.status"), kind, Object.keys(KINDS).map((one) => [one, say(`filter.${one}`)])),
    choice(model, [["", say("history.anyModel")], ...offered.map((one) => [one.id, one.name])], { "aria-label": say("history.model") }),
    segments(say("history.view"), view, [["rows", [icon("list", 18), el("span", { class: "said-only" }, say("history.rows"))]], ["grid", [icon("grid", 18), el("span", { class: "said-only" }, say("history.grid"))]]]));

  return el("div", { class: () => ["page", "history", `as-${view.value}`] },
    el("header", {}, el("h1", {}, say("history.title")), filters),
    el("p", { class: "said-only" }, say("history.keys")),
    () => {
      const [wanted, form] = [{ kind: kind.value, model: model.value }, view.value];
      picked.value = new Set();
      return feed(wanted, form);
    });

  function feed(wanted, form) {
    const jobs = jobList(wanted, currentOwner());
    jobs.more();
    const shown = virtualList(say("history.title"), {
      entries: jobs.entries,
      draw: (entry) => jobEntry(entry, picked),
      shape: form === "grid" ? gridShape : rowShape,
      onNear: jobs.more,
      onSeen: (entry) => (entry.isSeen.value = true),
    });
    goToList = shown.focus;
    return [
      () => jobs.arrived.value > 0 && el("div", { class: "arrived" }, button(say("history.arrived", { n: jobs.arrived.value }), { icon: "up", kind: "small", onclick: () => (jobs.takeArrived(), scrollTo({ top: 0 })) })),
      shown.list,
      () => ending(jobs, wanted),
      pickBar(jobs.entries, picked),
    ];
  }

  function ending(jobs, wanted) {
    const { isBusy, fault, isAtEnd } = jobs.state.value;
    const isNone = jobs.entries.value.length === 0;
    if (fault) return empty("warning", say("history.fault"), sentenceOf(fault), button(say("action.again"), { icon: "again", onclick: jobs.more }));
    if (isBusy || !isAtEnd) return el("div", { class: "ghosts", "aria-hidden": "true" }, Array.from({ length: isNone ? 8 : 2 }, () => el("div", { class: "ghost" })));
    if (!isNone) return el("p", { class: "the-end small fainter" }, say("history.end"));
    if (wanted.kind === "all" && !wanted.model) return empty("film", say("history.none"), say("history.noneText"), el("a", { class: "button primary", href: link("/") }, say("history.create")));
    return empty("search", say("history.noMatch"), say("history.noMatchText"), button(say("history.showAll"), { onclick: () => ((kind.value = "all"), (model.value = "")) }));
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("dialog, textarea, [contenteditable]")) return;
    const isTyping = event.target.matches("input:not([type=radio], [type=checkbox]), select");
    if (event.key === "/" && !isTyping) filters.querySelector("input:checked").focus();
    else if (event.key === "Escape" && picked.peek().size) picked.value = new Set();
    else if (event.key === "ArrowDown" && (event.target === document.body || event.target.id === "main")) goToList();
    else return;
    event.preventDefault();
  }
}

function rowShape(width_px) {
  return { columns: 1, height_px: width_px < PHONE_PX ? 100 : 80 };
}

function gridShape(width_px) {
  const columns = Math.max(2, Math.floor(width_px / TILE_PX));
  return { columns, height_px: Math.round(((width_px / columns - 12) * 9) / 16) + TILE_WORDS_PX };
}
