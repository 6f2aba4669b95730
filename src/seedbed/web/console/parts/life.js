// The life of a generation, drawn to scale and told in a list.

import { el } from "../lib/dom.js";
import { duration, wholeMoment } from "../lib/format.js";
import { lifeOf } from "../lib/life.js";
import { isFinal } from "../lib/stream.js";
import { currentOwner, signal } from "../lib/signal.js";
import { say } from "../lib/words.js";

const LEAST_PART = 0.012; // of the whole: what is shorter is still to be seen

/** Return the life. `view` is a signal of the generation, `deliveries` one of its webhook's deliveries. */
export function life(view, deliveries) {
  const now_ms = signal(Date.now());
  const clock = setInterval(() => goesOn() && (now_ms.value = Date.now()), 1000);
  currentOwner()?.addEventListener("abort", () => clearInterval(clock), { once: true });
  const goesOn = () => !isFinal(view.peek()) || deliveries.peek().some((one) => one.state === "pending");

  return el("div", { class: "life" }, () => {
    const spans = lifeOf(view.value, deliveries.value, now_ms.value);
    const whole_s = spans.reduce((sum, one) => sum + one.seconds, 0) || 1;
    return [
      el("div", { class: "life-bar", "aria-hidden": "true" }, spans.map((one) =>
        el("i", { class: [one.kind, one.name, one.isOpen && "open"], style: { "flex-grow": String(Math.max(LEAST_PART, one.seconds / whole_s)) }, title: `${say(`life.${one.name}`)} · ${length(one)}` }))),
      el("ol", {}, spans.map((one) => el("li", { class: [one.kind, one.name, one.isOpen && "open"] },
        el("i", { "aria-hidden": "true" }), el("span", {}, say(`life.${one.name}`)), el("strong", { class: "number" }, length(one)),
        el("time", { class: "number fainter", datetime: new Date(one.from_ms).toISOString() }, wholeMoment(new Date(one.from_ms)))))),
    ];
  });
}

function length({ seconds }) {
  if (seconds >= 20) return duration(seconds);
  return say("time.s", { s: Number(seconds.toFixed(seconds < 1 ? 2 : 1)) });
}
