// A list of any length in the page's own scroll: only what is near the window is drawn.

import { el } from "../lib/dom.js";
import { currentOwner, effect, within } from "../lib/signal.js";

const SPARE_ROWS = 5; // drawn beyond the window, above and below
const AHEAD = 80; // entries before the end at which more is asked for
const CALM_MS = 140;
const CALM_SPEED = 1.5; // pixels a millisecond: what passes faster needs no picture

/**
 * Return a feed. `entries`: a signal of objects, each drawn once by `draw(entry)` for as long as it is near; its first
 * link is what the arrow keys go to. `shape(width_px)` returns `{ columns, height_px }` of a row. `onNear` is called when
 * the end comes near, `onSeen(entry)` for what has come to rest before the reader.
 */
export function virtualList(label, { entries, draw, shape, onNear, onSeen }) {
  const owner = currentOwner();
  const drawn = new Map(); // entry -> { node, life }
  let current = 0; // where the arrow keys are
  let form = { columns: 1, height_px: 1 };
  let isDue = false;
  let last = { y: 0, at: performance.now() };
  let height_px = -1;
  let calm = 0;
  const list = el("div", { class: "virtual", role: "feed", "aria-label": label, onkeydown: onKey, onfocusin: onFocus });

  const widths = new ResizeObserver(() => (measure(), place()));
  widths.observe(list);
  addEventListener("scroll", due, { signal: owner, passive: true });
  addEventListener("resize", due, { signal: owner, passive: true });
  owner.addEventListener("abort", () => (widths.disconnect(), clearTimeout(calm), forget([...drawn.keys()])), { once: true });
  effect(() => (entries.value, due()));
  return { list, focus: () => goTo(current), remeasure: () => (measure(), place()) };

  function due() {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      if (!owner.aborted) place();
    });
  }

  function measure() {
    form = shape(list.clientWidth);
    list.style.setProperty("--columns", form.columns);
    list.style.setProperty("--row", `${form.height_px}px`);
  }

  function place() {
    if (!list.isConnected || !list.clientWidth) return;
    const all = entries.peek();
    const { columns, height_px: row_px } = form;
    const y = -list.getBoundingClientRect().top; // read once, before anything is written: each reading after that is a layout
    const passed = y / row_px;
    const first = Math.max(0, Math.floor(passed - SPARE_ROWS) * columns);
    const end = Math.min(all.length, Math.ceil(passed + innerHeight / row_px + SPARE_ROWS) * columns);
    const whole_px = Math.ceil(all.length / columns) * row_px;
    if (whole_px !== height_px) list.style.height = `${(height_px = whole_px)}px`;
    show(all, first, end);
    if (end > all.length - AHEAD) onNear();
    settle(all, first, end, y);
  }

  function show(all, first, end) {
    const wanted = [];
    const hasFocus = list.contains(document.activeElement);
    if (hasFocus && current < first && all[current]) wanted.push(current); // what has the focus stays, wherever one looks
    for (let i = first; i < end; i++) wanted.push(i);
    if (hasFocus && current >= end && all[current]) wanted.push(current);
    const kept = new Set(wanted.map((i) => all[i]));
    forget([...drawn.keys()].filter((entry) => !kept.has(entry)));
    let before = list.firstChild;
    for (const i of wanted) {
      const node = nodeOf(all[i], i);
      if (node === before) before = before.nextSibling;
      else list.insertBefore(node, before);
    }
  }

  function nodeOf(entry, i) {
    let made = drawn.get(entry);
    if (!made) {
      const life = new AbortController();
      made = { node: within(life.signal, () => draw(entry)), life };
      made.node.setAttribute("aria-setsize", "-1");
      drawn.set(entry, made);
    }
    if (made.at !== i || made.columns !== form.columns) {
      [made.at, made.columns] = [i, form.columns];
      made.node.style.setProperty("--y", Math.floor(i / form.columns));
      made.node.style.setProperty("--x", i % form.columns);
      made.node.setAttribute("aria-posinset", i + 1);
    }
    reach(made, i);
    return made.node;
  }

  // One stop of the Tab key for the whole list: the arrow keys do the rest.
  function reach(made, i) {
    if (made.isReached === (i === current)) return;
    made.isReached = i === current;
    for (const stop of made.node.querySelectorAll("a, input")) stop.tabIndex = made.isReached ? 0 : -1;
  }

  function forget(gone) {
    for (const entry of gone) {
      const { node, life } = drawn.get(entry);
      drawn.delete(entry);
      life.abort();
      node.remove();
    }
  }

  function settle(all, first, end, y) {
    const now = performance.now();
    const speed = Math.abs(y - last.y) / Math.max(1, now - last.at);
    last = { y, at: now };
    clearTimeout(calm);
    if (speed < CALM_SPEED) for (const entry of all.slice(first, end)) onSeen(entry);
    else calm = setTimeout(due, CALM_MS);
  }

  function goTo(i) {
    const all = entries.peek();
    if (!all.length) return;
    current = Math.min(all.length - 1, Math.max(0, i));
    const { columns, height_px } = form;
    const top = list.getBoundingClientRect().top + Math.floor(current / columns) * height_px;
    const [above, below] = [height_px, innerHeight - 2 * height_px];
    if (top < above || top > below) scrollBy(0, top < above ? top - above : top - below);
    place();
    for (const made of drawn.values()) reach(made, made.at);
    drawn.get(all[current])?.node.querySelector("a")?.focus({ preventScroll: true });
  }

  function onFocus(event) {
    const node = event.target.closest("[aria-posinset]");
    if (node) current = Number(node.getAttribute("aria-posinset")) - 1;
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const { columns } = form;
    const beside = columns > 1 ? { ArrowRight: current + 1, ArrowLeft: current - 1 } : {};
    const to = { ArrowDown: current + columns, ArrowUp: current - columns, Home: 0, End: entries.peek().length - 1, ...beside }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (to >= 0) goTo(to);
  }
}
