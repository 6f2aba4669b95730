// Workers as they are now: what each makes, since when, where and on what; and those that are to take no more.

import { ADMIN, post } from "../../lib/api.js";
import { el } from "../../lib/dom.js";
import { live } from "../../lib/live.js";
import { computed } from "../../lib/signal.js";
import { number, say } from "../../lib/words.js";
import { ask } from "../../parts/ask.js";
import { button } from "../../parts/button.js";
import { chip } from "../../parts/chip.js";
import { dataTable } from "../../parts/data_table.js";
import { item, menu } from "../../parts/menu.js";
import { icon } from "../../parts/icons.js";
import { lasting, when } from "../../parts/when.js";
import { tellFault } from "../../parts/toast.js";
import { deskHead, deskPage, faultOf, section } from "./frame.js";
import { openJob } from "./job_drawer.js";
import { reasonField } from "./reason.js";

const EVERY_S = 2;

export const title = () => say("desk.workers");

export default deskPage("workers", ({ until }) => {
  const workers = live(() => `${ADMIN}workers`, { every_s: EVERY_S, until });
  const isAny = (name) => computed(() => workers.data.value?.[name].length > 0);
  const [areDrained, areFleets] = [isAny("drained"), isAny("fleets")];
  return [
    deskHead(say("desk.workers"), say("workers.text")),
    faultOf(workers),
    dataTable(say("desk.workers"), columns(workers), () => workers.data.value?.data.map(withoutPulse) ?? null, { key: (worker) => worker.id, none: say("workers.none") }),
    () => areDrained.value && section(say("workers.drained"), { text: say("workers.drainedText") }, drains(workers)),
    () => areFleets.value && section(say("workers.fleets"), {}, fleets(workers)),
  ];
});

/** A row is made anew when something about it has changed, which every sign of life would be. */
function withoutPulse({ seenAt, ...worker }) {
  return worker;
}

function columns(workers) {
  return [
    { name: say("workers.worker"), cell: ({ id, slot }) => [el("strong", { class: "user-text" }, id), slot && el("div", { class: "small fainter" }, say("workers.slot", { slot }))], value: ({ id }) => id, isMain: true },
    { name: say("workers.state"), cell: state, value: ({ state: name }) => name },
    { name: say("workers.doing"), cell: doing },
    { name: say("workers.pools"), cell: ({ pools, engine }) => [el("span", { class: "user-text" }, pools.join(", ")), engine && el("div", { class: "small fainter user-text" }, engine)], value: ({ pools }) => pools.join() },
    { name: say("workers.host"), cell: ({ host, gpus, fleet }) => [el("span", { class: "user-text" }, host ?? "–"), el("div", { class: "small fainter user-text" }, [gpus ? say("workers.gpu", { gpus }) : say("workers.cpu"), fleet && say("workers.fleet", { name: fleet })].filter(Boolean).join(" · "))], value: ({ host }) => host },
    { name: say("workers.started"), cell: ({ startedAt }) => when(startedAt), value: ({ startedAt }) => startedAt },
    { name: say("desk.actions"), isSaidOnly: true, isRight: true, isKept: true, cell: (worker) => menu(say("workers.actions", { id: worker().id }), icon("more"), () => actions(worker(), workers)) },
  ];
}

function state({ state: name, stateSince, reason, isDrained }) {
  const kind = isDrained ? "warn" : { ready: "good", testing: "warn", quarantined: "bad" }[name];
  return [chip(isDrained ? say("workers.isDrained") : say(`worker.${name}`), kind), el("div", { class: "small fainter" }, when(stateSince)), reason && el("div", { class: "small faint user-text reason", dir: "auto" }, reason)];
}

function doing({ doing: id, doingSince }) {
  if (!id) return el("span", { class: "fainter" }, say("workers.idle"));
  return [el("button", { type: "button", class: "as-link", onclick: () => openJob(id) }, el("code", {}, id.slice(0, 12), "…")), doingSince && el("div", { class: "small fainter" }, lasting(doingSince))];
}

function actions(worker, workers) {
  const drained = workers.data.peek().drained;
  const isAlready = (kind, target) => drained.some((one) => one.kind === kind && one.target === target);
  const of = (kind, target) => (isAlready(kind, target) ? item("play", say(`undrain.${kind}`, { target }), { onclick: () => undrain(kind, target, workers).catch(tellFault) }) : item("pause", say(`drain.${kind}`, { target }), { onclick: () => drain(kind, target, workers).catch(tellFault) }));
  return [of("worker", worker.id), worker.host && of("host", worker.host)];
}

async function drain(kind, target, workers) {
  const reason = reasonField();
  await ask(say(`drainTitle.${kind}`, { target }), { text: say(`drainText.${kind}`), fields: reason.field, yes: say("workers.drain"), kind: "danger", send: () => post(path(kind, target, "drain"), { reason: reason.text() }) });
  await workers.refresh();
}

async function undrain(kind, target, workers) {
  await ask(say("workers.undrainTitle", { target }), { text: say("workers.undrainText"), yes: say("workers.undrain"), send: () => post(path(kind, target, "undrain")) });
  await workers.refresh();
}

function path(kind, target, verb) {
  return `${ADMIN}${kind}s/${encodeURIComponent(target)}/${verb}`;
}

function drains(workers) {
  return dataTable(say("workers.drained"), [
    { name: say("workers.what"), cell: ({ kind, target }) => [el("strong", { class: "user-text" }, target), el("div", { class: "small fainter" }, say(`drainKind.${kind}`))], isMain: true },
    { name: say("reason.label"), cell: ({ reason }) => el("span", { class: "user-text", dir: "auto" }, reason) },
    { name: say("workers.since"), cell: ({ since }) => when(since) },
    { name: say("desk.actions"), isSaidOnly: true, isRight: true, isKept: true, cell: (one) => button(say("workers.undrain"), { icon: "play", kind: "small", onclick: () => undrain(one().kind, one().target, workers) }) },
  ], () => workers.data.value?.drained ?? [], { key: ({ kind, target }) => `${kind}/${target}`, none: null });
}

function fleets(workers) {
  const rows = () => (workers.data.value?.fleets ?? []).flatMap((fleet) => fleet.pools.map((pool) => ({ fleet: fleet.name, leader: fleet.leader, backend: fleet.backend, seenAt: fleet.seenAt, ...pool })));
  return dataTable(say("workers.fleets"), [
    { name: say("workers.fleetName"), cell: ({ fleet, backend }) => [el("strong", { class: "user-text" }, fleet), el("div", { class: "small fainter" }, backend)], isMain: true },
    { name: say("pools.name"), cell: ({ pool, engine }) => [el("span", { class: "user-text" }, pool), el("div", { class: "small fainter user-text" }, engine)] },
    { name: say("workers.wanted"), cell: ({ desired, reason }) => [number(desired), el("div", { class: "small fainter user-text reason", dir: "auto" }, reason)], isRight: true },
    { name: say("workers.has"), cell: ({ ready, starting, unfit }) => [number(ready), el("div", { class: "small fainter" }, say("workers.hasNote", { starting, unfit }))], isRight: true },
    { name: say("workers.leader"), cell: ({ leader }) => (leader ? el("span", { class: "user-text" }, leader) : chip(say("workers.noLeader"), "bad")) },
    { name: say("workers.seen"), cell: ({ seenAt }) => when(seenAt) },
  ], rows, { key: ({ fleet, pool }) => `${fleet}/${pool}`, none: null });
}
