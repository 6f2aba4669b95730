// How the video shall be: everything that is offered here is what the model says that it takes.

import { el } from "../lib/dom.js";
import { effect } from "../lib/signal.js";
import { say } from "../lib/words.js";
import { button } from "./button.js";
import { choice, field, segments, toggle } from "./field.js";

const MOST_SEED = 4294967295;
const FEW = 4;

/** Keep the draft within what its model takes: what another model took becomes the nearest to it. */
export function keepWithin(draft, model) {
  effect(() => {
    const { durations, resolutions, aspectRatios } = model.value;
    const wanted_s = Number(draft.duration.peek());
    const nearest = (best, one) => (Math.abs(one - wanted_s) < Math.abs(best - wanted_s) ? one : best);
    draft.duration.value = durations.reduce(nearest, durations[0]);
    if (!resolutions.includes(draft.resolution.peek())) draft.resolution.value = resolutions.includes("720p") ? "720p" : resolutions[0];
    if (!aspectRatios.includes(draft.ratio.peek())) draft.ratio.value = "";
  });
}

/** Return the controls. `model` is a signal of the chosen one of `models`. */
export function options(draft, model, models) {
  const size = () => model.value.sizes[draft.resolution.value]?.[draft.ratio.value];
  return el(
    "div",
    { class: "options" },
    field(say("create.model"), choice(draft.model, models.map((one) => [one.id, one.name])), { hint: el("span", { dir: "auto" }, () => model.value.description) }),
    segments(say("create.ratio"), draft.ratio, () => [["", say("create.ratioAuto")], ...model.value.aspectRatios.map((ratio) => [ratio, [shape(ratio), ratio]])]),
    () => length(draft.duration, model.value.durations),
    segments(say("create.resolution"), draft.resolution, () => model.value.resolutions.map((one) => [one, one])),
    el("div", { class: "options-row" }, toggle(say("create.sound"), draft.sound), el("span", { class: "small fainter number" }, () => size()?.replace("x", " × "))),
    el("details", { class: "more", open: Boolean(draft.seed.peek()) }, el("summary", {}, say("create.more")), seed(draft.seed)),
  );
}

function length(value, durations) {
  if (durations.length <= FEW) return segments(say("create.duration"), value, durations.map((s) => [s, say("time.s", { s })]));
  const slider = el("input", {
    type: "range", class: "slider", min: "0", max: String(durations.length - 1), step: "1",
    value: () => String(Math.max(0, durations.indexOf(Number(value.value)))),
    "aria-valuetext": () => say("time.s", { s: Number(value.value) }),
    oninput: (event) => (value.value = durations[event.target.value]),
  });
  const set = field(say("create.duration"), slider);
  set.querySelector("label").append(el("output", { class: "number" }, () => say("time.s", { s: Number(value.value) })));
  return set;
}

function seed(value) {
  const isWrong = () => value.value.trim() !== "" && !(/^\d+$/.test(value.value.trim()) && Number(value.value) <= MOST_SEED);
  const box = el("input", { class: "input number", inputmode: "numeric", placeholder: say("create.seedAny"), value: () => value.value, oninput: (event) => (value.value = event.target.value) });
  const dice = button(say("create.seedDice"), { icon: "dice", isIconOnly: true, onclick: () => (value.value = String(crypto.getRandomValues(new Uint32Array(1))[0])) });
  return field(say("create.seed"), box, { beside: dice, hint: say("create.seedHint"), fault: () => (isWrong() ? say("create.seedWrong", { most: MOST_SEED }) : null) });
}

function shape(ratio) {
  const [w, h] = ratio.split(":").map(Number);
  const scale = 14 / Math.max(w, h);
  return el("i", { class: "shape", style: { width: `${Math.round(w * scale)}px`, height: `${Math.round(h * scale)}px` } });
}
