// One job of whoever: all that is known of it, and what an operator may do to it.

import { ADMIN, get, isQuiet, post } from "../../lib/api.js";
import { el } from "../../lib/dom.js";
import { wholeMoment } from "../../lib/format.js";
import { link } from "../../lib/router.js";
import { repeat } from "../../lib/live.js";
import { computed, currentOwner, signal } from "../../lib/signal.js";
import { number, say } from "../../lib/words.js";
import { ask } from "../../parts/ask.js";
import { button } from "../../parts/button.js";
import { chip, statusChip } from "../../parts/chip.js";
import { code } from "../../parts/code.js";
import { openDialog } from "../../parts/dialog.js";
import { notice } from "../../parts/empty.js";
import { factList } from "../../parts/fact_list.js";
import { choice, field } from "../../parts/field.js";
import { sentenceOf } from "../../parts/toast.js";
import { when } from "../../parts/when.js";
import { codeName } from "./codes.js";

const EVERY_S = 2;
const PRIORITIES = 10;

/** Open it beside the page. `changed` is called when something was done to the job. */
export function openJob(id, changed = () => null) {
  return openDialog(say("drawer.title"), () => {
    const [job, fault, isRaw] = [signal(null), signal(null), signal(false)];
    const until = currentOwner();
    const path = `${ADMIN}jobs/${encodeURIComponent(id)}`;
    const read = async () => {
      try {
        const next = await get(path, { until });
        fault.value = null;
        if (JSON.stringify(next) !== JSON.stringify(job.peek())) job.value = next;
      } catch (error) {
        if (!isQuiet(error)) fault.value = error;
      }
    };
    read();
    repeat(() => (job.peek()?.job.finishedAt ? null : read()), EVERY_S, until);
    const did = async () => (await read(), changed());
    return [
      el("p", { class: "row" }, el("code", { class: "user-text" }, id)),
      () => fault.value && notice("bad", sentenceOf(fault.value)),
      () => job.value === null && !fault.value && el("div", { class: "ghost plot-ghost" }),
      () => job.value && told(job.value),
      actions(job, path, did),
      el("details", { class: "as-table", ontoggle: (event) => (isRaw.value = event.target.open) }, el("summary", {}, say("drawer.raw")), () => isRaw.value && job.value && code(() => JSON.stringify(job.value, null, 2))),
    ];
  }, { kind: "drawer" });
}

function told(details) {
  const { job, generation } = details;
  return el("div", { class: "stack" },
    el("div", { class: "row" }, statusChip(job.status), job.mode === "test" && chip(say("mode.test"), "plain"), job.stage && job.status === "processing" && el("span", { class: "faint" }, say(`at.${job.stage}`), " ", number(job.fraction ?? 0, { style: "percent" }))),
    generation.error && notice("bad", generation.error.message, el("p", { class: "small" }, codeName(generation.error.code))),
    el("p", { class: "prompt-told user-text", dir: "auto" }, generation.prompt),
    generation.output && el("video", { class: "drawer-video", src: generation.output.url, controls: true, playsinline: true, preload: "metadata", muted: true }),
    factList([
      [say("jobs.account"), el("a", { class: "user-text", dir: "auto", href: link(`/desk/accounts/${job.accountId}`), onclick: (event) => event.target.closest("dialog").close() }, job.accountName)],
      [say("jobs.model"), `${job.model} · ${generation.resolution} · ${say("time.s", { s: generation.duration })}`],
      [say("drawer.route"), details.route.map(({ engine, pool }, i) => el("span", { class: ["leg", i === details.leg && "here"] }, engine === pool ? engine : `${engine} (${pool})`))],
      [say("drawer.worker"), job.worker ?? "–"],
      [say("jobs.priority"), number(job.priority)],
      [say("drawer.attempts"), say("drawer.attemptsTold", { n: job.attempt, failures: job.failures })],
      [say("jobs.created"), wholeMoment(job.createdAt)],
      [say("drawer.claimed"), moment(details.claimedAt)],
      [say("drawer.finished"), moment(job.finishedAt)],
      job.finishedAt ? null : [say("drawer.deadline"), moment(details.deadlineAt)],
      job.status === "processing" ? [say("drawer.lease"), moment(details.leaseUntil)] : null,
      [say("jobs.credits"), say("drawer.money", { charged: generation.creditsCharged, refunded: generation.creditsRefunded })],
    ]),
    generation.attempts?.length > 0 && list(say("drawer.failed"), generation.attempts, ({ engine, code: why, at }) => [el("strong", { class: "user-text" }, engine), ` ${codeName(why)} · `, when(at)]),
    details.deliveries.length > 0 && list(say("drawer.webhooks"), details.deliveries, ({ address, state, event, attemptCount }) => [el("span", { class: "user-text" }, address), " ", chip(say(`sent.${state}`), { delivered: "good", exhausted: "bad" }[state]), el("span", { class: "small fainter" }, ` ${event} · ${say("drawer.tries", { n: attemptCount })}`)]));
}

function actions(job, path, did) {
  const status = computed(() => job.value?.job.status);
  const isOpen = computed(() => status.value === "queued" || status.value === "processing");
  return el("div", { class: "row drawer-actions" },
    () => status.value === "queued" && button(say("drawer.priority"), { icon: "up", onclick: () => reprioritise(job.peek().job, path, did) }),
    () => status.value === "processing" && button(say("drawer.requeue"), { icon: "again", onclick: () => requeue(path, did) }),
    () => isOpen.value && button(say("drawer.cancel"), { icon: "close", kind: "danger", onclick: () => cancel(job.peek().job, path, did) }));
}

async function cancel(job, path, did) {
  const done = await ask(say("drawer.cancelTitle"), { text: say("drawer.cancelText", { account: job.accountName, n: job.credits }), yes: say("drawer.cancel"), kind: "danger", send: () => post(`${path}/cancel`) });
  if (done !== undefined) await did();
}

async function requeue(path, did) {
  const done = await ask(say("drawer.requeueTitle"), { text: say("drawer.requeueText"), yes: say("drawer.requeue"), kind: "danger", send: () => post(`${path}/requeue`) });
  if (done !== undefined) await did();
}

async function reprioritise(job, path, did) {
  const priority = signal(String(job.priority));
  const levels = Array.from({ length: PRIORITIES }, (_, level) => [String(level), number(level)]);
  const fields = () => field(say("jobs.priority"), choice(priority, levels), { hint: say("drawer.priorityHint") });
  const done = await ask(say("drawer.priorityTitle"), { text: say("drawer.priorityText"), fields, yes: say("drawer.priority"), send: () => post(`${path}/priority`, { priority: Number(priority.peek()) }) });
  if (done !== undefined) await did();
}

function list(title, rows, told) {
  return el("section", { class: "drawer-list" }, el("h3", {}, title), el("ul", {}, rows.map((row) => el("li", {}, told(row)))));
}

function moment(text) {
  return text ? wholeMoment(text) : "–";
}
