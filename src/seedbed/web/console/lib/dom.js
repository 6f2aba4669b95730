// Elements without markup: every text goes in as text, so nothing that a person wrote can become code.

import { currentOwner, effect } from "./signal.js";

const SVG = "http://www.w3.org/2000/svg";
const AS_PROPERTY = new Set(["value", "checked", "disabled", "selected", "hidden", "open", "indeterminate", "muted", "loop", "playsInline", "currentTime"]);

/**
 * Make an element. `props`: `onclick` and the like are listeners, a function is followed as an effect, `class` may be a
 * list, `style` is an object; null and false leave a thing out. Children: text, nodes, lists of them, or a function that
 * is followed as well. What is listened to or followed ends with its owner.
 */
export function el(tag, props = {}, ...children) {
  return filled(document.createElement(tag), props, children);
}

/** Make an element of SVG. */
export function svg(tag, props = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), props, children);
}

/** Put children into a node in place of what is there. */
export function replace(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter(isThere).map(nodeOf));
}

function filled(node, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) {
      if (value) node.addEventListener(name.slice(2), value, { signal: currentOwner() ?? undefined });
    } else if (name === "ref") {
      value(node);
    } else if (typeof value === "function") {
      effect(() => assign(node, name, value()));
    } else {
      assign(node, name, value);
    }
  }
  for (const child of children.flat(Infinity)) append(node, child);
  // The value of a choice can be set only once its options are there.
  if (node instanceof HTMLSelectElement && "value" in props && typeof props.value !== "function") node.value = props.value;
  return node;
}

function append(node, child) {
  if (typeof child !== "function") {
    if (isThere(child)) node.append(nodeOf(child));
    return;
  }
  const [start, end] = [document.createComment(""), document.createComment("")];
  node.append(start, end);
  effect(() => {
    const made = [child()].flat(Infinity).filter(isThere).map(nodeOf);
    while (start.nextSibling !== end) start.nextSibling.remove();
    start.after(...made);
  });
}

function assign(node, name, value) {
  if (name === "class") {
    node.setAttribute("class", [value].flat(Infinity).filter(Boolean).join(" "));
  } else if (name === "style") {
    for (const [key, one] of Object.entries(value)) node.style.setProperty(key, one);
  } else if (name === "data") {
    for (const [key, one] of Object.entries(value)) one === null || one === undefined ? delete node.dataset[key] : (node.dataset[key] = one);
  } else if (AS_PROPERTY.has(name) && name in node) {
    if (node[name] !== value) node[name] = value;
  } else if (value === null || value === undefined || value === false) {
    node.removeAttribute(name);
  } else {
    node.setAttribute(name, value === true ? "" : value);
  }
}

function isThere(child) {
  return child !== null && child !== undefined && child !== false;
}

function nodeOf(child) {
  if (child instanceof Node) return child;
  if (typeof child !== "function") return document.createTextNode(String(child));
  const followed = document.createDocumentFragment();
  append(followed, child);
  return followed;
}
