// Where the console starts: the table of pages, who may see them, and the change from one to the next.

import { Refused, isQuiet, loadSession, session } from "./lib/api.js";
import { refreshCredits } from "./lib/credits.js";
import { el, replace } from "./lib/dom.js";
import { go, match, place, startRouting } from "./lib/router.js";
import { effect, within } from "./lib/signal.js";
import { language, learn, say } from "./lib/words.js";
import * as missing from "./pages/missing.js";
import * as signIn from "./pages/sign_in.js";
import { shell } from "./parts/shell.js";
import * as peopleWords from "./words/people.js";
import * as shellWords from "./words/shell.js";

// [path, how to load its module]; the first that fits is shown. Whoever adds a page adds its row.
const ROUTES = [
  ["/", () => import("./pages/playground.js")],
  ["/history", () => import("./pages/history.js")],
  ["/jobs/:id", () => import("./pages/job.js")],
  ["/compare", () => import("./pages/compare.js")],
  ["/desk", () => import("./pages/desk/overview.js")],
  ["/desk/pools", () => import("./pages/desk/pools.js")],
  ["/desk/workers", () => import("./pages/desk/workers.js")],
  ["/desk/jobs", () => import("./pages/desk/jobs.js")],
  ["/desk/accounts", () => import("./pages/desk/accounts.js")],
  ["/desk/accounts/:id", () => import("./pages/desk/account.js")],
  ["/desk/usage", () => import("./pages/desk/usage.js")],
  ["/desk/audit", () => import("./pages/desk/audit.js")],
  ["/desk/settings", () => import("./pages/desk/settings.js")],
  ["/keys", () => import("./pages/keys.js")],
  ["/sign-in", async () => signIn],
];

// What the bar leads to. `scope`: only for keys that have it.
const PLACES = [
  { path: "/", icon: "create", words: "nav.create" },
  { path: "/history", icon: "history", words: "nav.history" },
  { path: "/desk", icon: "desk", words: "nav.desk", scope: "admin" },
];

learn(shellWords);
learn(peopleWords);
const app = document.getElementById("app");
let main = null; // the house's middle; null while there is no house
let house = new AbortController(); // ends when the house is built anew
let life = new AbortController(); // ends when the page is left
let shown = null; // the place that is shown

startRouting((path) => match(ROUTES, path) !== null);

effect(() => {
  document.documentElement.lang = language.value;
  [main, shown] = [null, null];
});

effect(() => {
  const [who, now] = [session.value, place.value];
  language.value; // whoever speaks another language sees everything anew
  const isSigningIn = now.path === "/sign-in";
  if (who === undefined || (isSigningIn && now === shown)) return;
  if (who === null && !isSigningIn) leadTo(signInPath(now));
  else if (who !== null && isSigningIn && !now.hash) leadTo("/");
  else queueMicrotask(() => show(now));
});

/** Go elsewhere once what is going on is over, unless that has gone elsewhere itself. */
function leadTo(path) {
  const from = place.peek();
  queueMicrotask(() => place.peek() === from && go(path, { replaces: true }));
}

function signInPath(now) {
  const next = now.path + (now.query.size ? `?${now.query}` : "");
  return `/sign-in?${new URLSearchParams({ next, ...(main ? { ended: "1" } : {}) })}`;
}

async function show(now) {
  shown = now;
  life.abort();
  life = new AbortController();
  const until = life.signal;
  const found = match(ROUTES, now.path);
  try {
    const page = found ? await found.what() : missing;
    if (until.aborted) return;
    const node = await within(until, () => page.default({ params: found?.params ?? {}, query: now.query, hash: now.hash, until }));
    if (!until.aborted) put(node, page.title(), now);
  } catch (error) {
    if (until.aborted || isQuiet(error)) return;
    if (!(error instanceof Refused)) console.error(error);
    put(missing.broken(error, () => show(now)), say("error.title"), now);
  }
}

function put(node, title, now) {
  document.title = `${title} · ${say("app.name")}`;
  if (now.path === "/sign-in") {
    main = null;
    replace(app, el("main", { id: "main" }, node));
    return app.querySelector("[autofocus]")?.focus(); // the browser itself does so only once, when the page is loaded
  }
  if (!main) {
    house.abort();
    house = new AbortController();
    main = el("main", { id: "main", tabindex: "-1" });
    replace(app, within(house.signal, () => shell(main, PLACES)));
  }
  replace(main, node);
  scrollTo(0, 0);
  main.focus({ preventScroll: true }); // a screen reader goes on where the new page begins
  refreshCredits();
}

addEventListener("pageshow", (event) => event.persisted && loadSession());
loadSession().catch((error) => {
  replace(app, missing.broken(error, () => location.reload()));
});
