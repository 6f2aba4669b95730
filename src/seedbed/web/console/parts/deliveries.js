// What became of a generation's webhook: every attempt, and sending it again.

import { NATIVE, post } from "../lib/api.js";
import { el } from "../lib/dom.js";
import { wholeMoment } from "../lib/format.js";
import { number, say } from "../lib/words.js";
import { button } from "./button.js";
import { chip } from "./chip.js";
import { toast } from "./toast.js";

const KINDS = { pending: "busy", delivered: "good", exhausted: "bad", stopped: "warn" };

/** Return the list. `deliveries` is a signal; `refresh` is called after one was sent again. */
export function deliveryList(deliveries, refresh) {
  return () => deliveries.value.map((one) => el("article", { class: "delivery" },
    el("header", { class: "between" },
      el("div", { class: "grow" }, el("strong", { class: "user-text", dir: "ltr" }, one.address), el("p", { class: "small faint" }, hintOf(one))),
      chip(say(`delivery.${one.state}`), KINDS[one.state])),
    one.attempts.length > 0 && attemptTable(one),
    el("div", { class: "row" }, one.state !== "pending" && button(say("webhook.again"), { icon: "again", kind: "small", onclick: () => sendAgain(one) }),
      el("code", { class: "small fainter user-text" }, one.id))));

  async function sendAgain({ id }) {
    await post(`${NATIVE}webhooks/deliveries/${id}/redeliver`, {});
    toast(say("webhook.sent"));
    await refresh();
  }
}

function hintOf({ state, stoppedBecause, nextAt }) {
  if (stoppedBecause) return say(`stopped.${stoppedBecause}`);
  return state === "pending" && nextAt ? say("webhook.next", { at: wholeMoment(nextAt) }) : "";
}

function attemptTable({ attempts }) {
  const answer = ({ status, error, excerpt }) => [status ? String(status) : say("webhook.noAnswer"), error, excerpt].filter(Boolean);
  return el("div", { class: "table-frame", tabindex: "0", role: "group", "aria-label": say("webhook.attempts") }, el("table", { class: "table" },
    el("thead", {}, el("tr", {}, ["number", "at", "answer", "took"].map((name) => el("th", { scope: "col" }, say(`webhook.${name}`))))),
    el("tbody", {}, attempts.map((one) => {
      const [first, ...rest] = answer(one);
      return el("tr", {}, el("td", { class: "number" }, number(one.number)), el("td", { class: "number" }, wholeMoment(one.at)),
        el("td", {}, el("span", { class: ["number", one.status >= 200 && one.status < 300 ? "is-good" : "is-bad"] }, first), rest.map((text) => el("span", { class: "user-text small faint said", dir: "auto" }, text))),
        el("td", { class: "number" }, `${number(one.latencyMs)} ms`));
    }))));
}
