// Sends one file to `POST /uploads` and says how far it is. Only XMLHttpRequest knows that of what it sends.

import { LONGEST_WAIT_MS, NATIVE, PATIENCE_MS, Unreached, address, isReached, pause, refusal } from "./api.js";
import { say } from "./words.js";

/** Return the answer of the service. `tell` is told the part, 0..1. Throws as `post` does; nothing is stored twice. */
export async function upload(file, { key, tell, until }) {
  const began = Date.now();
  for (let wait_ms = 500; ; wait_ms = Math.min(2 * wait_ms, LONGEST_WAIT_MS)) {
    const answer = await send(file, { key, tell, until });
    isReached.value = answer !== null;
    if (answer !== null) {
      if (answer.status < 300) return answer.body;
      throw refusal(answer.status, answer.body, answer.headers);
    }
    if (Date.now() - began > PATIENCE_MS) throw new Unreached(say("error.unreached"));
    await pause(wait_ms, until);
  }
}

function send(file, { key, tell, until }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const form = new FormData();
    form.append("file", file, file.name);
    request.open("POST", address(`${NATIVE}uploads`));
    request.responseType = "json";
    request.setRequestHeader("X-Seedbed-Console", "1");
    request.setRequestHeader("Idempotency-Key", key);
    request.upload.onprogress = (event) => event.lengthComputable && tell(event.loaded / event.total);
    request.onload = () => {
      const headers = { get: (name) => request.getResponseHeader(name) };
      resolve([502, 504].includes(request.status) ? null : { status: request.status, body: request.response, headers });
    };
    request.onerror = () => resolve(null);
    request.onabort = () => reject(new DOMException("removed", "AbortError"));
    until.addEventListener("abort", () => request.abort(), { once: true });
    request.send(form);
  });
}
