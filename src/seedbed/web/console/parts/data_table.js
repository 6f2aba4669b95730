// A table that is kept up to date: rows are known by their key, so what has the focus or is open stays so.

import { el, replace } from "../lib/dom.js";
import { currentOwner, effect, signal, within } from "../lib/signal.js";
import { language } from "../lib/words.js";
import { icon } from "./icons.js";

const GHOSTS = 4;

/**
 * Return a table. `columns`: `{ name, cell, value, isRight, isKept, isMain, isSaidOnly }`; `cell(row)` returns what is shown and is made anew
 * when the row has changed; with `isKept` it is made once and given a function that returns the row. A column with
 * `value(row)` can be sorted by. `rows` is a function that returns a list, or null while nobody knows. `key(row)` names a
 * row, `none` is shown when there is none, `order` is `{ column, isDown }` to begin with.
 */
export function dataTable(label, columns, rows, { key, none, order: first = null }) {
  const order = signal(first);
  const owner = currentOwner();
  const made = new Map();
  const body = el("tbody", { role: "rowgroup" });
  effect(() => {
    const wanted = ordered(rows() ?? [], columns, order.value);
    const keys = new Set(wanted.map(key));
    for (const [name, row] of made) if (!keys.has(name)) row.leave(), made.delete(name);
    wanted.forEach((facts, place) => {
      const row = made.get(key(facts)) ?? newRow(columns, facts, owner);
      made.set(key(facts), row);
      row.show(facts);
      if (body.children[place] !== row.node) body.insertBefore(row.node, body.children[place] ?? null);
    });
  });
  return el(
    "div",
    { class: "table-frame data" },
    el("table", { class: "table", role: "table", "aria-label": label, "aria-busy": () => (rows() === null ? "true" : null) },
      el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, columns.map((column) => head(column, order)))), body),
    () => rows() === null && ghosts(),
    () => rows()?.length === 0 && el("div", { class: "none" }, none),
  );
}

function newRow(columns, facts, owner) {
  const life = new AbortController();
  const end = () => life.abort();
  owner?.addEventListener("abort", end, { signal: life.signal });
  const shown = signal(facts);
  let said = JSON.stringify(facts);
  const node = within(life.signal, () =>
    el("tr", { role: "row" }, columns.map(({ name, cell, isRight, isKept, isMain }) =>
      followed(el("td", { role: "cell", class: [isRight && "right", isMain && "main"], data: { name } }, isKept && cell(() => shown.value)), isKept ? null : () => cell(shown.value)))));
  const show = (next) => {
    const text = JSON.stringify(next);
    if (text !== said) [said, shown.value] = [text, next];
  };
  return { node, show, leave: () => (end(), node.remove()) };
}

/** Fill a cell anew whenever the row has changed; the link in it that had the focus has it again. */
function followed(td, cell) {
  if (cell) effect(() => {
    const active = [...td.querySelectorAll("a, button")].indexOf(document.activeElement);
    replace(td, cell());
    if (active >= 0) td.querySelectorAll("a, button")[active]?.focus();
  });
  return td;
}

function head({ name, value, isRight, isSaidOnly }, order) {
  const isBy = () => order.value?.column === name;
  const sort = () => (order.value = { column: name, isDown: isBy() ? !order.peek().isDown : Boolean(isRight) });
  return el(
    "th",
    { role: "columnheader", scope: "col", class: isRight && "right", "aria-sort": () => value && (isBy() ? (order.value.isDown ? "descending" : "ascending") : "none") },
    value ? el("button", { type: "button", class: () => ["sort", isBy() && (order.value.isDown ? "down" : "up")], onclick: sort }, name, icon("chevron", 14)) : el("span", { class: isSaidOnly && "said-only" }, name),
  );
}

function ordered(rows, columns, order) {
  const value = columns.find((column) => column.name === order?.column)?.value;
  if (!value) return rows;
  const sign = order.isDown ? -1 : 1;
  return [...rows].sort((a, b) => sign * compared(value(a), value(b)));
}

function compared(a, b) {
  if (a === b) return 0;
  if (a === null || a === undefined) return -1;
  if (b === null || b === undefined) return 1;
  return typeof a === "number" ? a - b : String(a).localeCompare(String(b), language.peek(), { numeric: true });
}

function ghosts() {
  return el("div", { class: "ghost-rows", "aria-hidden": "true" }, Array.from({ length: GHOSTS }, () => el("div", { class: "ghost" })));
}
