// Follows one generation as it happens. The browser comes back by itself; what cannot be streamed is asked for instead.

import { NATIVE, address, get, isQuiet, pause } from "./api.js";

const ASK_AGAIN_MS = 3000;

/**
 * Call `tell` with the generation whenever something of it has changed, until it is final or `until` ends.
 * `fail` is told what went wrong for good. A page that nobody sees holds no stream: a browser has few for one service.
 */
export function follow(requestId, { tell, fail, until }) {
  let known = {};
  let source = null;
  const told = (now) => until.aborted || tell((known = now));
  const close = () => {
    source?.close();
    source = null;
  };
  const openOrClose = () => {
    if (document.hidden || until.aborted || isFinal(known)) close();
    else if (!source) open();
  };
  document.addEventListener("visibilitychange", openOrClose, { signal: until });
  until.addEventListener("abort", close, { once: true });
  openOrClose();

  function open() {
    const opened = (source = new EventSource(address(`${NATIVE}video/generations/${requestId}/events`)));
    source.addEventListener("state", (event) => told(JSON.parse(event.data)));
    source.addEventListener("progress", (event) => told({ ...known, progress: JSON.parse(event.data) }));
    source.addEventListener("queue", (event) => told({ ...known, queue: JSON.parse(event.data) }));
    source.addEventListener("end", (event) => {
      close();
      told(JSON.parse(event.data));
    });
    source.addEventListener("error", () => {
      if (opened.readyState === EventSource.CLOSED && opened === source) ask();
    });
  }

  // A stream that was refused says not why; the generation itself does.
  async function ask() {
    try {
      while (!until.aborted) {
        const now = await get(`${NATIVE}video/generations/${requestId}`, { until });
        told(now);
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
