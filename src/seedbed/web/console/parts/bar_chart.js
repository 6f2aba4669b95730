// Bars over time, the series on top of each other; and a short list of bars beside their names.

import { el, svg } from "../lib/dom.js";
import { number, say } from "../lib/words.js";
import { chart } from "./chart.js";

const WIDEST_PX = 22;

/** Return a chart of bars. Arguments as those of `chart`, without `top`, `paint` and `atRest`. */
export function barChart(title, told) {
  return chart(title, { ...told, top: highest, paint, atRest: { words: () => say("chart.all"), of: sum } });
}

function sum(values) {
  return values.reduce((all, one) => all + one, 0);
}

function highest(series) {
  const places = series[0]?.values.length ?? 0;
  return Math.max(1, ...Array.from({ length: places }, (_, place) => sum(series.map(({ values }) => values[place]))));
}

function paint(plot, series) {
  const width = Math.max(1, Math.min(WIDEST_PX, plot.band * 0.72));
  const below = series[0].values.map(() => 0);
  return series.map(({ colour, values }) =>
    svg("g", { class: ["bars", colour] }, values.map((value, place) => {
      if (!value) return null;
      const [from, to] = [plot.y(below[place]), plot.y((below[place] += value))];
      return svg("rect", { x: plot.x(place) - width / 2, y: to, width, height: Math.max(1, from - to), rx: Math.min(2, width / 3) });
    })));
}

/** Return bars side by side with their names, the longest first. `bars`: `{ name, told, value, colour }`. */
export function barList(bars) {
  const most = Math.max(1, ...bars.map(({ value }) => value));
  return el("ul", { class: "bar-list" }, bars.map(({ name, told, value, colour }) =>
    el("li", { class: colour }, el("span", { class: "bar-name" }, name, told && el("code", { class: "fainter small" }, told)), el("strong", { class: "number" }, number(value)), el("span", { class: "bar-track" }, el("i", { style: { "--part": String(value / most) } })))));
}
