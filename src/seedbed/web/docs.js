// Shows an OpenAPI document. All text goes in by textContent, so that nothing in a document can become markup.
"use strict";

const METHODS = ["get", "post", "delete"];

function make(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

function resolved(api, schema) {
  if (!schema || !schema.$ref) return schema || {};
  return schema.$ref.slice(2).split("/").reduce((place, step) => place[step], api);
}

function typeOf(api, schema) {
  const options = schema.anyOf || schema.oneOf;
  if (options) return [...new Set(options.map((option) => typeOf(api, option)))].join(" or ");
  if (schema.$ref) return typeOf(api, resolved(api, schema));
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(", ");
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.type === "array") return `list of ${typeOf(api, schema.items || {})}`;
  const type = Array.isArray(schema.type) ? schema.type.join(" or ") : schema.type || "anything";
  const range = schema.minimum !== undefined && schema.maximum !== undefined ? ` ${schema.minimum}..${schema.maximum}` : "";
  return type + range;
}

function table(heads, rows) {
  const body = make("table", "", make("thead", "", make("tr", "", ...heads.map((head) => make("th", "", head)))));
  body.append(make("tbody", "", ...rows.map((row) => make("tr", "", ...row.map((cell) => make("td", "", cell))))));
  return make("div", "scroll", body);
}

function fields(api, given) {
  const schema = resolved(api, given);
  const rows = Object.entries(schema.properties || {}).map(([name, field]) => [
    make("code", "", name),
    typeOf(api, field),
    [(schema.required || []).includes(name) ? "Required." : "", field.description || ""].join(" ").trim(),
  ]);
  return rows.length ? table(["field", "type", ""], rows) : make("p", "faint", typeOf(api, schema));
}

function copied(text) {
  const button = make("button", "", "Copy");
  button.type = "button";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  });
  return make("pre", "", button, make("code", "", text));
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function curl(api, path, method, operation) {
  const lines = [`curl ${quoted(api.servers[0].url + path)}`];
  if (method !== "get") lines[0] += ` --request ${method.toUpperCase()}`;
  if (!operation.security || operation.security.some((one) => Object.keys(one).length)) {
    lines.push("  --header 'Authorization: Bearer sd2_live_...'");
  }
  const content = (operation.requestBody || {}).content || {};
  if (content["application/json"]) {
    const body = content["application/json"].example || {};
    lines.push("  --header 'Content-Type: application/json'", `  --data ${quoted(JSON.stringify(body, null, 2))}`);
  } else if (content["multipart/form-data"]) {
    lines.push("  --form file=@photo.jpg");
  }
  return lines.join(" \\\n");
}

function shown(api, path, method, operation, shared) {
  const inside = make("div", "inside", copied(curl(api, path, method, operation)));
  const parameters = [...shared, ...(operation.parameters || [])].map((given) => resolved(api, given));
  if (parameters.length) {
    const rows = parameters.map((one) => [make("code", "", one.name), `${one.in}: ${typeOf(api, one.schema)}`, one.description || ""]);
    inside.append(make("h3", "", "Parameters"), table(["name", "type", ""], rows));
  }
  for (const [type, content] of Object.entries((operation.requestBody || {}).content || {})) {
    inside.append(make("h3", "", `Body (${type})`), fields(api, content.schema));
  }
  const answers = Object.entries(operation.responses).map(([status, answer]) => [make("code", "", status), answer.description]);
  inside.append(make("h3", "", "Answers"), table(["status", ""], answers));
  for (const content of Object.values((operation.responses["200"] || {}).content || {})) {
    inside.append(make("h3", "", "200"), fields(api, content.schema));
    if (content.example) inside.append(copied(JSON.stringify(content.example, null, 2)));
  }
  const head = make("summary", "", make("span", `method ${method}`, method.toUpperCase()), make("code", "", path), make("span", "", operation.summary));
  const whole = make("details", "", head, inside);
  whole.id = operation.operationId;
  return whole;
}

async function show() {
  const links = [...document.querySelectorAll("#dialects a")];
  const chosen = links.find((link) => link.hash === location.hash) || links[0];
  for (const link of links) link.removeAttribute("aria-current");
  chosen.setAttribute("aria-current", "page");
  const reference = document.getElementById("reference");
  const answer = await fetch(chosen.dataset.document);
  if (!answer.ok) {
    reference.replaceChildren(make("p", "", `The document cannot be had: ${answer.status}.`));
    return;
  }
  const api = await answer.json();
  const source = make("a", "", "openapi.json");
  source.href = chosen.dataset.document;
  const parts = [make("p", "", api.info.summary, " ", source), make("p", "faint", api.info.description || ""), make("p", "", make("code", "", api.servers[0].url))];
  const groups = new Map();
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of METHODS.filter((name) => item[name])) {
      const tag = (item[method].tags || ["Other"])[0];
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(shown(api, path, method, item[method], item.parameters || []));
    }
  }
  for (const [tag, operations] of groups) parts.push(make("h2", "", tag), ...operations);
  reference.replaceChildren(...parts);
}

addEventListener("hashchange", show);
show();
