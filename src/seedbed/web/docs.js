// Shows an OpenAPI document. All text goes in by textContent, so that nothing in a document can become markup.
"use strict";

const METHODS = ["post", "get", "patch", "delete"];
const DEEPEST = 3; // objects within objects; deeper ones are told by their examples
const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|(?<![\w/.:-])(-?\d[\d.eE+-]*|true|false|null)\b/g;

function make(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

function resolved(api, value) {
  if (!value || !value.$ref) return value || {};
  return value.$ref.slice(2).split("/").reduce((place, step) => place[step], api);
}

function typeOf(api, given) {
  const schema = resolved(api, given);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(", ");
  if ("const" in schema) return JSON.stringify(schema.const);
  return kindOf(api, schema) + rangeOf(schema);
}

function kindOf(api, schema) {
  const options = schema.anyOf || schema.oneOf;
  if (options) return [...new Set(options.map((option) => typeOf(api, option)))].join(" or ");
  if (schema.format === "binary") return "file";
  if (schema.type === "array") return `list of ${typeOf(api, schema.items || {})}`;
  return Array.isArray(schema.type) ? schema.type.join(" or ") : schema.type || "anything";
}

function rangeOf(schema) {
  const has = (name) => schema[name] !== undefined && schema[name] !== null;
  const range = has("minimum") && has("maximum") ? `, ${schema.minimum} to ${schema.maximum}` : "";
  return range + (has("default") ? `, by default ${schema.default}` : "");
}

// The objects that a schema is or holds: itself, its items, or the choices that are objects.
function objectsOf(api, given) {
  const schema = resolved(api, given);
  if (schema.properties) return [schema];
  const inner = schema.anyOf || schema.oneOf || (schema.type === "array" && schema.items ? [schema.items] : []);
  return inner.flatMap((one) => objectsOf(api, one));
}

function field(api, name, given, isRequired, depth, place) {
  const schema = resolved(api, given);
  const head = make("dt", "", make("code", "", name), make("span", "type", place ? `${typeOf(api, given)}, in ${place}` : typeOf(api, given)));
  if (isRequired) head.append(make("span", "required", "required"));
  const says = make("dd", "", ...rich(given.description || schema.description || ""));
  if (depth < DEEPEST) objectsOf(api, given).forEach((object) => says.append(fieldsOf(api, object, depth + 1)));
  return make("div", "field", head, says);
}

function fieldsOf(api, object, depth) {
  const required = object.required || [];
  const entries = Object.entries(object.properties);
  return make("dl", "", ...entries.map(([name, one]) => field(api, name, one, required.includes(name), depth)));
}

function fields(api, schema) {
  const objects = objectsOf(api, schema);
  if (!objects.length) return [make("p", "faint", typeOf(api, schema))];
  return objects.map((object) => fieldsOf(api, object, 1));
}

// Words with `code` between backticks.
function rich(text) {
  return text.split("`").map((part, place) => (place % 2 ? make("code", "", part) : part));
}

function table(lines) {
  const cells = (line) => line.split("|").slice(1, -1).map((cell) => rich(cell.trim()));
  const row = (line, kind) => make("tr", "", ...cells(line).map((cell) => make(kind, "", ...cell)));
  const body = make("tbody", "", ...lines.slice(2).map((line) => row(line, "td")));
  return make("div", "scroll", make("table", "", make("thead", "", row(lines[0], "th")), body));
}

// The little of CommonMark that descriptions use: headings, tables, paragraphs.
function blocks(text) {
  return text.split("\n\n").filter(Boolean).map((block) => {
    if (block.startsWith("## ")) return heading(block.slice(3));
    return block.startsWith("|") ? table(block.split("\n")) : make("p", "", ...rich(block));
  });
}

function heading(text) {
  const made = make("h2", "", text);
  made.id = slug(text);
  return made;
}

function slug(text) {
  return text.toLowerCase().replaceAll(" ", "-");
}

function coloured(text) {
  const made = make("code", "");
  let end = 0;
  for (const found of text.matchAll(TOKEN)) {
    made.append(text.slice(end, found.index));
    if (found[1]) made.append(make("span", found[2] ? "key" : "string", found[1]), found[2] || "");
    else made.append(make("span", "number", found[3]));
    end = found.index + found[0].length;
  }
  made.append(text.slice(end));
  return made;
}

function copying(text) {
  const button = make("button", "copy", "Copy");
  button.type = "button";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select and copy";
    }
  });
  return button;
}

