// How long ago a moment was, kept true; the moment itself is in its tip.

import { now } from "../lib/clock.js";
import { el } from "../lib/dom.js";
import { ago, duration, wholeMoment } from "../lib/format.js";

/** Return "3 minutes ago". `text`: RFC 3339, or null for a dash. */
export function when(text) {
  if (!text) return el("span", { class: "fainter" }, "–");
  return el("time", { class: "clamped", datetime: text, title: wholeMoment(text) }, () => ago(text, now.value));
}

/** Return how long something has lasted: "3 min 5 s". */
export function lasting(text) {
  return el("time", { class: "clamped number", datetime: text, title: wholeMoment(text) }, () => duration((now.value - new Date(text)) / 1000));
}
