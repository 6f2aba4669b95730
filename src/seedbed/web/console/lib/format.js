// Figures as people read them: bytes, seconds, moments. All of them in the language in use.

import { language, number, say } from "./words.js";

/** Return a size: "3.4 MB". */
export function bytes(size_bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const step = Math.min(units.length - 1, size_bytes < 1000 ? 0 : Math.floor(Math.log10(size_bytes) / 3));
  const value = size_bytes / 1000 ** step;
  return number(value, { style: "unit", unit: units[step], unitDisplay: "short", maximumFractionDigits: value < 10 && step ? 1 : 0 });
}

/** Return a length of time: "42 s", "3 min 5 s", "2 h 4 min". */
export function duration(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return say("time.s", { s });
  if (s < 3600) return s % 60 ? say("time.minS", { min: Math.floor(s / 60), s: s % 60 }) : say("time.min", { min: s / 60 });
  return say("time.hMin", { h: Math.floor(s / 3600), min: Math.floor((s % 3600) / 60) });
}

/** Return a place within a video: "0:04.2". */
export function timecode(seconds) {
  const rest = (seconds % 60).toFixed(1).padStart(4, "0");
  return `${Math.floor(seconds / 60)}:${rest}`;
}

// Making one takes longer than writing a hundred moments.
const dates = new Map();

function dateFormat(options) {
  const key = language.peek() + JSON.stringify(options);
  if (!dates.has(key)) dates.set(key, new Intl.DateTimeFormat(language.peek(), options));
  return dates.get(key);
}

/** Return a moment: the time of today, else the day and the time. `text`: RFC 3339. */
export function moment(text) {
  const at = new Date(text);
  const isToday = at.toDateString() === new Date().toDateString();
  const day = isToday ? {} : { month: "short", day: "numeric" };
  return dateFormat({ ...day, hour: "numeric", minute: "2-digit" }).format(at);
}

/** Return a moment whole: for titles and tables of record. */
export function wholeMoment(text) {
  return dateFormat({ dateStyle: "medium", timeStyle: "medium" }).format(new Date(text));
}

/** Return how long ago a moment was: "3 minutes ago". */
export function ago(text, now = Date.now()) {
  const s = Math.round((new Date(text) - now) / 1000);
  const relative = new Intl.RelativeTimeFormat(language.peek(), { numeric: "auto" });
  for (const [unit, size_s] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(s) >= size_s) return relative.format(Math.trunc(s / size_s), unit);
  }
  return relative.format(s, "second");
}