// A sample with a choice of several; each is a name and a text.
function sample(title, choices) {
  const shown = make("pre", "");
  shown.tabIndex = 0;
  let chosen = choices[0];
  const choose = (place) => {
    chosen = choices[place];
    shown.replaceChildren(coloured(chosen.text));
  };
  const head = make("div", "head", make("h3", "", title));
  if (choices.length > 1) {
    const select = make("select", "", ...choices.map((one) => make("option", "", one.name)));
    select.setAttribute("aria-label", `Example of ${title}`);
    select.addEventListener("change", () => choose(select.selectedIndex));
    head.append(select);
  }
  head.append(copying(() => chosen.text));
  choose(0);
  return make("div", "sample", head, shown);
}

function asText(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

function examplesOf(api, content) {
  const several = Object.entries(content.examples || {});
  if (several.length) return several.map(([name, given]) => ({ name, text: asText(resolved(api, given).value) }));
  return content.example === undefined ? [] : [{ name: "", text: asText(content.example) }];
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function address(api, path, parameters) {
  const filled = parameters.filter((one) => one.in === "path" && one.example);
  return api.servers[0].url + filled.reduce((url, one) => url.replace(`{${one.name}}`, one.example), path);
}

function curl(url, method, operation, type, body) {
  const lines = [`curl ${quoted(url)}`];
  if (method === "delete" || (method === "post" && !type)) lines.push(`  --request ${method.toUpperCase()}`);
  if (!operation.security || operation.security.some((one) => Object.keys(one).length)) {
    lines.push("  --header 'Authorization: Bearer sd2_live_...'");
  }
  if (type === "application/json") {
    lines.push("  --header 'Content-Type: application/json'", `  --data ${quoted(JSON.stringify(body, null, 2))}`);
  } else if (type) {
    const form = Object.entries(body).map(([name, value]) => `${name}=${value.startsWith("(") ? "@fox.jpg" : value}`);
    lines.push(...form.map((part) => `  --form ${quoted(part)}`));
  }
  return lines.join(" \\\n");
}

function requests(api, url, method, operation) {
  const contents = Object.entries((operation.requestBody || {}).content || {});
  const asked = contents.flatMap(([type, content]) =>
    Object.entries(content.examples || {}).map(([name, given]) => ({
      name: type === "application/json" ? name : `${name} (form)`,
      text: curl(url, method, operation, type, resolved(api, given).value),
    })),
  );
  return asked.length ? asked : [{ name: "", text: curl(url, method, operation) }];
}

function answer(api, status, given) {
  const said = make("summary", "", make("b", status < "400" ? "good" : "bad", status), make("span", "", ...rich(given.description)));
  const content = Object.values(given.content || {})[0];
  if (!content) return make("div", "answer", make("div", "line", ...said.childNodes));
  return make("details", "answer", said, ...fields(api, content.schema));
}

function samplesOf(api, url, method, operation) {
  const samples = [sample("Request", requests(api, url, method, operation))];
  const refused = [];
  for (const [status, given] of Object.entries(operation.responses)) {
    for (const [type, content] of Object.entries(given.content || {})) {
      const examples = examplesOf(api, content);
      if (status >= "400") refused.push(...examples.map((one) => ({ ...one, name: `${status} ${one.name}` })));
      else if (examples.length) samples.push(sample(type === "application/json" ? `Answer ${status}` : `Answer ${status}, ${type}`, examples));
    }
  }
  if (refused.length) samples.push(sample("Refusal", refused));
  return samples;
}

function shown(api, dialect, path, method, operation, shared) {
  const parameters = [...shared, ...(operation.parameters || [])].map((given) => resolved(api, given));
  const told = make("div", "told");
  if (parameters.length) {
    const rows = parameters.map((one) => field(api, one.name, { ...one.schema, description: one.description }, one.required, DEEPEST, one.in));
    told.append(make("section", "", make("h3", "", "Parameters"), make("dl", "", ...rows)));
  }
  for (const [type, content] of Object.entries((operation.requestBody || {}).content || {})) {
    told.append(make("section", "", make("h3", "", `Body, ${type}`), ...fields(api, content.schema)));
  }
  const answers = Object.entries(operation.responses).map(([status, given]) => answer(api, status, given));
  told.append(make("section", "", make("h3", "", "Answers"), ...answers));
  const samples = make("div", "samples", ...samplesOf(api, address(api, path, parameters), method, operation));
  const head = make("summary", "", make("span", `method ${method}`, method.toUpperCase()), make("code", "", path), make("span", "", ...rich(operation.summary)));
  const whole = make("details", "operation", head, make("div", "inside", told, samples));
  whole.id = `${dialect}/${operation.operationId}`;
  whole.addEventListener("toggle", () => {
    if (whole.open) history.replaceState(null, "", `#${whole.id}`);
  });
  return whole;
}

function linked(text, hash) {
  const made = make("a", "", text);
  made.href = `#${hash}`;
  return made;
}

// Fill the page and the list of what is on it; `dialect` is the first part of all ids.
function fill(api, dialect, source) {
  const [about, ...rest] = (api.info.description || "").split("\n\n## ");
  const file = make("a", "", "openapi.json");
  file.href = source;
  const base = make("p", "base", make("code", "", api.servers[0].url), file, make("span", "faint", `OpenAPI ${api.openapi}, version ${api.info.version}`));
  const parts = [make("p", "", ...rich(api.info.summary)), ...blocks(about), base];
  const index = [];
  for (const tag of api.tags) {
    const links = [];
    parts.push(make("h2", "", tag.name), make("p", "", ...rich(tag.description)));
    for (const [path, item] of Object.entries(api.paths)) {
      for (const method of METHODS.filter((name) => item[name] && item[name].tags.includes(tag.name))) {
        parts.push(shown(api, dialect, path, method, item[method], item.parameters || []));
        const link = linked(item[method].operationId, `${dialect}/${item[method].operationId}`);
        link.dataset.words = `${method} ${path} ${item[method].operationId} ${item[method].summary}`.toLowerCase();
        links.push(link);
      }
    }
    index.push(make("section", "", make("h2", "", tag.name), ...links));
  }
  const more = blocks(rest.map((part) => `## ${part}`).join("\n\n"));
  for (const block of more.filter((one) => one.id)) block.id = `${dialect}/${block.id}`;
  index.push(make("section", "", make("h2", "", "More"), ...more.filter((one) => one.id).map((one) => linked(one.textContent, one.id))));
  document.getElementById("reference").replaceChildren(...parts, ...more);
  document.getElementById("index").replaceChildren(...index);
  filter();
}

function filter() {
  const wanted = document.getElementById("filter").value.trim().toLowerCase();
  for (const section of document.querySelectorAll("#index section")) {
    const links = [...section.querySelectorAll("a")];
    for (const link of links) link.hidden = !(link.dataset.words || link.textContent.toLowerCase()).includes(wanted);
    section.hidden = links.every((link) => link.hidden);
  }
}

function go() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (const link of document.querySelectorAll("#index a")) {
    if (link.hash === location.hash) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  if (!target) return;
  if (target.matches("details")) target.open = true;
  target.scrollIntoView();
}

let filled = "";

async function show() {
  const links = [...document.querySelectorAll("#dialects a")];
  const dialect = location.hash.slice(1).split("/")[0];
  const chosen = links.find((link) => link.hash === `#${dialect}`) || links[0];
  if (filled !== chosen.hash) {
    const answer = await fetch(chosen.dataset.document);
    if (!answer.ok) {
      document.getElementById("reference").replaceChildren(make("p", "", `The document cannot be had: ${answer.status}.`));
      return;
    }
    fill(await answer.json(), chosen.hash.slice(1), chosen.dataset.document);
    filled = chosen.hash;
    for (const link of links) link.removeAttribute("aria-current");
    chosen.setAttribute("aria-current", "page");
  }
  go();
}

document.getElementById("contents").open = matchMedia("(min-width: 56.01rem)").matches;
document.getElementById("filter").addEventListener("input", filter);
addEventListener("hashchange", show);
show();
