// The figures of a chart as a table, made when somebody asks for it.

import { el } from "../lib/dom.js";
import { signal } from "../lib/signal.js";
import { say } from "../lib/words.js";
import { span } from "./chart_scale.js";

/** Return what can be unfolded to a table of all steps, the newest first. Arguments as those of `chart`. */
export function chartTable(title, figures, write) {
  const isOpen = signal(false);
  return el("details", { class: "as-table", ontoggle: (event) => (isOpen.value = event.target.open) },
    el("summary", {}, say("chart.table")),
    () => isOpen.value && figures() && table(title, figures(), write));
}

function table(title, { from_ms, step_ms, series }, write) {
  const places = Array.from({ length: series[0]?.values.length ?? 0 }, (_, i) => i).reverse();
  return el("div", { class: "table-frame", tabindex: "0", role: "region", "aria-label": title },
    el("table", { class: "table" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, say("chart.when")), series.map(({ name }) => el("th", { scope: "col", class: "right" }, name)))),
      el("tbody", {}, places.map((place) =>
        el("tr", {}, el("th", { scope: "row" }, span(from_ms + place * step_ms, step_ms)), series.map(({ values }) => el("td", { class: "right number" }, values[place] === null ? "–" : write(values[place]))))))));
}
