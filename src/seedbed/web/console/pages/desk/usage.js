// What was used in a month, by account and project, on the screen and as CSV.

import { ADMIN, address, get, isQuiet } from "../../lib/api.js";
import { el } from "../../lib/dom.js";
import { link, noteQuery } from "../../lib/router.js";
import { currentOwner, effect, signal } from "../../lib/signal.js";
import { language, number, say } from "../../lib/words.js";
import { dataTable } from "../../parts/data_table.js";
import { notice } from "../../parts/empty.js";
import { choice, field, segments } from "../../parts/field.js";
import { icon } from "../../parts/icons.js";
import { stat } from "../../parts/stat.js";
import { sentenceOf } from "../../parts/toast.js";
import { deskHead, deskPage } from "./frame.js";

const MONTHS = 13;

export const title = () => say("desk.usage");

export default deskPage("usage", ({ query }) => {
  const months = lastMonths(new Date());
  const month = signal(months.includes(query.get("month")) ? query.get("month") : months[0]);
  const mode = signal(query.get("mode") === "test" ? "test" : "live");
  const [lines, fault] = [signal(null), signal(null)];
  const asked = () => `${ADMIN}usage?${new URLSearchParams({ ...daysOf(month.value), mode: mode.value })}`;
  effect(() => {
    const [path, until] = [asked(), currentOwner()];
    noteQuery({ month: month.peek(), mode: mode.peek() });
    lines.value = null;
    get(path, { until }).then(({ data }) => ([lines.value, fault.value] = [data, null]), (error) => isQuiet(error) || ([lines.value, fault.value] = [[], error]));
  });
  return [
    deskHead(say("desk.usage"), say("usage.text"), el("a", { class: "button", download: "", href: () => address(`${asked()}&format=csv`) }, icon("download", 18), say("usage.csv"))),
    el("div", { class: "filters panel" }, field(say("usage.month"), choice(month, months.map((one) => [one, monthName(one)]))), segments(say("jobs.mode"), mode, [["live", say("mode.live")], ["test", say("mode.test")]])),
    () => fault.value && notice("bad", sentenceOf(fault.value)),
    totals(lines),
    dataTable(say("desk.usage"), columns(), () => lines.value, { key: ({ accountId, projectId }) => `${accountId}/${projectId ?? ""}`, none: say("usage.none"), order: { column: say("usage.credits"), isDown: true } }),
  ];
});

function totals(lines) {
  const sum = (name) => () => (lines.value ? number(lines.value.reduce((all, line) => all + line[name], 0)) : "–");
  return el("div", { class: "stats" },
    stat(say("usage.credits"), sum("credits"), { note: say("usage.creditsNote") }),
    stat(say("usage.seconds"), sum("seconds"), { note: say("usage.secondsNote") }),
    stat(say("status.succeeded"), sum("succeeded"), { note: say("usage.jobsNote") }),
    stat(say("status.failed"), sum("failed"), { note: say("usage.freeNote") }),
    stat(say("status.cancelled"), sum("cancelled"), { note: say("usage.freeNote") }));
}

function columns() {
  const figure = (name, label) => ({ name: label, cell: (line) => number(line[name]), value: (line) => line[name], isRight: true });
  return [
    { name: say("jobs.account"), isMain: true, cell: ({ accountId, accountName }) => el("a", { class: "user-text strong", dir: "auto", href: link(`/desk/accounts/${accountId}`) }, accountName), value: ({ accountName }) => accountName },
    { name: say("usage.project"), cell: ({ projectId }) => (projectId === null ? el("span", { class: "fainter" }, say("usage.noProject")) : el("span", { class: "user-text", dir: "auto" }, projectId)), value: ({ projectId }) => projectId },
    figure("credits", say("usage.credits")),
    figure("seconds", say("usage.seconds")),
    figure("succeeded", say("status.succeeded")),
    figure("failed", say("status.failed")),
    figure("cancelled", say("status.cancelled")),
  ];
}

/** Return this month of UTC and those before it, as "2026-11". */
function lastMonths(now) {
  return Array.from({ length: MONTHS }, (_, i) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - i, 1)).toISOString().slice(0, 7));
}

function daysOf(month) {
  const [year, number_] = month.split("-").map(Number);
  return { from: `${month}-01`, to: new Date(Date.UTC(year, number_, 0)).toISOString().slice(0, 10) };
}

function monthName(month) {
  return new Intl.DateTimeFormat(language.peek(), { year: "numeric", month: "long", timeZone: "UTC" }).format(new Date(`${month}-01T00:00:00Z`));
}
