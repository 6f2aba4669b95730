// The house around every page: bar, tabs on a phone, banner, toasts.

import { isReached, remove, session } from "../lib/api.js";
import { credits } from "../lib/credits.js";
import { el } from "../lib/dom.js";
import { go, link, place } from "../lib/router.js";
import { THEMES, chooseTheme, theme } from "../lib/theme.js";
import { LANGUAGES, chooseLanguage, language, number, say } from "../lib/words.js";
import { icon, mark } from "./icons.js";
import { item, menu } from "./menu.js";
import { toast, toasts } from "./toast.js";

const THEME_ICONS = { system: "system", light: "sun", dark: "moon" };

/** Return the house around `main`. `places`: `{ path, icon, words }` of what the bar leads to. */
export function shell(main, places) {
  const shown = places.filter((one) => !one.scope || session.peek().scopes.includes(one.scope));
  return el(
    "div",
    { class: "shell" },
    el("a", { class: "skip", href: "#main", onclick: (event) => (event.preventDefault(), main.focus()) }, say("app.skip")),
    el(
      "header",
      { class: "bar" },
      el("a", { class: "brand", href: link("/") }, mark(), say("app.name")),
      el("nav", { class: "places", "aria-label": say("nav.label") }, shown.map((one) => placeLink(one, 18))),
      el("div", { class: "end" }, balance(), el("span", { class: "wide-only" }, languageMenu()), themeMenu(), accountMenu()),
    ),
    main,
    el("nav", { class: "tabs", "aria-label": say("nav.label") }, shown.map((one) => placeLink(one, 22))),
    banner(),
    toasts(),
  );
}

function placeLink({ path, icon: iconName, words }, size_px) {
  const isHere = () => place.value.path === path || (path !== "/" && place.value.path.startsWith(`${path}/`));
  return el("a", { href: link(path), "aria-current": () => isHere() && "page" }, icon(iconName, size_px), say(words));
}

function balance() {
  // Test credits are made as they are spent: a figure would only mislead.
  if (!session.peek().livemode) return el("span", { class: "balance test-mode" }, say("nav.testMode"));
  const amount = () => (credits.value ? number(credits.value.available) : "–");
  return el("span", { class: "balance", title: say("nav.credits") }, icon("coin", 18), el("span", { class: "said-only" }, say("nav.credits")), el("span", { class: "number" }, amount));
}

export function languageMenu() {
  return menu(say("language.label"), icon("globe"), () =>
    Object.entries(LANGUAGES).map(([code, name]) => item(null, name, { isChosen: code === language.peek(), onclick: () => chooseLanguage(code) })));
}

export function themeMenu() {
  return menu(say("theme.label"), () => icon(THEME_ICONS[theme.value]), () =>
    THEMES.map((name) => item(THEME_ICONS[name], say(`theme.${name}`), { isChosen: name === theme.peek(), onclick: () => chooseTheme(name) })));
}

function accountMenu() {
  const { accountName, keyName, lastFour, isPerson } = session.peek();
  return menu(say("account.label"), icon("person"), () => [
    el("div", { class: "said" }, el("strong", { class: "user-text", dir: "auto" }, accountName), el("div", { class: "small faint", dir: "auto" }, isPerson ? keyName : say("account.key", { name: keyName, lastFour }))),
    item("key", say("people.keys"), { href: link("/keys") }),
    item("book", say("account.reference"), { href: link("/docs") }),
    Object.entries(LANGUAGES).filter(([code]) => code !== language.peek()).map(([code, name]) => item("globe", name, { onclick: () => chooseLanguage(code) })),
    item("leave", say("account.leave"), { onclick: () => leave("console/session") }),
    item("leave", say("account.leaveAll"), { onclick: () => leave("console/sessions", say("account.leftAll")) }),
  ]);
}

async function leave(path, text) {
  await remove(path).catch(() => null); // whoever is out already is out
  sessionStorage.clear();
  session.value = null;
  go("/sign-in?left=1", { replaces: true });
  if (text) toast(text);
}

export function banner() {
  return el("div", { class: "banner", role: "status" }, () => !isReached.value && el("p", {}, icon("warning", 18), say("error.trying")));
}
