// The desk's first page: how the service is now, how its queue was, what failed, how fast the engines are.

import { ADMIN } from "../../lib/api.js";
import { el } from "../../lib/dom.js";
import { bytes, duration, wholeMoment } from "../../lib/format.js";
import { live } from "../../lib/live.js";
import { link } from "../../lib/router.js";
import { computed, effect, signal } from "../../lib/signal.js";
import { number, say } from "../../lib/words.js";
import { barChart, barList } from "../../parts/bar_chart.js";
import { gathered } from "../../parts/chart_scale.js";
import { dataTable } from "../../parts/data_table.js";
import { notice } from "../../parts/empty.js";
import { segments } from "../../parts/field.js";
import { lineChart } from "../../parts/line_chart.js";
import { stat } from "../../parts/stat.js";
import { codeName } from "./codes.js";
import { deskHead, deskPage, faultOf, section } from "./frame.js";

const NOW_EVERY_S = 3;
const SERIES_EVERY_S = 15;
const MOST_BARS = 62;
const COLOURS = 6;
const SPANS = ["1h", "24h", "7d"];

export const title = () => say("desk.overview");

export default deskPage("overview", ({ until }) => {
  const span = signal("1h");
  const now = live(() => `${ADMIN}overview`, { every_s: NOW_EVERY_S, until });
  const past = live(() => `${ADMIN}overview/series?span=${span.value}`, { every_s: SERIES_EVERY_S, until });
  let isFirst = true;
  effect(() => {
    span.value;
    if (!isFirst) past.refresh();
    isFirst = false;
  });
  return [
    deskHead(say("desk.overview"), say("overview.text"), segments(say("overview.span"), span, SPANS.map((one) => [one, say(`span.${one}`)]))),
    faultOf(now),
    () => now.data.value?.maintenance && closed(now.data.value.maintenance),
    tiles(now.data),
    el("div", { class: "charts" },
      lineChart(say("overview.queued"), { figures: () => depths(past.data.value, "queued"), write: (value) => number(value, { maximumFractionDigits: 1 }), unit: say("overview.queuedUnit") }),
      lineChart(say("overview.wait"), { figures: () => depths(past.data.value, "oldestWaitSeconds"), write: duration, isTime: true, unit: say("overview.waitUnit") }),
      barChart(say("overview.ended"), { figures: () => outcomes(past.data.value), write: (value) => number(value), unit: say("overview.endedUnit") }),
      failures(now.data)),
    section(say("overview.speed"), { text: say("overview.speedText") }, speeds(now.data)),
  ];
});

function closed({ message, until }) {
  return notice("warn", say("overview.closed", { message }), el("p", { class: "small" }, until ? say("overview.closedUntil", { at: wholeMoment(until) }) : say("overview.closedForNow"), " ", el("a", { href: link("/desk/settings") }, say("overview.toSettings"))));
}

function tiles(data) {
  const of = (read) => () => (data.value ? read(data.value) : "–");
  const waits = (now) => Math.max(0, ...now.pools.map((pool) => pool.oldestWaitSeconds));
  const ended = (now, isOk) => now.outcomes.filter(({ code }) => isOk(code)).reduce((sum, { jobs }) => sum + jobs, 0);
  const failed = (now) => ended(now, (code) => code !== "succeeded" && code !== "cancelled");
  const idle = (now) => now.workers.ready === 0 && now.queued > 0;
  return el("div", { class: "stats" },
    stat(say("overview.waiting"), of((now) => number(now.queued)), { href: link("/desk/jobs?status=queued"), note: of((now) => (now.queued ? say("overview.longest", { time: duration(waits(now)) }) : say("overview.nobodyWaits"))) }),
    stat(say("overview.running"), of((now) => number(now.running)), { href: link("/desk/jobs?status=processing"), note: of((now) => say("overview.startable", { n: now.pools.reduce((sum, pool) => sum + pool.startable, 0) })) }),
    stat(say("overview.workers"), of((now) => number(now.workers.ready)), { href: link("/desk/workers"), kind: () => (data.value && (idle(data.value) || data.value.workers.unfit) ? "bad" : ""), note: of(({ workers }) => say("overview.workersNote", { busy: workers.busy, drained: workers.drained, unfit: workers.unfit })) }),
    stat(say("overview.done"), of((now) => number(ended(now, (code) => code === "succeeded"))), { note: of((now) => say("overview.doneNote", { failed: failed(now), cancelled: ended(now, (code) => code === "cancelled") })) }),
    stat(say("overview.stored"), of((now) => (now.stored.length ? bytes(now.stored.reduce((sum, part) => sum + part.sizeBytes, 0)) : "–")), { note: of(storedNote) }),
    stat(say("overview.database"), of((now) => bytes(now.databaseBytes)), { note: say("overview.databaseNote") }));
}

