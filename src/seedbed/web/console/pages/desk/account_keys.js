// The keys of an account: made, changed, revoked. The text of a key is shown once and kept nowhere.

import { ADMIN, patch, post } from "../../lib/api.js";
import { el } from "../../lib/dom.js";
import { wholeMoment } from "../../lib/format.js";
import { paged } from "../../lib/live.js";
import { signal } from "../../lib/signal.js";
import { number, say } from "../../lib/words.js";
import { ask } from "../../parts/ask.js";
import { button } from "../../parts/button.js";
import { chip } from "../../parts/chip.js";
import { code } from "../../parts/code.js";
import { dataTable } from "../../parts/data_table.js";
import { openDialog } from "../../parts/dialog.js";
import { notice } from "../../parts/empty.js";
import { choice, field } from "../../parts/field.js";
import { icon } from "../../parts/icons.js";
import { item, menu } from "../../parts/menu.js";
import { more } from "../../parts/more.js";
import { progress } from "../../parts/progress.js";
import { numberInput, textInput, typed } from "../../parts/text_input.js";
import { tellFault } from "../../parts/toast.js";
import { when } from "../../parts/when.js";
import { section } from "./frame.js";

const A_PAGE = 25;
const SCOPES = ["generate", "read", "admin"];
const LIMITS = ["monthlyCapCredits", "requestsPerMinute", "queuedJobs", "runningJobs", "uploadBytesPerDay"];
const STATES = { active: "good", expired: "warn", revoked: "bad" };

/** Return the section of the keys. `account` is a signal. */
export function keysOf(account, until) {
  const path = `${ADMIN}accounts/${account.peek().id}/keys`;
  const keys = paged(() => `${path}?limit=${A_PAGE}`, { until });
  return section(say("keys.title"), { text: say("keys.text"), actions: button(say("keys.create"), { icon: "plus", onclick: () => create(path, keys) }) },
    dataTable(say("keys.title"), columns(keys), () => keys.rows.value, { key: (key) => key.id, none: say("keys.none") }), more(keys));
}

function columns(keys) {
  return [
    { name: say("keys.key"), isMain: true, cell: ({ name, lastFour, mode }) => [el("strong", { class: "user-text", dir: "auto" }, name), el("div", { class: "small fainter" }, el("code", {}, `sd2_${mode}_…${lastFour}`))] },
    { name: say("keys.state"), cell: ({ state, expiresAt }) => [chip(say(`keyState.${state}`), STATES[state]), expiresAt && state === "active" && el("div", { class: "small fainter" }, say("keys.until", { at: wholeMoment(expiresAt) }))] },
    { name: say("keys.scopes"), cell: ({ scopes }) => scopes.map((scope) => say(`scope.${scope}`)).join(", ") },
    { name: say("keys.charged"), cell: charged, isRight: true },
    { name: say("keys.limits"), cell: (key) => el("span", { class: "small faint" }, LIMITS.slice(1).filter((name) => key[name] !== null).map((name) => say(`limit.${name}Told`, { n: key[name] })).join(" · ") || "–") },
    { name: say("keys.used"), cell: ({ lastUsedAt }) => when(lastUsedAt) },
    { name: say("desk.actions"), isSaidOnly: true, isRight: true, isKept: true, cell: (key) => () => key().state !== "revoked" && menu(say("keys.actions", { name: key().name }), icon("more"), () => [item("create", say("keys.change"), { onclick: () => change(key(), keys).catch(tellFault) }), item("trash", say("keys.revoke"), { onclick: () => revoke(key(), keys).catch(tellFault) })]) },
  ];
}

function charged({ chargedCredits, monthlyCapCredits }) {
  if (monthlyCapCredits === null) return number(chargedCredits);
  return [say("keys.ofCap", { n: chargedCredits, cap: monthlyCapCredits }), el("div", { class: "in-row" }, progress(say("keys.charged"), () => Math.min(1, chargedCredits / monthlyCapCredits)))];
}

async function create(path, keys) {
  const form = formOf({ name: "", scopes: ["generate"], expiresAt: null });
  const mode = signal("live");
  const fields = () => [form.name(), field(say("jobs.mode"), choice(mode, [["live", say("mode.live")], ["test", say("mode.test")]]), { hint: say("keys.modeHint") }), form.rest()];
  const made = await ask(say("keys.create"), { fields, yes: say("keys.createYes"), send: () => post(path, { ...form.said(), mode: mode.peek() }) });
  if (!made) return;
  keys.again();
  await openDialog(say("keys.madeTitle"), () => [notice("warn", say("keys.madeText")), code(() => made.secret)]);
}

async function change(key, keys) {
  const form = formOf(key);
  if (await ask(say("keys.changeTitle", { name: key.name }), { fields: () => [form.name(), form.rest()], yes: say("account.save"), send: () => patch(`${ADMIN}keys/${key.id}`, form.said()) })) keys.again();
}

async function revoke(key, keys) {
  const done = await ask(say("keys.revokeTitle", { name: key.name }), { text: say("keys.revokeText", { lastFour: key.lastFour }), yes: say("keys.revoke"), kind: "danger", send: () => post(`${ADMIN}keys/${key.id}/revoke`) });
  if (done) keys.again();
}

/** Return the fields of a key's terms, and what they say. */
function formOf(key) {
  const name = signal(key.name);
  const scopes = Object.fromEntries(SCOPES.map((scope) => [scope, signal(key.scopes.includes(scope))]));
  const before = key.expiresAt ? localMoment(key.expiresAt) : "";
  const expires = signal(before);
  const limits = Object.fromEntries(LIMITS.map((limit) => [limit, signal(key[limit] === null || key[limit] === undefined ? "" : String(key[limit]))]));
  const box = (scope) => el("label", { class: "check" }, el("input", { type: "checkbox", checked: () => scopes[scope].value, onchange: (event) => (scopes[scope].value = event.target.checked) }), el("span", {}, say(`scope.${scope}`)), el("span", { class: "small fainter" }, say(`scope.${scope}Hint`)));
  return {
    name: () => field(say("keys.name"), textInput(name, { required: true, maxlength: 200, autofocus: true }), { hint: say("keys.nameHint") }),
    rest: () => [
      el("fieldset", { class: "field" }, el("legend", { class: "label" }, say("keys.scopes")), SCOPES.map(box)),
      field(say("limit.monthlyCapCredits"), numberInput(limits.monthlyCapCredits, { min: 1, placeholder: say("keys.noCap") }), { hint: say("keys.capHint") }),
      field(say("keys.expires"), textInput(expires, { type: "datetime-local", dir: "ltr" }), { hint: say("keys.expiresHint") }),
      el("details", { class: "more-fields" }, el("summary", {}, say("keys.limits")), el("div", { class: "stack" }, LIMITS.slice(1).map((limit) => field(say(`limit.${limit}`), numberInput(limits[limit], { min: 1, placeholder: say("keys.asSettings") }))))),
    ],
    said: () => ({
      name: name.peek().trim(),
      scopes: SCOPES.filter((scope) => scopes[scope].peek()),
      expiresAt: expires.peek() === before ? key.expiresAt : expires.peek() ? new Date(expires.peek()).toISOString() : null,
      ...Object.fromEntries(LIMITS.map((limit) => [limit, typed(limits[limit].peek())])),
    }),
  };
}

/** Return a moment as the browser's own field for it wants it: the reader's clock, to the minute. */
function localMoment(text) {
  const at = new Date(text);
  return new Date(at - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
