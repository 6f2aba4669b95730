// What is being written: the order that the playground will send. It outlives a reload and a sign-in of the same account.

import { session } from "./api.js";
import { chance } from "./chance.js";
import { kept, referenceAgain } from "./references.js";
import { effect, signal } from "./signal.js";

const KEPT_AS = "seedbed.draft";
const PLAIN = ["prompt", "model", "ratio", "duration", "resolution", "seed", "sound", "again"];

/**
 * `ratio` "" is the service's choice; `seed` is text; `again`: `{ id, hasReferences }` of the generation that is made
 * once more, with its references unless there are others, or null.
 */
export const draft = {
  prompt: signal(""),
  model: signal(""),
  ratio: signal(""),
  duration: signal(5),
  resolution: signal("720p"),
  seed: signal(""),
  sound: signal(true),
  again: signal(null),
  references: signal([]),
};

let owner = null; // whose draft it is
let sent = { text: "", key: "" };

/** Take up the draft of whoever is signed in, and keep it from now on until the page's owner ends. */
export function takeUp() {
  const { accountId, livemode } = session.peek();
  const who = `${accountId}-${livemode}`;
  if (owner !== who) {
    fill(read(who));
    owner = who;
  }
  effect(() => {
    const values = Object.fromEntries(PLAIN.map((name) => [name, draft[name].value]));
    const references = draft.references.value.map((one) => (one.state.value, one.role.value, kept(one))).filter(Boolean);
    write({ who, ...values, references });
  });
}

function read(who) {
  const text = sessionStorage.getItem(KEPT_AS);
  const last = text ? JSON.parse(text) : {};
  return last.who === who ? last : {};
}

function write(values) {
  try {
    sessionStorage.setItem(KEPT_AS, JSON.stringify(values));
  } catch {
    sessionStorage.removeItem(KEPT_AS); // it is full: a draft that is not kept is better than none that can be sent
  }
}

/** Put values into the draft; what is not named becomes as at first. */
export function fill({ references = [], ...values }) {
  const first = { prompt: "", model: "", ratio: "", duration: 5, resolution: "720p", seed: "", sound: true, again: null };
  for (const name of PLAIN) draft[name].value = values[name] ?? first[name];
  for (const one of draft.references.peek()) one.removed.abort();
  draft.references.value = references.map(referenceAgain);
}

/** Return the order as the API takes it. References that are not there yet are left out. Follows the draft. */
export function body() {
  const ready = draft.references.value.filter((one) => one.state.value.phase === "ready");
  const hasRoles = ready.some((one) => one.role.value);
  const made = { model: draft.model.value, prompt: draft.prompt.value.trim(), duration: Number(draft.duration.value), resolution: draft.resolution.value };
  if (draft.ratio.value) made.aspectRatio = draft.ratio.value;
  if (/^\d+$/.test(draft.seed.value.trim())) made.seed = Number(draft.seed.value);
  if (!draft.sound.value) made.generateAudio = false;
  if (hasRoles) made.references = ready.map((one) => (one.role.value ? { url: one.url, role: one.role.value } : { url: one.url }));
  else if (ready.length) made.mediaUrls = ready.map((one) => one.url);
  return made;
}

/** Return the order of a generation made once more with what the draft changes of it, to be priced. Follows the draft. */
export function priced() {
  const order = body();
  const hasOwn = order.mediaUrls || order.references;
  return pricedAgain(order, Boolean(draft.again.value?.hasReferences) && !hasOwn);
}

/** Return an order to be priced that goes on with the references of an earlier one, if that had any. */
export function pricedAgain(order, hasReferences) {
  // What it costs depends on whether there is any reference, not on which.
  return hasReferences ? { ...order, mediaUrls: ["https://example.com/reference.jpg"] } : order;
}

/** Begin the draft anew from a generation. */
export function changesTo(view) {
  fill({
    prompt: view.prompt, model: view.model, ratio: view.aspectRatio ?? "", duration: view.duration, resolution: view.resolution,
    seed: String(view.seed), again: { id: view.requestId, hasReferences: Boolean(view.references?.length) },
  });
}

/** Return the Idempotency-Key of an order: the same as long as the same order has not been accepted. */
export function keyOf(order) {
  const text = JSON.stringify([order, draft.again.peek()]);
  if (sent.text !== text) sent = { text, key: `console-${chance()}` };
  return sent.key;
}

/** Say that the order was accepted: the next one is another, whatever it says. */
export function accepted() {
  sent = { text: "", key: "" };
}
