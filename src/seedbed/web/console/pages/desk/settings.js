// The service as it was started: settings, engines, models; and the one thing to switch here, maintenance.

import { ADMIN, get, post } from "../../lib/api.js";
import { el } from "../../lib/dom.js";
import { wholeMoment } from "../../lib/format.js";
import { live } from "../../lib/live.js";
import { signal, within } from "../../lib/signal.js";
import { number, say } from "../../lib/words.js";
import { ask } from "../../parts/ask.js";
import { button } from "../../parts/button.js";
import { chip } from "../../parts/chip.js";
import { dataTable } from "../../parts/data_table.js";
import { notice } from "../../parts/empty.js";
import { field, toggle } from "../../parts/field.js";
import { textInput } from "../../parts/text_input.js";
import { deskHead, deskPage, section } from "./frame.js";

const EVERY_S = 10;

export const title = () => say("desk.settings");

export default deskPage("settings", async ({ until }) => {
  const told = await get(`${ADMIN}settings`, { until });
  return within(until, () => {
    const maintenance = live(() => `${ADMIN}maintenance`, { every_s: EVERY_S, until });
    return [
      deskHead(say("desk.settings"), say("settings.text")),
      maintenanceOf(maintenance),
      section(say("settings.engines"), { text: say("settings.engineText") }, engines(told.engines)),
      section(say("settings.models"), { text: say("settings.mediaFactor", { x: told.mediaFactor }) }, models(told.models)),
      told.fleetPools.length > 0 && section(say("settings.fleets"), {}, fleets(told.fleetPools)),
      settingsOf(told.settings),
    ];
  });
});

function maintenanceOf({ data, refresh }) {
  return el("section", { class: "panel maintenance" }, () => {
    const now = data.value?.maintenance;
    if (!now) return el("div", { class: "between" }, el("div", {}, el("h2", {}, say("maintenance.title")), el("p", { class: "faint" }, say("maintenance.text"))), data.value && button(say("maintenance.begin"), { icon: "pause", kind: "danger", onclick: () => begin(null, refresh) }));
    return [
      el("div", { class: "between" }, el("h2", {}, say("maintenance.isOn")), el("div", { class: "row" }, button(say("maintenance.change"), { onclick: () => begin(now, refresh) }), button(say("maintenance.end"), { icon: "play", kind: "primary", onclick: () => end(refresh) }))),
      notice("warn", now.message, el("p", { class: "small" }, say("maintenance.since", { by: now.by, at: wholeMoment(now.since) }), " ", now.until ? say("maintenance.until", { at: wholeMoment(now.until) }) : say("maintenance.untilEnded"))),
    ];
  });
}

async function begin(now, refresh) {
  const [message, until] = [signal(now?.message ?? ""), signal("")];
  const fields = () => [
    field(say("maintenance.message"), textInput(message, { required: true, maxlength: 500, autofocus: true }), { hint: say("maintenance.messageHint") }),
    field(say("maintenance.ends"), textInput(until, { type: "datetime-local", dir: "ltr" }), { hint: say("maintenance.endsHint") }),
  ];
  const send = () => post(`${ADMIN}maintenance/begin`, { message: message.peek().trim(), until: until.peek() ? new Date(until.peek()).toISOString() : null });
  if (await ask(say("maintenance.beginTitle"), { text: say("maintenance.beginText"), fields, yes: say("maintenance.begin"), kind: "danger", send })) await refresh();
}

async function end(refresh) {
  if (await ask(say("maintenance.endTitle"), { text: say("maintenance.endText"), yes: say("maintenance.end"), send: () => post(`${ADMIN}maintenance/end`) })) await refresh();
}

function settingsOf(settings) {
  const [text, isChangedOnly] = [signal(""), signal(false)];
  const wanted = () => {
    const words = text.value.trim().toLowerCase();
    return settings.filter((one) => (!isChangedOnly.value || one.isSet) && `${one.variable} ${one.meaning}`.toLowerCase().includes(words));
  };
  return section(say("settings.settings"), { text: say("settings.settingsText") },
    el("div", { class: "filters panel" }, field(say("settings.search"), textInput(text, { type: "search", dir: "ltr" })), toggle(say("settings.changed"), isChangedOnly)),
    dataTable(say("settings.settings"), [
      { name: say("settings.variable"), isMain: true, cell: ({ variable, meaning }) => [el("code", { class: "user-text" }, variable), el("div", { class: "small faint", lang: "en" }, meaning)] },
      { name: say("settings.value"), cell: value },
    ], wanted, { key: (one) => one.variable, none: say("settings.none") }));
}

function value({ value: shown, isSet, isSecret }) {
  if (isSecret && shown === "***") return el("div", { class: "row" }, chip(say("settings.secret"), "plain"), isSet && chip(say("settings.isSet"), "good"));
  return el("div", { class: "row" }, shown === "-" ? el("span", { class: "fainter" }, say("settings.empty")) : el("code", { class: "user-text" }, shown), isSet && chip(say("settings.isSet"), "good"));
}

function engines(rows) {
  return dataTable(say("settings.engines"), [
    { name: say("settings.engine"), isMain: true, cell: ({ name, kind }) => [el("strong", { class: "user-text" }, name), el("div", { class: "small fainter user-text" }, kind)] },
    { name: say("pools.name"), cell: ({ pool }) => el("span", { class: "user-text" }, pool) },
    { name: say("settings.slots"), cell: ({ slots }) => number(slots), isRight: true },
    { name: say("settings.key"), cell: ({ needsKey }) => (needsKey ? chip(say("settings.hasKey"), "plain") : "–") },
    { name: say("settings.startLimit"), cell: ({ startLimitSeconds }) => say("time.s", { s: startLimitSeconds }), isRight: true },
  ], () => rows, { key: ({ name }) => name, none: say("settings.none") });
}

function models(rows) {
  return dataTable(say("settings.models"), [
    { name: say("settings.model"), isMain: true, cell: ({ id, name }) => [el("strong", { class: "user-text" }, name), el("div", { class: "small fainter user-text" }, el("code", {}, id))] },
    { name: say("settings.chain"), cell: ({ chain }) => chain.map(({ engine, pool }) => el("span", { class: "leg" }, engine === pool ? engine : `${engine} (${pool})`)) },
    { name: say("settings.price"), cell: ({ creditsPerSecond }) => Object.entries(creditsPerSecond).map(([resolution, price]) => el("div", { class: "number" }, el("span", { class: "fainter" }, resolution), " ", price)) },
  ], () => rows, { key: ({ id }) => id, none: say("settings.none") });
}

function fleets(rows) {
  return dataTable(say("settings.fleets"), [
    { name: say("pools.name"), isMain: true, cell: ({ name }) => el("strong", { class: "user-text" }, name) },
    { name: say("settings.engine"), cell: ({ engine }) => el("span", { class: "user-text" }, engine) },
    { name: say("settings.workers"), cell: ({ minWorkers, maxWorkers }) => say("settings.fromTo", { from: minWorkers, to: maxWorkers }), isRight: true },
  ], () => rows, { key: ({ name }) => name, none: null });
}
