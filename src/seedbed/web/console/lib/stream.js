// Follows one generation as it happens. The browser comes back by itself; what cannot be streamed is asked for instead.

import { NATIVE, address, get, isQuiet, pause } from "./api.js";

const ASK_AGAIN_MS = 3000;

/**
 * Call `tell` with the generation whenever something of it has changed, until it is final or `until` ends.
 * `fail` is told what went wrong for good.
 */
export function follow(requestId, { tell, fail, until }) {
  let known = {};
  const source = new EventSource(address(`${NATIVE}video/generations/${requestId}/events`));
  const stop = () => source.close();
  until.addEventListener("abort", stop, { once: true });
  const changed = (changes) => !until.aborted && tell((known = { ...known, ...changes }));
  const whole = (event) => !until.aborted && tell((known = JSON.parse(event.data)));

  source.addEventListener("state", whole);
  source.addEventListener("progress", (event) => changed({ progress: JSON.parse(event.data) }));
  source.addEventListener("queue", (event) => changed({ queue: JSON.parse(event.data) }));
  source.addEventListener("end", (event) => {
    stop();
    whole(event);
  });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED && !until.aborted) ask();
  });

  // A stream that was refused says not why; the generation itself does.
  async function ask() {
    try {
      while (!until.aborted) {
        const now = await get(`${NATIVE}video/generations/${requestId}`, { until });
        tell((known = now));
        if (isFinal(now)) return;
        await pause(ASK_AGAIN_MS, until);
      }
    } catch (error) {
      if (!isQuiet(error)) fail(error);
    }
  }
}

export function isFinal(generation) {
  return ["succeeded", "failed", "cancelled"].includes(generation.status);
}
