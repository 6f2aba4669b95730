// What is known of one generation besides its video: order, references, attempts, money, and all of it as JSON.

import { el } from "../lib/dom.js";
import { bytes, wholeMoment } from "../lib/format.js";
import { referenceOf } from "../lib/results.js";
import { signal } from "../lib/signal.js";
import { number, say } from "../lib/words.js";
import { code, copyButton } from "./code.js";
import { icon } from "./icons.js";

/** Return a section with a heading. */
export function section(heading, ...inside) {
  return el("section", { class: "panel" }, el("h2", {}, heading), inside);
}

/** Return the figures of a generation as a list of terms. */
export function figures(view) {
  const { output } = view;
  const rows = [
    ["job.model", view.model],
    ["job.engine", view.engine],
    ["job.size", output && `${output.width} × ${output.height}, ${say("job.frames", { n: output.frames, fps: output.fps })}`],
    ["job.order", [say("time.s", { s: view.duration }), view.resolution, view.aspectRatio].filter(Boolean).join(" · ")],
    ["job.seed", String(view.seed)],
    ["job.file", output && bytes(output.sizeBytes)],
    ["job.created", wholeMoment(view.createdAt)],
    ["job.finished", view.finishedAt && wholeMoment(view.finishedAt)],
    ["job.mode", say(view.livemode ? "job.live" : "job.test")],
  ];
  return el("dl", { class: "figures" },
    rows.filter(([, value]) => value).map(([key, value]) => el("div", {}, el("dt", {}, say(key)), el("dd", { class: "user-text number" }, value))),
    copied("job.id", view.requestId), output && copied("job.sha256", output.sha256));
}

function copied(key, text) {
  return el("div", {}, el("dt", {}, say(key)), el("dd", { class: "copied" }, el("code", { class: "clamped", title: text }, text), copyButton(() => text, { kind: "quiet small", isIconOnly: true })));
}

/** Return the references with a small picture of each, as far as the service still has them. */
export function referenceList(view) {
  return el("ol", { class: "sources" }, view.references.map(({ url, role }, i) => el("li", {},
    face(view.requestId, i, role),
    el("div", { class: "grow" }, el("strong", {}, say(`role.${role}`)), el("p", { class: "small faint user-text", dir: "ltr" }, shown(url))))));
}

function face(id, position, role) {
  const isMissing = signal(role === "reference_audio");
  const kind = { reference_audio: "audio", reference_video: "video" }[role] ?? "image";
  return () => (isMissing.value
    ? el("span", { class: "source-face" }, icon(kind, 24))
    : el("img", { class: "source-face", src: referenceOf(id, position), alt: "", loading: "lazy", onerror: () => (isMissing.value = true) }));
}

function shown(url) {
  return url.startsWith("data:") ? say("job.inline") : url;
}

/** Return the attempts that failed. */
export function attemptList(view) {
  return el("ol", { class: "attempts" }, view.attempts.map(({ engine, code: reason, at }) => el("li", {},
    el("strong", {}, engine), el("code", {}, reason), el("time", { class: "small fainter number", datetime: at }, wholeMoment(at)))));
}

/** Return what a generation cost. `entries` is a signal of the ledger's lines about it. */
export function money(view, entries) {
  const amount = ({ kind, heldChange }) => (kind === "release" ? "+" : "") + number(Math.abs(heldChange));
  return el("div", { class: "stack" },
    el("p", { class: "cost" }, el("strong", { class: "number" }, say("create.price", { n: view.creditsCharged - view.creditsRefunded })),
      view.creditsRefunded > 0 && el("span", { class: "small faint" }, say("job.refunded", { charged: view.creditsCharged, n: view.creditsRefunded }))),
    () => entries.value.length > 0 && el("ul", { class: "entries" }, entries.value.map((one) => el("li", {},
      el("span", {}, say(`ledger.${one.kind}`)), el("time", { class: "small fainter number", datetime: one.at }, wholeMoment(one.at)), el("strong", { class: "number" }, amount(one))))));
}

/** Return a block of JSON that opens when it is wanted. */
export function jsonOf(heading, value) {
  return el("details", { class: "panel json" }, el("summary", {}, el("h2", {}, heading)), code(() => JSON.stringify(value(), null, 2)));
}
