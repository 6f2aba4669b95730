// What the console says, in the reader's language. Each area has its words in `words/`, both languages side by side.

import { signal } from "./signal.js";

export const LANGUAGES = { en: "English", ko: "한국어" };
const KEPT_AS = "seedbed.language";
const known = { en: {}, ko: {} };

/** The language in use. Whoever changes it has the page made anew (`app.js`). */
export const language = signal(firstLanguage());

function firstLanguage() {
  const kept = localStorage.getItem(KEPT_AS);
  if (kept in LANGUAGES) return kept;
  return navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in LANGUAGES) ?? "en";
}

export function chooseLanguage(code) {
  localStorage.setItem(KEPT_AS, code);
  language.value = code;
}

/** Add the words of an area: `{ en: {...}, ko: {...} }`, keys such as "history.title". */
export function learn(words) {
  for (const code of Object.keys(LANGUAGES)) Object.assign(known[code], words[code]);
}

/** Return the words of a key. `{name}` is replaced by `facts.name`; `{n|credit|credits}` chooses by the number `n`. */
export function say(key, facts = {}) {
  const text = known[language.peek()][key] ?? known.en[key];
  if (text === undefined) throw new Error(`no words for ${key}`);
  return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (_, name, one, many) => {
    const fact = facts[name];
    if (one !== undefined) return Number(fact) === 1 ? one : many;
    return typeof fact === "number" ? number(fact) : isolated(String(fact ?? ""));
  });
}

// What turns the direction of text must not turn the sentence around it: FSI and PDI keep it to itself.
const TURNING = /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufeff]/;

function isolated(text) {
  return TURNING.test(text) ? `\u2068${text}\u2069` : text;
}

export function has(key) {
  return key in known.en;
}

// Making one takes longer than writing a hundred numbers.
const numbers = new Map();

/** Return a number as its language writes it. */
export function number(value, options = {}) {
  const key = language.peek() + JSON.stringify(options);
  if (!numbers.has(key)) numbers.set(key, new Intl.NumberFormat(language.peek(), options));
  return numbers.get(key).format(value);
}
