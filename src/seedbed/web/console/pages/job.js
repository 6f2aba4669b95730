// One generation whole: its video or how far it is, its life, what was ordered, what it cost, whom it was told.

import { NATIVE, Refused, get, isQuiet, pause, post, remove } from "../lib/api.js";
import { models } from "../lib/catalogue.js";
import { refreshCredits } from "../lib/credits.js";
import { el } from "../lib/dom.js";
import { moment } from "../lib/format.js";
import { lastFrameOf, videoOf } from "../lib/results.js";
import { go, link } from "../lib/router.js";
import { computed, currentOwner, effect, signal, within } from "../lib/signal.js";
import { follow, isFinal } from "../lib/stream.js";
import { beginnings } from "../lib/takes.js";
import { learn, say } from "../lib/words.js";
import { button } from "../parts/button.js";
import { statusChip } from "../parts/chip.js";
import { copyButton } from "../parts/code.js";
import { deliveryList } from "../parts/deliveries.js";
import { confirm } from "../parts/dialog.js";
import { notice } from "../parts/empty.js";
import { finalModels, makeFinal } from "../parts/final.js";
import { icon } from "../parts/icons.js";
import { attemptList, figures, jsonOf, money, referenceList, section } from "../parts/job_details.js";
import { life } from "../parts/life.js";
import { liveCard } from "../parts/live_card.js";
import { player } from "../parts/player.js";
import { tellFault, toast } from "../parts/toast.js";
import * as words from "../words/job.js";
import * as playgroundWords from "../words/playground.js";
import missing from "./missing.js";

learn(words);
learn(playgroundWords);
export const title = () => say("job.title");

const ASK_AGAIN_MS = 3000;

/** `/jobs/ID`. Another account's and what is not there are the same to whoever looks: there is no such page. */
export default async function job({ params, until }) {
  const path = `${NATIVE}video/generations/${encodeURIComponent(params.id)}`;
  try {
    const [first, offered] = await Promise.all([get(path, { until }), models()]);
    return within(until, () => page(first, offered));
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return within(until, missing);
    throw error;
  }
}

function page(first, offered) {
  const until = currentOwner();
  const id = first.requestId;
  const view = signal(first);
  const deliveries = signal([]);
  const entries = signal([]);
  const wasLive = !isFinal(first);
  if (wasLive) follow(id, { until, tell: (now) => (view.value = now), fail: tellFault });
  const status = computed(() => (isFinal(view.value) ? view.value.status : "live"));
  effect(() => {
    if (status.value === "live") return void askMoney();
    askMoney();
    askDeliveries();
    if (wasLive) refreshCredits();
  });

  return el("div", { class: "page job" },
    el("header", {},
      el("div", { class: "job-title" }, el("a", { class: "small job-back", href: link("/history") }, icon("left", 18), say("job.back")),
        el("h1", {}, say("job.of", { at: moment(first.createdAt) }))),
      () => statusChip(view.value.status),
      () => actions(status.value)),
    el("div", { class: "job-sheet" },
      el("div", { class: "stack" },
        () => shown(status.value),
        section(say("job.life"), life(view, deliveries)),
        () => deliveries.value.length > 0 && section(say("job.webhooks"), deliveryList(deliveries, askDeliveries))),
      el("div", { class: "stack" },
        section(say("job.prompt"), el("div", { class: "job-prompt user-text", dir: "auto", tabindex: "0" }, first.prompt), copyButton(() => first.prompt, { kind: "small" })),
        () => status.value && details(view.peek()))),
    jsonOf(say("job.json"), () => view.value));

  function shown(now) {
    if (now === "live") return liveCard(view, { backdrop: beginnings.get(id) ?? null, stop: cancel });
    if (now === "succeeded") return [player(view.peek(), { starts: wasLive }), view.peek().warnings?.length > 0 && notice("", view.peek().warnings.join(" "))];
    const { error, creditsRefunded: n } = view.peek();
    if (!error) return notice("", say("stage.cancelled", { n }));
    return notice("bad", error.message, n > 0 && el("p", {}, say("job.cameBack", { n })), el("p", {}, el("code", {}, error.code)));
  }

  function details(now) {
    return [
      now.references?.length > 0 && section(say("job.references"), referenceList(now)),
      section(say("job.figures"), figures(now)),
      section(say("job.money"), money(now, entries)),
      now.attempts?.length > 0 && section(say("job.attempts"), attemptList(now)),
      now.engineInput && jsonOf(say("job.engineInput"), () => now.engineInput),
      now.metadata && Object.keys(now.metadata).length > 0 && jsonOf(say("job.metadata"), () => now.metadata),
    ];
  }

  function actions(now) {
    if (now === "live") return null; // the card has what there is to do
    const isDone = now === "succeeded";
    const others = finalModels(view.peek(), offered);
    return el("div", { class: "row" },
      isDone && el("a", { class: "button primary", href: videoOf(id), download: `${id}.mp4` }, icon("download", 18), say("take.download")),
      isDone && view.peek().output.lastFrameUrl && el("a", { class: "button", href: lastFrameOf(id), download: `${id}-last.png` }, icon("image", 18), say("job.lastFrame")),
      el("a", { class: "button", href: link(`/?again=${id}`) }, icon("again", 18), say("take.again")),
      isDone && others.length > 0 && button(say("take.final", { engine: others[0].engine }), { icon: "star", onclick: () => void finalOf(others) }),
      isDone && el("a", { class: "button", href: link(`/compare?a=${id}`) }, icon("compare", 18), say("take.compare")),
      button(say("job.delete"), { icon: "trash", kind: "quiet danger", isIconOnly: true, onclick: erase }));
  }

  async function finalOf(others) {
    const made = await makeFinal(view.peek(), others);
    if (made) go(`/jobs/${made}`);
  }

  async function cancel() {
    const isSure = await confirm(say("job.cancelTitle"), say("job.cancelText", { n: first.creditsCharged }), { yes: say("job.cancelYes"), no: say("job.cancelNo") });
    if (!isSure || isFinal(view.peek())) return;
    await post(`${NATIVE}video/generations/${id}/cancel`, {});
    view.value = await get(`${NATIVE}video/generations/${id}`, { until });
  }

  async function erase() {
    const isSure = await confirm(say("job.deleteTitle"), say("job.deleteText"), { yes: say("job.deleteYes"), no: say("job.deleteNo") });
    if (!isSure) return;
    await remove(`v1/videos/${id.replace(/^req_/, "video_")}`);
    toast(say("job.deleted"));
    go("/history", { replaces: true });
  }

  async function askMoney() {
    await quietly(async () => (entries.value = (await get(`${NATIVE}credits?requestId=${id}`, { until })).ledger));
  }

  async function askDeliveries() {
    await quietly(async () => {
      do {
        deliveries.value = (await get(`${NATIVE}webhooks/deliveries?requestId=${id}&limit=100`, { until })).data;
        if (deliveries.peek().some((one) => one.state === "pending")) await pause(ASK_AGAIN_MS, until);
        else return;
      } while (!until.aborted);
    });
  }
}

async function quietly(ask) {
  try {
    await ask();
  } catch (error) {
    if (!isQuiet(error)) tellFault(error);
  }
}
