// Talks to the service that served the page, with the session's cookie. Paths are relative, so a prefix does not matter.

import { signal } from "./signal.js";
import { say } from "./words.js";

/** Where the service lies. Read once: the page's address changes, its base does not. */
export const ROOT = new URL(document.baseURI);
export const NATIVE = "api/open/v1/";
export const ADMIN = "api/admin/v1/";
/** How long what may be sent again is tried, and the longest pause in between. */
export const PATIENCE_MS = 180_000;
export const LONGEST_WAIT_MS = 8000;

/** Who is signed in: what `GET /console/session` answers; null for nobody, undefined before it was asked. */
export const session = signal(undefined);
/** Whether the service was reached last time. */
export const isReached = signal(true);

/** The service said no. `message` is its own sentence. */
export class Refused extends Error {
  constructor(status, error, headers) {
    super(error.message);
    this.status = status;
    this.code = error.code;
    this.param = error.param;
    this.needed = error.needed;
    this.available = error.available;
    this.retryAfter_s = Number(headers?.get("Retry-After")) || null;
    this.requestId = headers?.get("X-Request-Id");
  }
}

/** The service could not be reached. */
export class Unreached extends Error {}

/** Nobody is signed in any more; the page for that is on its way. */
export class SignedOut extends Error {}

export function get(path, { until } = {}) {
  return call("GET", path, { until, isRepeatable: true });
}

/** `key`: an Idempotency-Key, with which a request that got no answer is sent again. */
export function post(path, body, { until, key } = {}) {
  return call("POST", path, { until, body, key, isRepeatable: Boolean(key) });
}

export function patch(path, body, { until } = {}) {
  return call("PATCH", path, { until, body });
}

export function put(path, body, { until } = {}) {
  return call("PUT", path, { until, body });
}

export function remove(path, { until } = {}) {
  return call("DELETE", path, { until });
}

/** Return the whole address of a path of the service. */
export function address(path) {
  return new URL(path, ROOT).href;
}

/** Ask who is signed in, and remember it. */
export async function loadSession() {
  try {
    session.value = await call("GET", "console/session", { isRepeatable: true });
  } catch (error) {
    if (!(error instanceof SignedOut) && !(error instanceof Refused)) throw error;
    session.value = null;
  }
  return session.peek();
}

async function call(method, path, { until, body, key, isRepeatable = false }) {
  const began = Date.now();
  for (let wait_ms = 500; ; wait_ms = Math.min(2 * wait_ms, LONGEST_WAIT_MS)) {
    const answer = await attempt(method, path, { until, body, key });
    if (answer) return read(answer);
    if (!isRepeatable || Date.now() - began > PATIENCE_MS) throw new Unreached(say("error.unreached"));
    await pause(wait_ms, until);
  }
}

/** Return the answer, or null if there was none from the service itself. */
async function attempt(method, path, { until, body, key }) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-Seedbed-Console"] = "1";
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  const sent = { method, headers, signal: until, credentials: "same-origin", cache: "no-store" };
  if (body !== undefined) sent.body = JSON.stringify(body);
  try {
    const answer = await fetch(address(path), sent);
    isReached.value = ![502, 504].includes(answer.status);
    return isReached.peek() ? answer : null;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    isReached.value = false;
    return null;
  }
}

async function read(answer) {
  if (answer.status === 204) return null;
  const body = await answer.json().catch(() => null);
  if (answer.ok) return body;
  throw refusal(answer.status, body, answer.headers);
}

/** Return what an answer that is no success means. A 401 ends the session here as well. */
export function refusal(status, body, headers) {
  const error = body?.error ?? { code: "unknown", message: say("error.odd", { status: String(status) }) };
  if (status !== 401) return new Refused(status, error, headers);
  session.value = null;
  return new SignedOut(error.message);
}

/** Wait. Throws AbortError when `until` ends first. */
export function pause(wait_ms, until) {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new DOMException("left", "AbortError"));
    if (until?.aborted) return ended();
    const timer = setTimeout(() => {
      until?.removeEventListener("abort", ended);
      resolve();
    }, wait_ms);
    until?.addEventListener("abort", () => (clearTimeout(timer), ended()), { once: true });
  });
}

/** Whether an error is only that somebody has left, or is being led to sign in. */
export function isQuiet(error) {
  return error?.name === "AbortError" || error instanceof SignedOut;
}
