// One account: what was decided about it, what it has, its keys, and what moved its credits.

import { ADMIN, get, patch, post } from "../../lib/api.js";
import { chance } from "../../lib/chance.js";
import { el } from "../../lib/dom.js";
import { wholeMoment } from "../../lib/format.js";
import { paged } from "../../lib/live.js";
import { link } from "../../lib/router.js";
import { effect, signal, within } from "../../lib/signal.js";
import { number, say } from "../../lib/words.js";
import { ask } from "../../parts/ask.js";
import { button } from "../../parts/button.js";
import { chip } from "../../parts/chip.js";
import { dataTable } from "../../parts/data_table.js";
import { notice } from "../../parts/empty.js";
import { choice, field, segments, toggle } from "../../parts/field.js";
import { more } from "../../parts/more.js";
import { stat } from "../../parts/stat.js";
import { numberInput, textInput, typed } from "../../parts/text_input.js";
import { when } from "../../parts/when.js";
import { keysOf } from "./account_keys.js";
import { deskHead, deskPage, section } from "./frame.js";
import { openJob } from "./job_drawer.js";
import { reasonField } from "./reason.js";

const A_PAGE = 25;
const MODES = ["live", "test"];

export const title = () => say("account.title");

export default deskPage("accounts", async ({ params, until }) => {
  const path = `${ADMIN}accounts/${encodeURIComponent(params.id)}`;
  const account = signal((await get(path, { until })).account);
  const again = async () => (account.value = (await get(path, { until })).account);
  return within(until, () => {
    const mode = signal("live");
    const ledger = paged(() => `${path}/ledger?limit=${A_PAGE}&mode=${mode.value}`, { until });
    return [
      el("p", { class: "small" }, el("a", { href: link("/desk/accounts") }, say("account.back"))),
      () => deskHead(account.value.name, say("account.text", { id: String(account.value.id), at: wholeMoment(account.value.createdAt) }), actions(account, path, again, ledger)),
      () => account.value.isDisabled && notice("bad", say("account.isDisabled", { reason: account.value.disabledBecause }), el("p", { class: "small" }, when(account.value.disabledAt))),
      tiles(account),
      keysOf(account, until),
      section(say("account.ledger"), { text: say("account.ledgerText"), actions: segments(say("jobs.mode"), mode, MODES.map((one) => [one, say(`mode.${one}`)])) }, ledgerTable(ledger), more(ledger), ledgerFollows(mode, ledger)),
    ];
  });
});

function ledgerFollows(mode, ledger) {
  let shown = mode.peek();
  effect(() => {
    if (mode.value === shown) return;
    shown = mode.value;
    ledger.rows.value = null;
    ledger.again();
  });
  return null;
}

function actions(account, path, again, ledger) {
  const { isDisabled } = account.value;
  return [
    button(say("account.grant"), { icon: "coin", kind: "primary", onclick: () => grant(account.peek(), path, () => (ledger.again(), again())) }),
    button(say("account.change"), { icon: "create", onclick: () => change(account, path) }),
    isDisabled ? button(say("account.enable"), { icon: "play", onclick: () => enable(account, path) }) : button(say("account.disable"), { icon: "close", kind: "danger", onclick: () => disable(account, path) }),
  ];
}

function tiles(account) {
  const of = (read) => () => read(account.value);
  return el("div", { class: "stats" },
    stat(say("accounts.available"), of(({ live }) => number(live.available)), { note: of(({ isUnlimited }) => (isUnlimited ? say("account.noEnd") : say("account.live"))) }),
    stat(say("accounts.held"), of(({ live }) => number(live.held)), { note: say("account.heldNote") }),
    stat(say("account.testCredits"), of(({ test }) => number(test.available)), { note: say("account.testNote") }),
    stat(say("accounts.refill"), of(({ monthlyRefillCredits }) => (monthlyRefillCredits === null ? "–" : number(monthlyRefillCredits))), { note: of(({ monthlyRefillCredits }) => (monthlyRefillCredits === null ? say("account.noRefill") : say("account.refillNote"))) }),
    stat(say("account.queued"), of(({ queuedJobs }) => number(queuedJobs)), { href: link(`/desk/jobs?accountId=${account.peek().id}&status=queued`), note: say("account.toJobs") }),
    stat(say("account.running"), of(({ runningJobs }) => number(runningJobs)), { href: link(`/desk/jobs?accountId=${account.peek().id}&status=processing`), note: say("account.toJobs") }));
}