function storedNote({ stored }) {
  if (!stored.length) return say("overview.notCounted");
  return stored.map(({ part, files }) => say(`stored.${part}`, { n: files })).join(" · ");
}

function depths(past, name) {
  if (!past) return null;
  return { ...grid(past), series: past.pools.map((pool, i) => ({ name: pool.pool, colour: `series-${(i % COLOURS) + 1}`, values: pool[name] })) };
}

function outcomes(past) {
  if (!past) return null;
  const by = Math.ceil(past.steps / MOST_BARS);
  const sum = (isOne) => gathered(Array.from({ length: past.steps }, (_, i) => past.pools.reduce((all, { ended }) => all + Object.entries(ended).reduce((part, [code, jobs]) => part + (isOne(code) ? jobs[i] : 0), 0), 0)), by);
  const series = [
    { name: say("status.succeeded"), colour: "good", values: sum((code) => code === "succeeded") },
    { name: say("status.failed"), colour: "bad", values: sum((code) => code !== "succeeded" && code !== "cancelled") },
    { name: say("status.cancelled"), colour: "quiet", values: sum((code) => code === "cancelled") },
  ];
  return { from_ms: grid(past).from_ms, step_ms: past.stepSeconds * 1000 * by, series };
}

function grid(past) {
  return { from_ms: Date.parse(past.from), step_ms: past.stepSeconds * 1000 };
}

function failures(data) {
  const told = computed(() => data.value ? JSON.stringify(data.value.outcomes) : undefined); // made anew only when they have changed
  return el("section", { class: "chart panel" }, el("div", { class: "figcaption" }, el("h2", {}, say("overview.failures")), el("span", { class: "small fainter" }, say("overview.failuresUnit"))), () => {
    if (told.value === undefined) return el("div", { class: "ghost plot-ghost" });
    const failed = JSON.parse(told.value).filter(({ code }) => code !== "succeeded" && code !== "cancelled").sort((a, b) => b.jobs - a.jobs);
    if (!failed.length) return el("p", { class: "no-figures" }, say("overview.noFailures"));
    return barList(failed.map(({ code, jobs }) => ({ name: el("a", { href: link(`/desk/jobs?status=failed&code=${encodeURIComponent(code)}`) }, codeName(code)), told: code, value: jobs, colour: "bad" })));
  });
}

function speeds(data) {
  const seconds = (read) => ({ cell: ({ pace }) => (pace ? duration(read(pace)) : "–"), value: ({ pace }) => (pace ? read(pace) : null), isRight: true });
  const columns = [
    { name: say("pools.name"), cell: ({ name }) => el("strong", { class: "user-text" }, name), value: ({ name }) => name, isMain: true },
    { name: say("overview.jobs"), cell: ({ pace }) => (pace ? number(pace.jobs) : "–"), value: ({ pace }) => pace?.jobs ?? null, isRight: true },
    { name: say("overview.waitHalf"), ...seconds((pace) => pace.waitP50Seconds) },
    { name: say("overview.waitMost"), ...seconds((pace) => pace.waitP95Seconds) },
    { name: say("overview.engineHalf"), ...seconds((pace) => pace.engineP50Seconds) },
    { name: say("overview.engineMost"), ...seconds((pace) => pace.engineP95Seconds) },
    { name: say("overview.rate"), cell: ({ pace }) => (pace?.speed ? say("overview.times", { x: number(pace.speed, { maximumSignificantDigits: 2 }) }) : "–"), value: ({ pace }) => pace?.speed ?? null, isRight: true },
  ];
  return dataTable(say("overview.speed"), columns, () => data.value?.pools ?? null, { key: (pool) => pool.name, none: say("overview.noPools") });
}
