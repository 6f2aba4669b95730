// One's own API keys: made and revoked by whoever is signed in as themselves. A key is shown once and kept nowhere.

import { get, post, remove } from "../lib/api.js";
import { el } from "../lib/dom.js";
import { wholeMoment } from "../lib/format.js";
import { signal } from "../lib/signal.js";
import { learn, say } from "../lib/words.js";
import { ask } from "../parts/ask.js";
import { button } from "../parts/button.js";
import { chip } from "../parts/chip.js";
import { code } from "../parts/code.js";
import { dataTable } from "../parts/data_table.js";
import { openDialog } from "../parts/dialog.js";
import { notice } from "../parts/empty.js";
import { choice, field } from "../parts/field.js";
import { textInput } from "../parts/text_input.js";
import { tellFault } from "../parts/toast.js";
import { when } from "../parts/when.js";
import * as deskWords from "../words/desk.js";
import * as accountWords from "../words/desk_accounts.js";
import * as words from "../words/own_keys.js";

const PATH = "console/keys";
const DAY_MS = 86_400_000;
const DAYS = [30, 90, 365];
const STATES = { active: "good", expired: "warn" };

learn(deskWords);
learn(accountWords);
learn(words);
export const title = () => say("ownKeys.title");

export default async function keys({ until }) {
  const told = signal(await get(PATH, { until }));
  const again = async () => (told.value = await get(PATH, { until }));
  return el(
    "div",
    { class: "page own-keys" },
    el(
      "header",
      {},
      el("div", {}, el("h1", {}, say("ownKeys.title")), el("p", { class: "faint" }, say("ownKeys.text"))),
      () => told.value.mayMake && button(say("keys.create"), { icon: "plus", kind: "primary", onclick: () => make(told.peek().scopes, again) }),
    ),
    () => !told.value.mayMake && notice("", say("ownKeys.mayNot")),
    dataTable(say("ownKeys.title"), columns(told, again), () => told.value.data, { key: (key) => key.id, none: say("ownKeys.none") }),
  );
}

function columns(told, again) {
  return [
    { name: say("keys.key"), isMain: true, cell: ({ name, lastFour, mode }) => [el("strong", { class: "user-text", dir: "auto" }, name), el("div", { class: "small fainter" }, el("code", {}, `sd2_${mode}_…${lastFour}`))] },
    { name: say("keys.state"), cell: ({ state, expiresAt }) => [chip(say(`keyState.${state}`), STATES[state]), expiresAt && state === "active" && el("div", { class: "small fainter" }, say("keys.until", { at: wholeMoment(expiresAt) }))] },
    { name: say("keys.scopes"), cell: ({ scopes }) => scopes.map((scope) => say(`scope.${scope}`)).join(", ") },
    { name: say("keys.used"), cell: ({ lastUsedAt }) => when(lastUsedAt) },
    { name: say("desk.actions"), isSaidOnly: true, isRight: true, isKept: true, cell: (key) => () => told.value.mayMake && button(say("keys.revoke"), { kind: "danger small", "aria-label": say("ownKeys.revoke", { name: key().name }), onclick: () => revoke(key(), again).catch(tellFault) }) },
  ];
}

async function make(scopes, again) {
  const name = signal("");
  const mode = signal("live");
  const scope = signal(scopes[0]);
  const days = signal("90");
  const fields = () => [
    field(say("keys.name"), textInput(name, { required: true, maxlength: 200, autofocus: true }), { hint: say("ownKeys.nameHint") }),
    field(say("keys.scopes"), choice(scope, scopes.map((one) => [one, `${say(`scope.${one}`)}: ${say(`scope.${one}Hint`)}`]))),
    field(say("ownKeys.mode"), choice(mode, [["live", say("mode.live")], ["test", say("mode.test")]]), { hint: say("keys.modeHint") }),
    field(say("keys.expires"), choice(days, [...DAYS.map((n) => [String(n), say("ownKeys.inDays", { n })]), ["", say("ownKeys.never")]])),
  ];
  const said = () => ({ name: name.peek().trim(), mode: mode.peek(), scopes: [scope.peek()], expiresAt: days.peek() ? new Date(Date.now() + Number(days.peek()) * DAY_MS).toISOString() : null });
  const made = await ask(say("keys.create"), { fields, yes: say("keys.createYes"), send: () => post(PATH, said()) });
  if (!made) return;
  await Promise.all([again(), openDialog(say("keys.madeTitle"), () => el("div", { class: "stack key-made" }, notice("warn", say("keys.madeText")), code(() => made.secret)))]);
}

async function revoke(key, again) {
  const text = say("keys.revokeText", { lastFour: key.lastFour });
  const done = await ask(say("keys.revokeTitle", { name: key.name }), { text, yes: say("keys.revoke"), kind: "danger", send: () => remove(`${PATH}/${key.id}`) });
  if (done !== undefined) await again();
}
