// The stage: what is being made or was made, or ways to begin.

import { Refused } from "../lib/api.js";
import { refreshCredits } from "../lib/credits.js";
import { el } from "../lib/dom.js";
import { changesTo, draft, fill } from "../lib/draft.js";
import { posterOf, videoOf } from "../lib/results.js";
import { go, link } from "../lib/router.js";
import { computed, currentOwner, signal } from "../lib/signal.js";
import { follow, isFinal } from "../lib/stream.js";
import { beginnings, lately, onStage, refreshLately, stage } from "../lib/takes.js";
import { say } from "../lib/words.js";
import { button } from "./button.js";
import { statusChip } from "./chip.js";
import { notice } from "./empty.js";
import { finalModels, makeFinal } from "./final.js";
import { icon } from "./icons.js";
import { liveCard } from "./live_card.js";
import { player } from "./player.js";
import { addFiles } from "./reference_tray.js";
import { SAMPLES, photograph, thumbnail } from "./samples.js";
import { tellFault, toast } from "./toast.js";

/** Return the stage. `models` as `GET /models` has them. */
export function stageOf(models) {
  const until = currentOwner();
  refreshLately(until).catch(tellFault);
  return el("section", { class: "stage", "aria-label": say("stage.label") },
    () => (onStage.value ? generationOn(onStage.value, models) : beginning(models)),
    strip);
}

function generationOn(id, models) {
  const until = currentOwner();
  const view = signal(null);
  let wasLive = false;
  follow(id, { until, tell, fail });
  // Queued and in the making are one card: it must not begin anew when the one becomes the other.
  const status = computed(() => (view.value === null ? "unknown" : isFinal(view.value) ? view.value.status : "live"));

  function tell(now) {
    if (isFinal(now) && wasLive) Promise.all([refreshCredits(), refreshLately(until)]).catch(tellFault);
    if (view.peek() === null && !isFinal(now)) refreshLately(until).catch(tellFault);
    wasLive ||= !isFinal(now);
    view.value = now;
  }
  function fail(error) {
    if (error instanceof Refused && error.status === 404) {
      stage(null);
      toast(say("stage.gone"), { kind: "bad" });
    } else tellFault(error);
  }

  return () => {
    switch (status.value) {
      case "unknown":
        return el("div", { class: "ghost stage-ghost" });
      case "live":
        return liveCard(view, { backdrop: beginnings.get(id) ?? null });
      case "succeeded":
        return [player(view.peek(), { starts: wasLive }), facts(view.peek()), actions(view.peek(), models)];
      default:
        return [ended(view.peek()), actions(view.peek(), models)];
    }
  };
}

function ended(view) {
  const n = view.creditsRefunded;
  const text = view.status === "cancelled" ? say("stage.cancelled", { n }) : say("stage.failed", { message: view.error.message, n });
  return el("div", { class: "ended" }, notice(view.status === "failed" ? "bad" : "", text), el("p", { class: "user-text faint", dir: "auto", tabindex: "0" }, view.prompt));
}

function facts(view) {
  const { width, height } = view.output;
  const said = [view.model, view.engine, `${width} × ${height}`, say("time.s", { s: view.duration }), say("take.seed", { seed: String(view.seed) }), say("create.price", { n: view.creditsCharged })];
  return [
    el("p", { class: "facts" }, said.filter(Boolean).map((one) => el("span", {}, one))),
    view.warnings?.length > 0 && notice("", view.warnings.join(" ")),
  ];
}

function actions(view, models) {
  const isDone = view.status === "succeeded";
  const others = finalModels(view, models);
  return el("div", { class: "row take-actions" },
    isDone && el("a", { class: "button", href: videoOf(view.requestId), download: `${view.requestId}.mp4` }, icon("download", 18), say("take.download")),
    button(say("take.again"), { icon: "again", onclick: () => (changesTo(view), document.getElementById("prompt").focus()) }),
    isDone && others.length > 0 && button(say("take.final", { engine: others[0].engine }), { icon: "star", onclick: () => void finalOnStage(view, others) }),
    isDone && button(say("take.compare"), { icon: "compare", onclick: () => go(`/compare?a=${view.requestId}`) }),
    el("a", { class: "button quiet", href: link(`/jobs/${view.requestId}`) }, say("take.job")));
}

async function finalOnStage(view, others) {
  const made = await makeFinal(view, others);
  if (made) stage(made);
}

function beginning(models) {
  return el("div", { class: "beginning" },
    el("h2", {}, say("stage.emptyTitle")),
    el("p", {}, say("stage.emptyText")),
    el("ul", { class: "samples" }, SAMPLES.map((sample) => el("li", {},
      el("button", { type: "button", class: "sample", onclick: () => begin(sample, models[0]).catch(tellFault) },
        el("img", { src: thumbnail(sample), alt: "", width: "360", height: "240" }), el("span", {}, say(sample.words))),
      el("small", {}, say("stage.credit", { credit: sample.credit }))))));
}

async function begin(sample, model) {
  fill({ prompt: say(sample.words), model: draft.model.peek(), ratio: model.aspectRatios.includes(sample.ratio) ? sample.ratio : "" });
  const photo = await (await fetch(photograph(sample))).blob();
  addFiles(draft, [new File([photo], `${sample.name}.jpg`, { type: photo.type })], model.references);
  document.getElementById("prompt").focus();
}

function strip() {
  return lately.value.length > 0 && el("div", { class: "lately" },
    el("h2", {}, say("stage.earlier")),
    el("ul", {}, onStage.value && el("li", {}, button(say("create.clear"), { icon: "plus", kind: "take anew", onclick: () => (fill({}), stage(null)) })), lately.value.map((one) => el("li", {},
      el("button", { type: "button", class: "take", "aria-pressed": () => String(onStage.value === one.requestId), title: one.prompt, onclick: () => stage(one.requestId) },
        one.status === "succeeded" ? el("img", { src: posterOf(one.requestId), alt: "", loading: "lazy" }) : statusChip(one.status),
        el("span", { class: "said-only" }, `${one.prompt} ${say(`status.${one.status}`)}`))))));
}
