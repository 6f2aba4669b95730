// Lines over time, one a series. Where nobody looked there is a gap, not a guess.

import { svg } from "../lib/dom.js";
import { say } from "../lib/words.js";
import { chart } from "./chart.js";

/** Return a chart of lines. Arguments as those of `chart`, without `top`, `paint` and `atRest`. */
export function lineChart(title, told) {
  return chart(title, { ...told, top: largest, paint, atRest: { words: () => say("chart.now"), of: newest } });
}

function newest(values) {
  return values.findLast((value) => value !== null) ?? null;
}

function largest(series) {
  return Math.max(1, ...series.flatMap(({ values }) => values.filter((value) => value !== null)));
}

function paint(plot, series) {
  return series.map(({ colour, values }) => {
    const parts = stretches(values);
    return svg("g", { class: ["line", colour] },
      parts.map((part) => svg("path", { class: "area", d: `${path(part, values, plot)}L${plot.x(part.at(-1))} ${plot.y(0)}L${plot.x(part[0])} ${plot.y(0)}Z` })),
      parts.map((part) => part.length > 1 ? svg("path", { d: path(part, values, plot) }) : svg("circle", { cx: plot.x(part[0]), cy: plot.y(values[part[0]]), r: 2 })));
  });
}

function path(places, values, plot) {
  return places.map((place, i) => `${i ? "L" : "M"}${plot.x(place).toFixed(1)} ${plot.y(values[place]).toFixed(1)}`).join("");
}

/** Return the places of values that stand together, as lists. */
function stretches(values) {
  const found = [];
  values.forEach((value, place) => {
    if (value === null) return;
    if (place > 0 && values[place - 1] !== null && found.length) found.at(-1).push(place);
    else found.push([place]);
  });
  return found;
}
