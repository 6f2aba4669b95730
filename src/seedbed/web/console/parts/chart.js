// A chart over time: axes with units, a readout for pointer and keys, and the same figures as a table.

import { el, svg } from "../lib/dom.js";
import { effect, signal } from "../lib/signal.js";
import { say } from "../lib/words.js";
import { clock, clockTicks, span, ticks } from "./chart_scale.js";
import { chartTable } from "./chart_table.js";

const HEIGHT_PX = 190;
const EDGE = { right: 10, top: 10, bottom: 24 };
const LEFT_PX = { count: 42, time: 62 }; // room for what the axis says
const TICK_EVERY_PX = 86;

/**
 * Return a figure. `figures` is a function that returns `{ from_ms, step_ms, series }` or null; a series has `name`,
 * `colour` (a class) and `values`, null where nobody looked. `write(value)` makes text of a value, `top(series)` is the
 * largest, `paint(plot, series)` draws: `plot` has `x(place)`, `y(value)` and `band`, in pixels. `atRest` is what is
 * read while nobody points at a place: `{ words, of(values) }`.
 */
export function chart(title, { figures, write, top, paint, atRest, isTime = false, unit }) {
  const left = isTime ? LEFT_PX.time : LEFT_PX.count;
  const width = signal(0);
  const at = signal(null); // the place that is read; null: none
  const box = el("div", { class: "plot", tabindex: "0", role: "group", "aria-label": say("chart.label", { title }), onpointermove: point, onpointerdown: point, onpointerleave: () => (at.value = null), onblur: () => (at.value = null), onkeydown: step });
  const seen = new ResizeObserver(([entry]) => (width.value = Math.floor(entry.contentRect.width)));
  seen.observe(box);
  const steps = () => figures()?.series[0]?.values.length ?? 0;
  effect(() => {
    const [now, width_px] = [figures(), width.value];
    box.replaceChildren(...(now?.series.length && width_px > 0 ? [drawn(now, width_px)] : []));
  });
  return el("figure", { class: "chart panel" },
    el("figcaption", {}, el("h2", {}, title), el("span", { class: "small fainter" }, unit)),
    el("div", { class: "readout", "aria-live": () => (at.value === null ? "off" : "polite") }, () => figures() && readout(figures())),
    box,
    () => figures() && steps() === 0 && el("p", { class: "no-figures" }, say("chart.nothing")),
    () => figures() === null && el("div", { class: "ghost plot-ghost" }),
    chartTable(title, figures, write));

  function plotOf(now, width_px) {
    const levels = ticks(top(now.series), { isTime });
    const band = (width_px - left - EDGE.right) / steps();
    const scale = (HEIGHT_PX - EDGE.top - EDGE.bottom) / levels.at(-1);
    return { levels, band, x: (place) => left + (place + 0.5) * band, y: (value) => HEIGHT_PX - EDGE.bottom - value * scale };
  }

  function drawn(now, width_px) {
    const plot = plotOf(now, width_px);
    const until_ms = now.from_ms + now.step_ms * steps();
    const moments = clockTicks(now.from_ms, until_ms, Math.max(2, Math.floor(width_px / TICK_EVERY_PX)));
    const place = (ms) => left + ((ms - now.from_ms) / now.step_ms) * plot.band;
    return svg("svg", { viewBox: `0 0 ${width_px} ${HEIGHT_PX}`, width: width_px, height: HEIGHT_PX, "aria-hidden": "true" },
      plot.levels.map((level) => [
        svg("line", { class: level ? "grid" : "ground", x1: left, x2: width_px - EDGE.right, y1: plot.y(level), y2: plot.y(level) }),
        svg("text", { class: "tick", x: left - 8, y: plot.y(level) + 4, "text-anchor": "end" }, write(level)),
      ]),
      moments.filter((ms) => place(ms) > left + 12 && place(ms) < width_px - 24).map((ms) => svg("text", { class: "tick", x: place(ms), y: HEIGHT_PX - 6, "text-anchor": "middle" }, clock(ms, until_ms - now.from_ms))),
      paint(plot, now.series),
      () => at.value !== null && at.value < steps() && svg("line", { class: "hair", x1: plot.x(at.value), x2: plot.x(at.value), y1: EDGE.top, y2: HEIGHT_PX - EDGE.bottom }));
  }

  function readout(now) {
    const place = at.value;
    const read = (values) => (place === null ? atRest.of(values) : values[place]);
    const told = (value) => (value === null || value === undefined ? "–" : write(value));
    return [
      now.series.map(({ name, colour, values }) => el("span", { class: ["reading", colour] }, el("i"), el("span", { class: "user-text" }, name), el("strong", { class: "number" }, told(read(values))))),
      steps() > 0 && el("span", { class: "reading-at fainter number" }, place === null ? atRest.words() : span(now.from_ms + place * now.step_ms, now.step_ms)),
    ];
  }

  function point(event) {
    if (!steps()) return;
    const from = box.getBoundingClientRect();
    const place = Math.floor((event.clientX - from.left - left) / ((from.width - left - EDGE.right) / steps()));
    at.value = Math.min(steps() - 1, Math.max(0, place));
  }

  function step(event) {
    const last = steps() - 1;
    const here = at.peek() ?? last;
    const next = { ArrowLeft: Math.max(0, here - 1), ArrowRight: Math.min(last, here + 1), Home: 0, End: last, Escape: null }[event.key];
    if (next === undefined || last < 0) return;
    event.preventDefault();
    at.value = next;
  }
}
