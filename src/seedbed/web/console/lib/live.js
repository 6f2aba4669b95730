// What is asked for again and again while it is looked at, and lists that are read a page at a time.

import { get, isQuiet, pause } from "./api.js";
import { signal } from "./signal.js";

/**
 * Return `{ data, fault, refresh }`. `path` is a function, asked for now and every so many seconds until `until` ends;
 * never while the page is hidden. `data` is null before the first answer, and what was last known after a fault.
 */
export function live(path, { every_s, until }) {
  const [data, fault] = [signal(null), signal(null)];
  let turn = 0;
  async function refresh() {
    const mine = ++turn; // an answer that a later request has overtaken is nobody's
    try {
      const next = await get(path(), { until });
      if (mine !== turn) return;
      fault.value = null;
      if (JSON.stringify(next) !== JSON.stringify(data.peek())) data.value = next; // or what has the focus would be made anew
    } catch (error) {
      if (mine === turn && !isQuiet(error)) fault.value = error;
    }
  }
  refresh();
  repeat(refresh, every_s, until);
  return { data, fault, refresh };
}

/**
 * Return `{ rows, isMore, isWhole, fault, more, again }` of a list with `data` and `cursor`. `path` is a function. `again`
 * reads the first page anew; `isWhole` says that no other is shown, so that it may be done unasked.
 */
export function paged(path, { until }) {
  const [rows, cursor, fault] = [signal(null), signal(null), signal(null)];
  let turn = 0;
  async function read(from, before) {
    const mine = ++turn;
    try {
      const asked = path();
      const next = await get(from ? `${asked}${asked.includes("?") ? "&" : "?"}cursor=${encodeURIComponent(from)}` : asked, { until });
      if (mine !== turn) return;
      [rows.value, cursor.value, fault.value] = [[...before, ...next.data], next.cursor, null];
    } catch (error) {
      if (mine === turn && !isQuiet(error)) fault.value = error;
    }
  }
  const list = {
    rows,
    fault,
    isMore: () => cursor.value !== null,
    isWhole: true,
    more: () => ((list.isWhole = false), read(cursor.peek(), rows.peek())),
    again: () => ((list.isWhole = true), read(null, [])),
  };
  list.again();
  return list;
}

/** Do something every so many seconds while the page is seen, until `until` ends. */
export async function repeat(what, every_s, until) {
  try {
    for (;;) {
      await pause(every_s * 1000, until);
      if (document.hidden) await seen(until);
      await what();
    }
  } catch (error) {
    if (!isQuiet(error)) throw error;
  }
}

function seen(until) {
  return new Promise((resolve, reject) => {
    const left = () => reject(new DOMException("left", "AbortError"));
    document.addEventListener("visibilitychange", resolve, { once: true, signal: until });
    until.addEventListener("abort", left, { once: true });
  });
}
