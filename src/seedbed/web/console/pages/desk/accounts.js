// Everybody who has an account: looked for, opened.

import { ADMIN, post } from "../../lib/api.js";
import { chance } from "../../lib/chance.js";
import { el } from "../../lib/dom.js";
import { paged } from "../../lib/live.js";
import { go, link, noteQuery } from "../../lib/router.js";
import { effect, signal } from "../../lib/signal.js";
import { number, say } from "../../lib/words.js";
import { ask } from "../../parts/ask.js";
import { button } from "../../parts/button.js";
import { chip } from "../../parts/chip.js";
import { dataTable } from "../../parts/data_table.js";
import { choice, field, toggle } from "../../parts/field.js";
import { more } from "../../parts/more.js";
import { numberInput, textInput, typed } from "../../parts/text_input.js";
import { when } from "../../parts/when.js";
import { deskHead, deskPage, filter } from "./frame.js";

const A_PAGE = 50;
const TYPING_MS = 300;
const MOST_CREDITS = 1e12;

export const title = () => say("desk.accounts");

export default deskPage("accounts", ({ query, until }) => {
  const [search, status] = [filter(query, "search"), filter(query, "status")];
  const asked = () => Object.fromEntries([["search", search.value.trim()], ["status", status.value]].filter(([, text]) => text));
  const accounts = paged(() => `${ADMIN}accounts?${new URLSearchParams({ limit: A_PAGE, ...asked() })}`, { until });
  let timer = null;
  let isFirst = true;
  effect(() => {
    const now = asked();
    clearTimeout(timer);
    if (!isFirst) timer = setTimeout(() => until.aborted || (noteQuery(now), accounts.again()), TYPING_MS);
    isFirst = false;
  });
  return [
    deskHead(say("desk.accounts"), say("accounts.text"), button(say("accounts.create"), { icon: "plus", kind: "primary", onclick: create })),
    el("div", { class: "filters panel", role: "search", "aria-label": say("desk.accounts") },
      field(say("accounts.search"), textInput(search, { type: "search", placeholder: say("accounts.searchHint"), maxlength: 200 })),
      field(say("accounts.status"), choice(status, [["", say("jobs.any")], ["active", say("accounts.active")], ["disabled", say("accounts.disabled")]]))),
    dataTable(say("desk.accounts"), columns(), () => accounts.rows.value, { key: (account) => account.id, none: say("accounts.none") }),
    more(accounts),
  ];
});

function columns() {
  return [
    { name: say("accounts.account"), isMain: true, cell: ({ id, name }) => [el("a", { class: "user-text strong", dir: "auto", href: link(`/desk/accounts/${id}`) }, name), el("div", { class: "small fainter number" }, say("accounts.number", { id: String(id) }))] },
    { name: say("accounts.status"), cell: ({ isDisabled, disabledBecause }) => [chip(isDisabled ? say("accounts.disabled") : say("accounts.active"), isDisabled ? "bad" : "good"), isDisabled && el("div", { class: "small faint user-text reason", dir: "auto" }, disabledBecause)] },
    { name: say("accounts.available"), cell: ({ live, isUnlimited }) => [number(live.available), isUnlimited && el("div", {}, chip(say("accounts.unlimited"), "plain"))], isRight: true },
    { name: say("accounts.held"), cell: ({ live }) => number(live.held), isRight: true },
    { name: say("accounts.refill"), cell: ({ monthlyRefillCredits }) => (monthlyRefillCredits ? number(monthlyRefillCredits) : "–"), isRight: true },
    { name: say("accounts.jobs"), cell: ({ queuedJobs, runningJobs }) => say("accounts.jobsTold", { queued: queuedJobs, running: runningJobs }), isRight: true },
    { name: say("accounts.keys"), cell: ({ keys }) => number(keys), isRight: true },
    { name: say("accounts.created"), cell: ({ createdAt }) => when(createdAt) },
  ];
}

async function create() {
  const [name, credits, refill, isUnlimited] = [signal(""), signal("0"), signal(""), signal(false)];
  const key = chance();
  const fields = () => [
    field(say("accounts.name"), textInput(name, { required: true, maxlength: 200, autofocus: true })),
    field(say("accounts.credits"), numberInput(credits, { min: 0, max: MOST_CREDITS, required: true }), { hint: say("accounts.creditsHint") }),
    field(say("accounts.refill"), numberInput(refill, { min: 1, max: MOST_CREDITS }), { hint: say("accounts.refillHint") }),
    toggle(say("accounts.isUnlimited"), isUnlimited),
    el("p", { class: "small fainter" }, say("accounts.unlimitedHint")),
  ];
  const send = () => post(`${ADMIN}accounts`, { name: name.peek().trim(), credits: typed(credits.peek()) ?? 0, monthlyRefillCredits: typed(refill.peek()), isUnlimited: isUnlimited.peek() }, { key });
  const made = await ask(say("accounts.create"), { fields, yes: say("accounts.createYes"), send });
  if (made) go(`/desk/accounts/${made.account.id}`);
}
