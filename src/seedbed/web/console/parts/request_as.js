// The request that the playground would send, as other programs send it.

import { NATIVE, ROOT } from "../lib/api.js";
import { el } from "../lib/dom.js";
import { signal } from "../lib/signal.js";
import { say } from "../lib/words.js";
import { code } from "./code.js";
import { openDialog } from "./dialog.js";
import { segments } from "./field.js";

const FORMS = { curl: asCurl, Python: asPython, JavaScript: asJavaScript };

/** Show an order as code to copy. */
export function showRequest(order) {
  const form = signal("curl");
  return openDialog(say("request.title"), () =>
    el("div", { class: "stack" },
      segments(say("request.form"), form, Object.keys(FORMS).map((name) => [name, name])),
      code(() => FORMS[form.value](order)),
      el("p", { class: "small fainter" }, say("request.hint"))), { isWide: true });
}

const endpoint = () => new URL(`${NATIVE}video/generations`, ROOT).href;

function asCurl(order) {
  const text = JSON.stringify(order, null, 2).replaceAll("'", "'\\''");
  return `curl --request POST \\
  --url ${endpoint()} \\
  --header "Authorization: Bearer $SEEDBED_KEY" \\
  --header 'Content-Type: application/json' \\
  --data '${text}'`;
}

function asPython(order) {
  return `import os

import httpx

order = ${pythonic(order)}
answer = httpx.post(
    "${endpoint()}",
    headers={"Authorization": f"Bearer {os.environ['SEEDBED_KEY']}"},
    json=order,
)
answer.raise_for_status()
print(answer.json()["requestId"])`;
}

// JSON is Python but for three words, and those stand outside of texts only where a value begins.
function pythonic(value, indent = "") {
  const inner = `${indent}    `;
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[\n${value.map((one) => `${inner}${pythonic(one, inner)},\n`).join("")}${indent}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  return `{\n${Object.entries(value).map(([key, one]) => `${inner}${JSON.stringify(key)}: ${pythonic(one, inner)},\n`).join("")}${indent}}`;
}

function asJavaScript(order) {
  return `const answer = await fetch("${endpoint()}", {
  method: "POST",
  headers: {
    Authorization: \`Bearer \${process.env.SEEDBED_KEY}\`,
    "Content-Type": "application/json",
  },
  body: JSON.stringify(${JSON.stringify(order, null, 2).replaceAll("\n", "\n  ")}),
});
const { requestId } = await answer.json();
console.log(requestId);`;
}
