// Two finished videos beside each other, or one over the other, played as one.

import { NATIVE, get } from "../lib/api.js";
import { el } from "../lib/dom.js";
import { timecode } from "../lib/format.js";
import { go, link } from "../lib/router.js";
import { signal, within } from "../lib/signal.js";
import { learn, say } from "../lib/words.js";
import { button } from "../parts/button.js";
import { empty } from "../parts/empty.js";
import { choice, field, segments } from "../parts/field.js";
import { screen } from "../parts/player.js";
import { timeline } from "../parts/timeline.js";
import * as words from "../words/playground.js";

learn(words);
export const title = () => say("compare.title");
const OFFERED = 50;
const DRIFT_S = 1 / 24;

/** `?a=ID&b=ID`; what is missing is the newest other one. */
export default async function compare({ query, until }) {
  const { data } = await get(`${NATIVE}video/generations?status=succeeded&limit=${OFFERED}`, { until });
  const a = await wanted(query.get("a"), data, until);
  const b = await wanted(query.get("b"), data.filter((one) => one.requestId !== a?.requestId), until);
  return within(until, () => (a && b ? pair(a, b, offeredWith(data, a, b)) : few()));
}

async function wanted(id, data, until) {
  if (!id) return data[0];
  const known = data.find((one) => one.requestId === id) ?? (await get(`${NATIVE}video/generations/${encodeURIComponent(id)}`, { until }));
  return known.status === "succeeded" ? known : data[0];
}

function offeredWith(data, ...shown) {
  return [...data, ...shown.filter((one) => !data.some((other) => other.requestId === one.requestId))];
}

function few() {
  return el("div", { class: "page" }, empty("compare", say("compare.few"), say("compare.fewText"), el("a", { class: "button primary", href: link("/") }, say("compare.create"))));
}

function pair(a, b, offered) {
  const form = signal("side");
  const wipe = signal("50");
  const [left, right] = [screen(a), screen(b, { isMuted: true })];
  const longest = a.duration >= b.duration ? a : b;

  // The left one leads; the right one is put right when it has drifted by a frame.
  const keepTogether = () => {
    const place = Math.min(left.video.currentTime, b.duration);
    if (Math.abs(right.video.currentTime - place) > DRIFT_S) right.video.currentTime = place;
  };
  left.video.addEventListener("timeupdate", keepTogether);
  left.video.addEventListener("play", () => right.video.play().catch(() => null));
  left.video.addEventListener("pause", () => (right.video.pause(), keepTogether()));
  const seek = (s) => (left.seek(Math.min(s, a.duration)), right.seek(Math.min(s, b.duration)));

  return el(
    "div",
    { class: "page compare" },
    el("header", {}, el("div", {}, el("h1", {}, say("compare.title")), el("p", { class: "faint" }, say("compare.text"))),
      el("div", { class: "row" }, segments(say("compare.title"), form, [["side", say("compare.side")], ["wipe", say("compare.wipe")]]),
        button(say("compare.swap"), { icon: "again", onclick: () => go(`/compare?a=${b.requestId}&b=${a.requestId}`) }))),
    () => form.value === "wipe" && el("input", { type: "range", class: "slider", min: "0", max: "100", value: () => wipe.value, "aria-label": say("compare.wipeAt"), oninput: (event) => (wipe.value = event.target.value) }),
    el("div", { class: () => ["pair", form.value], style: () => ({ "--wipe": `${wipe.value}%` }) },
      half(left.video, a, (id) => go(`/compare?a=${id}&b=${b.requestId}`), offered),
      half(right.video, b, (id) => go(`/compare?a=${a.requestId}&b=${id}`), offered)),
    el("div", { class: "player-bar" },
      () => button(say(left.isPlaying.value ? "player.pause" : "player.play"), { icon: left.isPlaying.value ? "pause" : "play", kind: "quiet", isIconOnly: true, onclick: left.toggle }),
      el("span", { class: "number player-time" }, () => `${timecode(left.at.value)} / ${timecode(longest.duration)}`)),
    timeline(a, left.at, seek),
  );
}

function half(video, view, choose, offered) {
  const picked = { get value() { return view.requestId; }, set value(id) { choose(id); } };
  const names = offered.map((one) => [one.requestId, `${one.prompt.slice(0, 60)} · ${one.model} · ${one.seed}`]);
  const { width, height } = view.output;
  return el("figure", {},
    el("div", { class: "screen", style: { "--w": String(width), "--h": String(height) } }, video),
    el("figcaption", {}, field(say("compare.pick"), choice(picked, names)),
      el("p", { class: "facts" }, [view.model, view.engine, `${width} × ${height}`, say("take.seed", { seed: String(view.seed) }), say("create.price", { n: view.creditsCharged })].filter(Boolean).map((one) => el("span", {}, one)))));
}