function ledgerTable(ledger) {
  const change = (value) => (value === 0 ? el("span", { class: "fainter" }, "0") : el("span", { class: value > 0 ? "plus" : "minus" }, number(value, { signDisplay: "always" })));
  return dataTable(say("account.ledger"), [
    { name: say("account.when"), cell: ({ at }) => when(at), isMain: true },
    { name: say("account.what"), cell: ({ kind, note }) => [chip(say(`transfer.${kind}`), "plain"), note && el("span", { class: "small faint user-text note", dir: "auto" }, note)] },
    { name: say("jobs.job"), cell: ({ requestId }) => (requestId ? el("button", { type: "button", class: "as-link", onclick: () => openJob(requestId, ledger.again) }, el("code", {}, requestId.slice(0, 14), "…")) : "–") },
    { name: say("accounts.available"), cell: ({ availableChange }) => change(availableChange), isRight: true },
    { name: say("accounts.held"), cell: ({ heldChange }) => change(heldChange), isRight: true },
  ], () => ledger.rows.value, { key: (line) => line.id, none: say("account.noLedger") });
}

async function grant(account, path, again) {
  const [credits, note, mode] = [signal(""), signal(""), signal("live")];
  const key = chance();
  const fields = () => [
    field(say("account.credits"), numberInput(credits, { required: true, autofocus: true }), { hint: say("account.creditsHint") }),
    field(say("account.note"), textInput(note, { required: true, maxlength: 500 }), { hint: say("account.noteHint") }),
    field(say("jobs.mode"), choice(mode, MODES.map((one) => [one, say(`mode.${one}`)]))),
  ];
  const send = () => post(`${path}/grants`, { credits: typed(credits.peek()), note: note.peek().trim(), mode: mode.peek() }, { key });
  if (await ask(say("account.grantTitle", { name: account.name }), { fields, yes: say("account.grantYes"), send })) await again();
}

async function change(account, path) {
  const now = account.peek();
  const [name, refill, isUnlimited] = [signal(now.name), signal(now.monthlyRefillCredits === null ? "" : String(now.monthlyRefillCredits)), signal(now.isUnlimited)];
  const fields = () => [
    field(say("accounts.name"), textInput(name, { required: true, maxlength: 200, autofocus: true })),
    field(say("accounts.refill"), numberInput(refill, { min: 1 }), { hint: say("accounts.refillHint") }),
    toggle(say("accounts.isUnlimited"), isUnlimited),
    el("p", { class: "small fainter" }, say("accounts.unlimitedHint")),
  ];
  const send = () => patch(path, { name: name.peek().trim(), monthlyRefillCredits: typed(refill.peek()), isUnlimited: isUnlimited.peek() });
  const changed = await ask(say("account.changeTitle"), { fields, yes: say("account.save"), send });
  if (changed) account.value = changed.account;
}

async function disable(account, path) {
  const reason = reasonField();
  const { name, queuedJobs, runningJobs } = account.peek();
  const done = await ask(say("account.disableTitle", { name }), { text: say("account.disableText", { n: queuedJobs + runningJobs }), fields: reason.field, yes: say("account.disable"), kind: "danger", send: () => post(`${path}/disable`, { reason: reason.text() }) });
  if (done) account.value = done.account;
}

async function enable(account, path) {
  const done = await ask(say("account.enableTitle", { name: account.peek().name }), { text: say("account.enableText"), yes: say("account.enable"), send: () => post(`${path}/enable`) });
  if (done) account.value = done.account;
}
