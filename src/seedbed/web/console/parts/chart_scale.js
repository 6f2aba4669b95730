// Round numbers for axes: of counts, of seconds, and of the clock.

import { language } from "../lib/words.js";

const DAY_MS = 86_400_000;
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400, 172800, 604800];
const CLOCK_S = [60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800];

/** Return values from 0 to at least `top`, a few of them, at round places. `isTime`: they are seconds. */
export function ticks(top, { isTime = false, most = 4 } = {}) {
  const step = isTime ? (STEPS_S.find((s) => top / s <= most) ?? Math.ceil(top / most / 604800) * 604800) : roundStep(Math.max(1, top) / most);
  const count = Math.max(1, Math.ceil(top / step - 1e-9));
  return Array.from({ length: count + 1 }, (_, i) => i * step);
}

/** Counts have no halves, so no step is below 1. */
function roundStep(least) {
  const size = 10 ** Math.floor(Math.log10(least));
  return Math.max(1, [1, 2, 5, 10].find((one) => one * size >= least - 1e-9) * size);
}

/** Return moments between two, in milliseconds, at round times of the reader's clock. */
export function clockTicks(from_ms, to_ms, most) {
  const step_ms = 1000 * (CLOCK_S.find((s) => (to_ms - from_ms) / 1000 / s <= most) ?? CLOCK_S.at(-1));
  const away_ms = new Date(from_ms).getTimezoneOffset() * 60_000;
  const found = [];
  for (let at = Math.ceil((from_ms - away_ms) / step_ms) * step_ms + away_ms; at <= to_ms; at += step_ms) found.push(at);
  return found;
}

/** Return sums of `by` values each: many thin bars become as many as there is room for. */
export function gathered(values, by) {
  const sums = [];
  for (let i = 0; i < values.length; i += by) sums.push(values.slice(i, i + by).reduce((sum, one) => sum + one, 0));
  return sums;
}

/** Return a moment of an axis that is so long. */
export function clock(ms, length_ms) {
  const form = length_ms > 2 * DAY_MS ? { month: "short", day: "numeric" } : { hour: "numeric", minute: "2-digit", hourCycle: "h23" };
  return new Intl.DateTimeFormat(language.peek(), form).format(ms);
}

/** Return what stretch of time a step stands for. */
export function span(begin_ms, step_ms) {
  const form = new Intl.DateTimeFormat(language.peek(), { month: "short", day: "numeric", hour: "numeric", minute: "2-digit", hourCycle: "h23" });
  return form.formatRange(begin_ms, begin_ms + step_ms);
}
