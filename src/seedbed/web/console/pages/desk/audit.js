// Who did what to the service: the log of operators, the newest first.

import { ADMIN } from "../../lib/api.js";
import { el } from "../../lib/dom.js";
import { wholeMoment } from "../../lib/format.js";
import { paged } from "../../lib/live.js";
import { link, noteQuery } from "../../lib/router.js";
import { effect } from "../../lib/signal.js";
import { has, number, say } from "../../lib/words.js";
import { dataTable } from "../../parts/data_table.js";
import { choice, field } from "../../parts/field.js";
import { more } from "../../parts/more.js";
import { textInput } from "../../parts/text_input.js";
import { deskHead, deskPage, filter } from "./frame.js";
import { openJob } from "./job_drawer.js";

const A_PAGE = 50;
const TYPING_MS = 350;
const ACTIONS = [
  "account.created", "account.changed", "account.disabled", "account.enabled", "account.granted", "account.refilled",
  "key.created", "key.changed", "key.revoked",
  "pool.paused", "pool.resumed", "worker.drained", "worker.undrained", "host.drained", "host.undrained",
  "job.cancelled", "job.requeued", "job.reprioritised", "maintenance.began", "maintenance.ended",
];

export const title = () => say("desk.audit");

export default deskPage("audit", ({ query, until }) => {
  const filters = Object.fromEntries(["action", "subject", "accountId"].map((name) => [name, filter(query, name)]));
  const asked = () => Object.fromEntries(Object.entries(filters).map(([name, one]) => [name, one.value.trim()]).filter(([, text]) => text));
  const log = paged(() => `${ADMIN}audit-log?${new URLSearchParams({ limit: A_PAGE, ...asked() })}`, { until });
  let timer = null;
  let isFirst = true;
  effect(() => {
    const now = asked();
    clearTimeout(timer);
    if (!isFirst) timer = setTimeout(() => until.aborted || (noteQuery(now), log.again()), TYPING_MS);
    isFirst = false;
  });
  return [
    deskHead(say("desk.audit"), say("audit.text")),
    el("div", { class: "filters panel", role: "search", "aria-label": say("desk.audit") },
      field(say("audit.action"), choice(filters.action, [["", say("jobs.any")], ...ACTIONS.map((one) => [one, say(`act.${one}`)])])),
      field(say("audit.subject"), textInput(filters.subject, { dir: "ltr", spellcheck: "false", placeholder: say("audit.subjectHint") })),
      field(say("sought.accountId"), textInput(filters.accountId, { dir: "ltr", inputmode: "numeric" }))),
    dataTable(say("desk.audit"), columns(), () => log.rows.value, { key: (act) => act.id, none: say("audit.none") }),
    more(log),
  ];
});

function columns() {
  return [
    { name: say("account.when"), isMain: true, cell: ({ at }) => el("time", { class: "clamped", datetime: at }, wholeMoment(at)) },
    { name: say("audit.who"), cell: ({ actor, keyId }) => [el("strong", { class: "user-text", dir: "auto" }, has(`actor.${actor}`) && keyId === null ? say(`actor.${actor}`) : actor), keyId !== null && el("div", { class: "small fainter" }, say("audit.key", { id: String(keyId) }))] },
    { name: say("audit.action"), cell: ({ action }) => (has(`act.${action}`) ? say(`act.${action}`) : action) },
    { name: say("audit.subject"), cell: subject },
    { name: say("audit.changes"), cell: ({ action, changes }) => told(changes, action.endsWith(".changed")) },
  ];
}

function subject({ subject: what, accountId }) {
  const [kind, name] = [what.split("/")[0], what.slice(what.indexOf("/") + 1)];
  if (kind === "job") return el("button", { type: "button", class: "as-link", onclick: () => openJob(name) }, el("code", {}, name.slice(0, 14), "…"));
  if (accountId !== null) return el("a", { class: "user-text", href: link(`/desk/accounts/${accountId}`) }, what);
  return el("span", { class: "user-text" }, what);
}

/** Return what became of it: "before → after" of what was changed. */
function told(changes, isPairs) {
  const rows = Object.entries(changes);
  if (!rows.length) return el("span", { class: "fainter" }, "–");
  return el("ul", { class: "changes small" }, rows.map(([name, value]) => el("li", {}, el("span", { class: "fainter" }, name), " ", isPairs && Array.isArray(value) ? [shown(value[0]), " → ", shown(value[1])] : shown(value))));
}

function shown(value) {
  const text = typeof value === "number" ? number(value) : Array.isArray(value) ? value.join(", ") : value === null ? "–" : typeof value === "object" ? JSON.stringify(value) : String(value);
  return el("span", { class: "user-text", dir: "auto" }, text);
}
