// The shot plan drawn over time: shots, camera moves, effects. It is also where one goes to a place in the video.

import { el } from "../lib/dom.js";
import { timecode } from "../lib/format.js";
import { has, learn, number, say } from "../lib/words.js";
import * as words from "../words/shots.js";

learn(words);
const STEP_S = 1 / 24;

/**
 * Return the timeline of a generation. `at` is a signal of the place in seconds, `seek(s)` is called with where somebody
 * wants to be. Without a shot plan it is a plain one.
 */
export function timeline({ duration, shotPlan }, at, seek) {
  const lanes = shotPlan ? lanesOf(shotPlan) : [];
  const part = (s) => `${(100 * Math.min(1, Math.max(0, s / duration))).toFixed(3)}%`;
  const track = el(
    "div",
    {
      class: "track", role: "slider", tabindex: "0", "aria-label": say("player.place"), "aria-valuemin": "0", "aria-valuemax": String(duration),
      "aria-valuenow": () => at.value.toFixed(2), "aria-valuetext": () => timecode(at.value),
      onpointerdown: (event) => (track.setPointerCapture(event.pointerId), seekTo(event)),
      onpointermove: (event) => event.buttons === 1 && seekTo(event),
      onkeydown: onKey,
    },
    el("div", { class: "ruler" }, ticks(duration).map((s) => el("span", { class: s === duration && "end", style: { left: part(s) } }, number(s)))),
    lanes.map(({ label, cues }) => el("div", { class: "lane", "aria-hidden": "true" }, cues.map((cue) => segment(cue, label, part)))),
    lanes.length === 0 && el("div", { class: "lane plain" }, el("i", { class: "done", style: () => ({ width: part(at.value) }) })),
    el("div", { class: "playhead", style: () => ({ left: part(at.value) }) }),
  );
  return el("div", { class: "timeline" }, track, lanes.length > 0 && described(lanes));

  function seekTo(event) {
    const { left, width } = track.getBoundingClientRect();
    seek(Math.min(duration, Math.max(0, ((event.clientX - left) / width) * duration)));
  }
  function onKey(event) {
    const step = { ArrowLeft: -STEP_S, ArrowRight: STEP_S, PageDown: -1, PageUp: 1 }[event.key];
    const to = event.key === "Home" ? 0 : event.key === "End" ? duration : step && at.peek() + (event.shiftKey ? 10 * step : step);
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    seek(Math.min(duration, Math.max(0, to)));
  }
}

function lanesOf({ shots = [], moves = [], effects = [] }) {
  const lanes = [];
  if (shots.length) lanes.push({ label: say("player.shots"), cues: shots.map((shot, i) => ({ ...shot, kind: "shot", name: shotName(shot, i) })) });
  for (const row of rows(moves)) lanes.push({ label: say("player.moves"), cues: row.map((cue) => ({ ...cue, kind: "move", name: named("move", cue.move) })) });
  for (const row of rows(effects)) lanes.push({ label: say("player.effects"), cues: row.map((cue) => ({ ...cue, kind: "effect", name: named("effect", cue.effect) })) });
  return lanes;
}

// What runs at the same time stands one below the other.
function rows(cues) {
  const made = [];
  for (const cue of cues) {
    const row = made.find((one) => one.every((other) => other.toSeconds <= cue.fromSeconds || other.fromSeconds >= cue.toSeconds));
    if (row) row.push(cue);
    else made.push([cue]);
  }
  return made;
}

function shotName(shot, i) {
  const framing = shot.framing && named("framing", shot.framing);
  return [say("player.shot", { n: i + 1 }), framing].filter(Boolean).join(", ");
}

/** Return the words for a value of the shot plan; one from a later release is shown as it is. */
export function named(kind, value) {
  return has(`${kind}.${value}`) ? say(`${kind}.${value}`) : value.replaceAll("_", " ");
}

function whyOf(cue) {
  return cue.said ? say("player.said", { words: cue.said }) : cue.chosen ? say("player.chosen") : "";
}

function segment(cue, label, part) {
  const [left, right] = [part(cue.fromSeconds), part(cue.toSeconds)];
  const tip = [`${label}: ${cue.name}`, `${number(cue.fromSeconds)}–${say("time.s", { s: cue.toSeconds })}`, whyOf(cue)].filter(Boolean).join("\n");
  return el("div", { class: ["cue", cue.kind, cue.chosen && "chosen"], title: tip, style: { left, width: `calc(${right} - ${left} - 2px)` } }, el("span", { class: "clamped" }, cue.name));
}

// The same in words, for whoever does not see the drawing.
function described(lanes) {
  const lines = lanes.flatMap(({ label, cues }) => cues.map((cue) => `${label}: ${cue.name}, ${number(cue.fromSeconds)}–${say("time.s", { s: cue.toSeconds })}. ${whyOf(cue)}`));
  return el("ul", { class: "said-only" }, lines.map((line) => el("li", {}, line)));
}

function ticks(duration) {
  const step = duration > 10 ? 2 : 1;
  return Array.from({ length: Math.floor(duration / step) + 1 }, (_, i) => i * step);
}
