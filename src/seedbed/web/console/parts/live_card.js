// A generation that is being made: its place in the queue, its stage, how far it is, what can be seen of it, a way out.

import { NATIVE, post } from "../lib/api.js";
import { el } from "../lib/dom.js";
import { duration } from "../lib/format.js";
import { previewOf } from "../lib/results.js";
import { currentOwner, effect, signal } from "../lib/signal.js";
import { number, say } from "../lib/words.js";
import { button } from "./button.js";
import { progress } from "./progress.js";

const STAGES = ["fetching", "preparing", "rendering", "finishing", "storing"];

/**
 * Return the card. `view` is a signal of the generation, `backdrop` the address of a picture to wait with, or null,
 * `stop` what its button does: without it, cancel at once.
 */
export function liveCard(view, { backdrop = null, stop = () => cancel(view) } = {}) {
  const until = currentOwner();
  const now = signal(Date.now());
  const clock = setInterval(() => (now.value = Date.now()), 1000);
  until?.addEventListener("abort", () => clearInterval(clock), { once: true });

  const [w, h] = (view.peek().aspectRatio ?? "16:9").split(":");
  const isQueued = () => view.value.status === "queued";
  const part = () => (isQueued() ? null : (view.value.progress?.fraction ?? null));
  const elapsed_s = () => (now.value - new Date(view.value.startedAt ?? view.value.createdAt)) / 1000;

  const headline = () => {
    if (!isQueued()) return say(`stage.${view.value.progress?.stage ?? "fetching"}`);
    const position = view.value.queue?.position;
    return position === undefined ? say("live.queued") : position === 1 ? say("live.next") : say("live.place", { position });
  };
  const aside = () => {
    if (!isQueued()) return say("live.elapsed", { time: duration(elapsed_s()) });
    const eta_s = view.value.queue?.etaSeconds;
    return eta_s === undefined ? "" : eta_s < 1 ? say("live.soon") : say("live.eta", { time: duration(eta_s) });
  };

  return el(
    "div",
    { class: "live", "aria-live": "off" },
    el("div", { class: "screen", style: { "--w": w, "--h": h } }, backdrop && el("img", { class: "backdrop", src: backdrop, alt: "" }), preview(view), el("div", { class: "pulse", hidden: () => Boolean(view.value.progress?.previewUrl) })),
    el("div", { class: "live-words" },
      el("div", { class: "between" }, el("strong", { role: "status" }, headline), el("span", { class: "number" }, () => part() !== null && number(part(), { style: "percent" }))),
      progress(say("live.progress"), part),
      el("div", { class: "between" },
        el("ol", { class: "stages" }, STAGES.map((stage) => el("li", { class: () => stageClass(stage, view.value), title: say(`stage.${stage}`) }))),
        el("span", { class: "small number live-aside" }, aside),
        button(say("live.cancel"), { icon: "close", kind: "small on-stage", onclick: stop }))),
  );
}

function cancel(view) {
  return post(`${NATIVE}video/generations/${view.peek().requestId}/cancel`, {});
}

function stageClass(stage, { status, progress: now }) {
  const at = status === "processing" ? STAGES.indexOf(now?.stage ?? "fetching") : -1;
  const own = STAGES.indexOf(stage);
  return own < at ? "past" : own === at ? "now" : "";
}

// The next picture takes the place of the last one only when it is there, so that nothing flickers.
function preview(view) {
  const place = el("div", { class: "preview" });
  effect(() => {
    const { progress: now, requestId } = view.value;
    if (!now?.previewUrl || now.stage !== "rendering") return; // later there is nothing new to see, and soon nothing at all
    const next = new Image();
    next.alt = "";
    next.src = previewOf(requestId, `${now.stage}${now.fraction}`);
    next.decode().then(() => place.replaceChildren(next), () => null);
  });
  return place;
}
