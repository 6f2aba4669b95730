// Which page is shown. Links are ordinary ones; a click on one of ours changes the page without loading the house again.

import { ROOT } from "./api.js";
import { signal } from "./signal.js";

/** Where we are: `{ path, query }`; the path begins with "/" and lies below the service's root. */
export const place = signal(here());

function here() {
  const path = "/" + location.pathname.slice(ROOT.pathname.length).replace(/\/+$/, "");
  return { path, query: new URLSearchParams(location.search), hash: location.hash };
}

/** Return the address of a path of ours, for `href`. */
export function link(path) {
  return new URL(path.replace(/^\//, ""), ROOT).href;
}

/** Go to a path of ours. `replaces`: the back button will not lead to where we are now. */
export function go(path, { replaces = false } = {}) {
  const href = link(path);
  if (href !== location.href) history[replaces ? "replaceState" : "pushState"](null, "", href);
  place.value = here();
}

/** Say in the address what the page shows now: a reload or a link leads to the same. The page stays as it is. */
export function noteQuery(facts) {
  const query = new URLSearchParams(facts).toString();
  const now = place.peek();
  now.query = new URLSearchParams(query);
  history.replaceState(null, "", link(now.path) + (query && `?${query}`));
}

/** Return the first route of `[pattern, what]` that fits, with what its `:names` stand for. */
export function match(routes, path) {
  for (const [pattern, what] of routes) {
    const names = [...pattern.matchAll(/:(\w+)/g)].map((found) => found[1]);
    const form = new RegExp(`^${pattern.replace(/:\w+/g, "([^/]+)")}$`);
    const found = form.exec(path);
    if (found) return { pattern, what, params: Object.fromEntries(names.map((name, i) => [name, decoded(found[i + 1])])) };
  }
  return null;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Follow clicks on links of ours, and the browser's own buttons. */
export function startRouting(isOurs) {
  addEventListener("popstate", () => (place.value = here()));
  document.addEventListener("click", (event) => {
    const anchor = event.target.closest?.("a[href]");
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!anchor || !isPlain || event.defaultPrevented || anchor.target || anchor.hasAttribute("download")) return;
    const to = new URL(anchor.href);
    if (to.origin !== ROOT.origin || !to.pathname.startsWith(ROOT.pathname)) return;
    const path = "/" + to.pathname.slice(ROOT.pathname.length);
    if (!isOurs(path) || (to.hash && to.pathname === location.pathname)) return;
    event.preventDefault();
    go(path + to.search);
  });
}
