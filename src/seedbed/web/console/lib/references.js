// The references of the draft: each is looked at, uploaded, and then an `asset://` URL.

import { SignedOut, isQuiet } from "./api.js";
import { chance } from "./chance.js";
import { faultOf, kindOf, look } from "./media_check.js";
import { signal } from "./signal.js";
import { upload } from "./upload.js";

/**
 * Return a reference for a file that was chosen. `state` is a signal of `{ phase, part, message }`: the phase is
 * "looking", "sending", "ready", "refused" (the file is at fault) or "stopped" (it may be tried again).
 */
export function referenceOf(file, limits) {
  const kind = kindOf(file, limits);
  const reference = {
    id: chance(),
    file,
    name: file.name,
    kind,
    size_bytes: file.size,
    seen: {},
    url: null,
    role: signal(""),
    state: signal({ phase: "looking", part: 0 }),
    removed: new AbortController(),
  };
  const fault = faultOf(reference, limits);
  if (fault) reference.state.value = { phase: "refused", message: fault };
  else bring(reference, limits);
  return reference;
}

/** Return a reference again that was kept as `kept(reference)`. */
export function referenceAgain({ id, name, kind, size_bytes, seen, url, role }) {
  const state = signal({ phase: "ready" });
  return { id, file: null, name, kind, size_bytes, seen, url, role: signal(role), state, removed: new AbortController() };
}

/** Return what of a reference can be kept beyond a reload: nothing before it has been uploaded. */
export function kept(reference) {
  if (reference.state.peek().phase !== "ready") return null;
  const { id, name, kind, size_bytes, seen, url } = reference;
  return { id, name, kind, size_bytes, seen, url, role: reference.role.peek() };
}

async function bring(reference, limits) {
  const { file, kind, state } = reference;
  const shown = URL.createObjectURL(file);
  reference.seen = await look(kind, shown);
  URL.revokeObjectURL(shown);
  if (reference.removed.signal.aborted) return;
  const fault = faultOf(reference, limits);
  if (fault) state.value = { phase: "refused", message: fault };
  else await sendAgain(reference);
}

/** Upload a reference's file, once more if need be. */
export async function sendAgain(reference) {
  const { file, state, removed, id } = reference;
  state.value = { phase: "sending", part: 0 };
  const tell = (part) => (state.value = { phase: "sending", part });
  try {
    reference.url = (await upload(file, { key: `console-${id}`, tell, until: removed.signal })).url;
    state.value = { phase: "ready" };
  } catch (error) {
    if (error instanceof SignedOut) state.value = { phase: "stopped", message: error.message };
    else if (!isQuiet(error)) state.value = { phase: error.status < 500 ? "refused" : "stopped", message: error.message };
  }
}
