// Everybody's jobs: filtered, the newest first, and what an operator may do to one.

import { ADMIN } from "../../lib/api.js";
import { el } from "../../lib/dom.js";
import { paged, repeat } from "../../lib/live.js";
import { link, noteQuery } from "../../lib/router.js";
import { effect } from "../../lib/signal.js";
import { number, say } from "../../lib/words.js";
import { button } from "../../parts/button.js";
import { chip, statusChip } from "../../parts/chip.js";
import { dataTable } from "../../parts/data_table.js";
import { choice, field } from "../../parts/field.js";
import { more } from "../../parts/more.js";
import { progress } from "../../parts/progress.js";
import { textInput } from "../../parts/text_input.js";
import { when } from "../../parts/when.js";
import { codeName } from "./codes.js";
import { deskHead, deskPage, filter } from "./frame.js";
import { openJob } from "./job_drawer.js";

const EVERY_S = 4;
const A_PAGE = 50;
const TYPING_MS = 350;
const STATUSES = ["queued", "processing", "succeeded", "failed", "cancelled"];
const TYPED = ["accountId", "pool", "engine", "model", "code"];

export const title = () => say("desk.jobs");

export default deskPage("jobs", ({ query, until }) => {
  const filters = Object.fromEntries(["status", "mode", ...TYPED].map((name) => [name, filter(query, name)]));
  const asked = () => Object.fromEntries(Object.entries(filters).map(([name, one]) => [name, one.value.trim()]).filter(([, text]) => text));
  const jobs = paged(() => `${ADMIN}jobs?${new URLSearchParams({ limit: A_PAGE, ...asked() })}`, { until });
  let timer = null;
  let before = JSON.stringify(asked());
  effect(() => {
    const now = asked();
    if (JSON.stringify(now) === before) return;
    before = JSON.stringify(now);
    clearTimeout(timer);
    timer = setTimeout(() => until.aborted || (noteQuery(now), jobs.rows.value = null, jobs.again()), TYPING_MS);
  });
  repeat(() => jobs.isWhole && jobs.again(), EVERY_S, until);
  if (query.get("job")) openJob(query.get("job"), jobs.again);
  return [
    deskHead(say("desk.jobs"), say("jobs.text")),
    filterBar(filters),
    dataTable(say("desk.jobs"), columns(jobs), () => jobs.rows.value, { key: (job) => job.requestId, none: () => (jobs.isMore() ? say("jobs.noneYet") : say("jobs.none")) }),
    more(jobs),
  ];
});

function filterBar(filters) {
  const clear = () => Object.values(filters).forEach((one) => (one.value = ""));
  return el("div", { class: "filters panel", role: "search", "aria-label": say("jobs.filters") },
    field(say("jobs.status"), choice(filters.status, [["", say("jobs.any")], ...STATUSES.map((one) => [one, say(`status.${one}`)])])),
    field(say("jobs.mode"), choice(filters.mode, [["", say("jobs.any")], ["live", say("mode.live")], ["test", say("mode.test")]])),
    TYPED.map((name) => field(say(`sought.${name}`), textInput(filters[name], { dir: "ltr", spellcheck: "false", inputmode: name === "accountId" ? "numeric" : null }))),
    () => Object.values(filters).some((one) => one.value) && el("div", { class: "filters-end" }, button(say("jobs.clear"), { icon: "close", kind: "quiet", onclick: clear })));
}

function columns(jobs) {
  return [
    { name: say("jobs.job"), isMain: true, isKept: true, cell: (job) => [el("button", { type: "button", class: "as-link", onclick: () => openJob(job().requestId, jobs.again) }, el("code", {}, job().requestId.slice(0, 14), "…")), () => job().mode === "test" && chip(say("mode.test"), "plain")] },
    { name: say("jobs.account"), cell: ({ accountId, accountName }) => el("a", { class: "user-text", dir: "auto", href: link(`/desk/accounts/${accountId}`) }, accountName) },
    { name: say("jobs.status"), cell: status },
    { name: say("jobs.model"), cell: ({ model, dialect }) => [el("span", { class: "user-text" }, model), el("div", { class: "small fainter" }, dialect)] },
    { name: say("jobs.pool"), cell: ({ pool, engine, attempt }) => [el("span", { class: "user-text" }, pool), el("div", { class: "small fainter user-text" }, [engine, attempt > 1 && say("jobs.attempt", { n: attempt })].filter(Boolean).join(" · "))] },
    { name: say("jobs.priority"), cell: ({ priority }) => number(priority), isRight: true },
    { name: say("jobs.credits"), cell: ({ credits }) => number(credits), isRight: true },
    { name: say("jobs.created"), cell: ({ createdAt }) => when(createdAt) },
  ];
}

function status({ status: name, fraction, stage, errorCode }) {
  return [
    statusChip(name),
    name === "processing" && el("div", { class: "in-row" }, progress(say("jobs.progress"), () => fraction), stage && el("span", { class: "small fainter" }, say(`at.${stage}`))),
    errorCode && el("div", { class: "small faint" }, codeName(errorCode)),
  ];
}
