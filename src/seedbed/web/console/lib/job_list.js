// An account's generations as far as they have been asked for, newest first, kept true while the page is looked at.

import { NATIVE, Refused, get, isQuiet, pause } from "./api.js";
import { signal } from "./signal.js";
import { isFinal } from "./stream.js";

const PAGE = 100;
const NEWEST = 20;
const WHILE_MADE_MS = 4000;
const OTHERWISE_MS = 15_000;
const MOST_ASKED = 8; // one by one, each time

/** What the filter of a list may be, and the states that it stands for. */
export const KINDS = { all: [], open: ["queued", "processing"], succeeded: ["succeeded"], failed: ["failed"], cancelled: ["cancelled"] };

/**
 * Return a list. `entries` is a signal of `{ id, view, isSeen }`: `view` a signal of the generation, `isSeen` one that
 * whoever shows the list sets. `state`: `{ isBusy, fault, isAtEnd }`. `arrived`: a signal of how many newer ones there
 * are that the list does not show until `takeArrived`. `filter`: `{ kind, model }`. All of it ends with `until`.
 */
export function jobList({ kind, model }, until) {
  const entries = signal([]);
  const state = signal({ isBusy: false, fault: null, isAtEnd: false });
  const arrived = signal(0);
  const known = new Map();
  let cursor = null;
  let waiting = [];
  keepTrue();
  return { entries, state, arrived, more, takeArrived, forget };

  function path(limit) {
    const query = new URLSearchParams({ limit });
    for (const status of KINDS[kind]) query.append("status", status);
    if (model) query.set("model", model);
    return `${NATIVE}video/generations?${query}`;
  }

  /** Ask for the next page, unless one is on its way or there is none. */
  async function more() {
    const { isBusy, isAtEnd } = state.peek();
    if (isBusy || isAtEnd || until.aborted) return;
    state.value = { isBusy: true, fault: null, isAtEnd: false };
    try {
      const page = await get(path(PAGE) + (cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""), { until });
      cursor = page.cursor;
      entries.value = [...entries.peek(), ...page.data.filter((view) => !tell(view)).map(entryOf)];
      state.value = { isBusy: false, fault: null, isAtEnd: cursor === null };
    } catch (error) {
      if (!isQuiet(error)) state.value = { isBusy: false, fault: error, isAtEnd: false };
    }
  }

  /** Show the newer ones as well. */
  function takeArrived() {
    entries.value = [...waiting.map(entryOf), ...entries.peek()];
    [waiting, arrived.value] = [[], 0];
  }

  /** Take one out of the list: it is there no longer. */
  function forget(id) {
    known.delete(id);
    entries.value = entries.peek().filter((entry) => entry.id !== id);
  }

  function entryOf(view) {
    const entry = { id: view.requestId, view: signal(view), isSeen: signal(false) };
    known.set(entry.id, entry);
    return entry;
  }

  /** Bring the entry of a generation up to date. Return whether there is one. */
  function tell(view) {
    const entry = known.get(view.requestId);
    if (entry && JSON.stringify(entry.view.peek()) !== JSON.stringify(view)) entry.view.value = view;
    return Boolean(entry);
  }

  async function keepTrue() {
    try {
      while (!until.aborted) {
        const isMaking = entries.peek().some(({ view }) => !isFinal(view.peek()));
        await pause(isMaking ? WHILE_MADE_MS : OTHERWISE_MS, until);
        if (!document.hidden && !state.peek().isBusy) await look();
      }
    } catch (error) {
      if (!isQuiet(error)) keepTrue(); // the banner says that the service is away; the list goes on as it was
    }
  }

  async function look() {
    const { data } = await get(path(NEWEST), { until });
    const newer = data.filter((view) => !tell(view));
    const newest = entries.peek()[0]?.view.peek().createdAt ?? "";
    waiting = newer.filter((view) => view.createdAt >= newest);
    arrived.value = waiting.length;
    const told = new Set(data.map((view) => view.requestId));
    const unsure = entries.peek().filter(({ id, view, isSeen }) => isSeen.peek() && !told.has(id) && !isFinal(view.peek()));
    for (const { id } of unsure.slice(0, MOST_ASKED)) await ask(id);
  }

  async function ask(id) {
    try {
      tell(await get(`${NATIVE}video/generations/${id}`, { until }));
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 404) throw error;
      forget(id);
    }
  }
}
