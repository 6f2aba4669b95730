// Pools of workers: what they have to do, who does it, and whether their jobs are held back.

import { ADMIN, post } from "../../lib/api.js";
import { el } from "../../lib/dom.js";
import { duration } from "../../lib/format.js";
import { live } from "../../lib/live.js";
import { link } from "../../lib/router.js";
import { computed } from "../../lib/signal.js";
import { number, say } from "../../lib/words.js";
import { ask } from "../../parts/ask.js";
import { button } from "../../parts/button.js";
import { chip } from "../../parts/chip.js";
import { dataTable } from "../../parts/data_table.js";
import { when } from "../../parts/when.js";
import { deskHead, deskPage, faultOf } from "./frame.js";
import { reasonField } from "./reason.js";

const EVERY_S = 3;

export const title = () => say("desk.pools");

export default deskPage("pools", ({ until }) => {
  const pools = live(() => `${ADMIN}pools`, { every_s: EVERY_S, until });
  const columns = [
    { name: say("pools.name"), cell: named, value: ({ name }) => name, isMain: true },
    { name: say("pools.state"), cell: state },
    { name: say("pools.waiting"), cell: ({ queued, startable, name }) => [el("a", { class: "number", href: link(`/desk/jobs?status=queued&pool=${encodeURIComponent(name)}`) }, number(queued)), el("div", { class: "small fainter" }, say("pools.startable", { n: startable }))], value: ({ queued }) => queued, isRight: true },
    { name: say("pools.running"), cell: ({ running, name }) => el("a", { class: "number", href: link(`/desk/jobs?status=processing&pool=${encodeURIComponent(name)}`) }, number(running)), value: ({ running }) => running, isRight: true },
    { name: say("pools.oldest"), cell: ({ queued, oldestWaitSeconds }) => (queued ? duration(oldestWaitSeconds) : "–"), value: ({ oldestWaitSeconds }) => oldestWaitSeconds, isRight: true },
    { name: say("pools.workers"), cell: ({ workers, workersReady }) => say("pools.ready", { ready: workersReady, all: workers }), value: ({ workersReady }) => workersReady, isRight: true },
    { name: say("pools.pace"), cell: ({ pace }) => (pace ? duration(pace.engineP50Seconds) : "–"), value: ({ pace }) => pace?.engineP50Seconds ?? null, isRight: true },
    { name: say("desk.actions"), isSaidOnly: true, isRight: true, isKept: true, cell: (pool) => action(pool, pools) },
  ];
  return [
    deskHead(say("desk.pools"), say("pools.text")),
    faultOf(pools),
    dataTable(say("desk.pools"), columns, () => pools.data.value?.data ?? null, { key: (pool) => pool.name, none: say("overview.noPools") }),
  ];
});

function named({ name, engines }) {
  return [el("strong", { class: "user-text" }, name), el("div", { class: "small fainter user-text" }, engines.length ? say("pools.engines", { names: engines.join(", ") }) : say("pools.noEngine"))];
}

function state({ paused, workersReady, queued, running }) {
  if (paused) return [chip(say("pools.paused"), "warn"), el("div", { class: "small faint user-text reason", dir: "auto" }, paused.reason), el("div", { class: "small fainter" }, el("span", { class: "user-text" }, paused.by), ", ", when(paused.since))];
  if (workersReady === 0 && queued > 0) return chip(say("pools.stuck"), "bad");
  if (workersReady === 0) return chip(say("pools.nobody"));
  return running ? chip(say("pools.working"), "busy") : chip(say("pools.idle"), "good");
}

function action(pool, pools) {
  const isPaused = computed(() => pool().paused !== null);
  return () => (isPaused.value ? button(say("pools.resume"), { icon: "play", kind: "small", onclick: () => resume(pool(), pools) }) : button(say("pools.pause"), { icon: "pause", kind: "small", onclick: () => pause(pool(), pools) }));
}

async function pause(pool, pools) {
  const reason = reasonField();
  const path = `${ADMIN}pools/${encodeURIComponent(pool.name)}/pause`;
  await ask(say("pools.pauseTitle", { name: pool.name }), { text: say("pools.pauseText", { n: pool.running }), fields: reason.field, yes: say("pools.pause"), kind: "danger", send: () => post(path, { reason: reason.text() }) });
  await pools.refresh();
}

async function resume(pool, pools) {
  const path = `${ADMIN}pools/${encodeURIComponent(pool.name)}/resume`;
  await ask(say("pools.resumeTitle", { name: pool.name }), { text: say("pools.resumeText", { n: pool.queued }), yes: say("pools.resume"), send: () => post(path) });
  await pools.refresh();
}
