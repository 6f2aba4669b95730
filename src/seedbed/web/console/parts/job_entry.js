// One generation in the history: as a row or, by its styles alone, as a tile.

import { el } from "../lib/dom.js";
import { moment, wholeMoment } from "../lib/format.js";
import { posterOf } from "../lib/results.js";
import { link } from "../lib/router.js";
import { signal } from "../lib/signal.js";
import { number, say } from "../lib/words.js";
import { statusChip } from "./chip.js";
import { icon } from "./icons.js";
import { progress } from "./progress.js";

const SHOWN_CHARACTERS = 240;

/** Return the entry. `entry` as lists have it; `picked` is a signal of the Set of ids that are chosen. */
export function jobEntry(entry, picked) {
  const { id, view } = entry;
  const first = view.peek();
  const prompt = [...first.prompt.slice(0, 2 * SHOWN_CHARACTERS)].slice(0, SHOWN_CHARACTERS).join("");
  const isPicked = () => picked.value.has(id);
  return el(
    "article",
    { class: () => ["entry", isPicked() && "picked"], "aria-labelledby": `entry-${id}`, onkeydown: (event) => event.key === "x" && pick(picked, id) },
    el("div", { class: "entry-face" }, () => face(entry)),
    el("label", { class: "entry-pick" }, el("input", { type: "checkbox", checked: isPicked, "aria-label": say("history.pick", { prompt }), onchange: () => pick(picked, id) })),
    el("div", { class: "entry-words" },
      el("a", { class: "user-text", id: `entry-${id}`, dir: "auto", href: link(`/jobs/${id}`) }, prompt),
      el("p", { class: "facts" }, [first.model, say("time.s", { s: first.duration }), first.resolution, first.aspectRatio].filter(Boolean).map((one) => el("span", { class: "user-text" }, one)))),
    el("div", { class: "entry-state" }, () => stateOf(view.value)),
    el("span", { class: "entry-cost number" }, () => say("create.price", { n: view.value.creditsCharged - view.value.creditsRefunded })),
    el("time", { class: "entry-time number", datetime: first.createdAt, title: wholeMoment(first.createdAt) }, moment(first.createdAt)),
  );
}

function pick(picked, id) {
  const next = new Set(picked.peek());
  if (!next.delete(id)) next.add(id);
  picked.value = next;
}

function face({ id, view, isSeen }) {
  const isBroken = signal(false);
  return () => {
    if (view.value.status === "succeeded" && isSeen.value && !isBroken.value) {
      return el("img", { src: posterOf(id), alt: "", decoding: "async", onerror: () => (isBroken.value = true) });
    }
    return icon({ failed: "warning", cancelled: "close" }[view.value.status] ?? "film", 22);
  };
}

function stateOf({ status, progress: now }) {
  if (status !== "processing" || !now) return statusChip(status);
  return [
    el("span", { class: "chip busy" }, el("span", { class: "number" }, number(now.fraction, { style: "percent" })), el("span", { class: "said-only" }, say(`stage.${now.stage}`))),
    progress(say(`stage.${now.stage}`), () => now.fraction),
  ];
}
