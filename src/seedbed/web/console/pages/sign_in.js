// Signing in: an API key, or the ticket of a link, becomes a session.

import { Refused, SignedOut, address, get, post, session } from "../lib/api.js";
import { el } from "../lib/dom.js";
import { go } from "../lib/router.js";
import { signal } from "../lib/signal.js";
import { say } from "../lib/words.js";
import { button } from "../parts/button.js";
import { notice } from "../parts/empty.js";
import { field } from "../parts/field.js";
import { mark } from "../parts/icons.js";
import { COVER, SAMPLES } from "../parts/samples.js";
import { banner, languageMenu, themeMenu } from "../parts/shell.js";
import { sentenceOf, toasts } from "../parts/toast.js";

export const title = () => say("signIn.title");

export default function signIn({ query, hash, until }) {
  const ways = signal(null); // what else than a key there is, once the service has said so
  const fault = signal(null);
  const told = signal(null);
  const key = el("input", { class: "input", type: "password", name: "key", autocomplete: "current-password", spellcheck: "false", autocapitalize: "off", dir: "ltr", autofocus: true, oninput: () => (fault.value = null) });

  async function enter(credential, wrong) {
    try {
      session.value = await post("console/session", credential);
      go(nextOf(query), { replaces: true });
    } catch (error) {
      const isWrong = error instanceof SignedOut || (error instanceof Refused && error.status === 400);
      fault.value = isWrong ? wrong : sentenceOf(error);
    }
  }

  async function send(event) {
    event?.preventDefault();
    if (!key.value.trim()) return (fault.value = say("signIn.empty"));
    await enter({ key: key.value.trim() }, say("signIn.wrong"));
    key.focus();
  }

  async function goToProvider({ beginsAt }) {
    const { address: provider } = await get(`${beginsAt}?${new URLSearchParams({ next: nextOf(query) })}`, { until });
    location.assign(provider);
    await new Promise(() => {}); // the button waits until the page is left
  }

  async function enterAs() {
    session.value = await post("console/sign-in");
    go(nextOf(query), { replaces: true });
  }

  const telling = (act) => () => act().catch((error) => (told.value = sentenceOf(error)));
  const others = ({ oidc, header }) => [
    header && button(say("people.as", { name: header.user }), { icon: "person", kind: "primary large", onclick: telling(enterAs) }),
    oidc && button(say("people.with", { label: oidc.label }), { icon: "leave", kind: header ? "large" : "primary large", onclick: telling(() => goToProvider(oidc)) }),
    query.get("left") && oidc?.leavesAt && el("a", { class: "small", href: address(oidc.leavesAt) }, say("people.leave", { label: oidc.label })),
    el("p", { class: "or" }, say("people.or")),
  ];
  get("console/sign-in", { until }).then((said) => (ways.value = said), () => null); // with a key one can sign in all the same
  const hasOthers = () => Boolean(ways.value?.oidc || ways.value?.header);

  const ticket = new URLSearchParams(hash.slice(1)).get("ticket");
  if (ticket) {
    history.replaceState(null, "", location.pathname + location.search); // it stays in no history
    enter({ ticket }, null).then(() => session.peek() || (told.value = say("signIn.ticketOver")));
  } else if (query.get("ended")) {
    told.value = say("signIn.ended");
  }

  return el(
    "div",
    { class: "sign-in" },
    el("div", { class: "picture" }, el("img", { src: COVER, alt: "" }), el("p", {}, say("signIn.motto")), el("small", {}, say("signIn.credit", { credit: SAMPLES[0].credit }))),
    el(
      "div",
      { class: "words" },
      el("header", {}, el("span", { class: "brand" }, mark(), say("app.name")), el("span", { class: "row" }, languageMenu(), themeMenu())),
      el(
        "div",
        { class: "middle" },
        el("div", { class: "stack" }, el("h1", {}, say("signIn.title")), el("p", { class: "faint" }, () => say(hasOthers() ? "people.text" : "signIn.text"))),
        () => told.value && notice("warn", told.value),
        () => hasOthers() && el("div", { class: "ways" }, others(ways.value)),
        el("form", { onsubmit: send }, field(say("signIn.key"), key, { hint: say("signIn.hint"), fault: () => fault.value }), () => button(say("signIn.send"), { kind: hasOthers() ? "large" : "primary large", type: "submit" })),
      ),
      el("p", { class: "small fainter" }, say("signIn.noKey"), " ", el("code", {}, "seedbed console")),
    ),
    banner(),
    toasts(),
  );
}

/** Return where to go on: a path of ours, whatever the address says. */
function nextOf(query) {
  const next = query.get("next") ?? "/";
  return /^\/(?!\/)/.test(next) && !next.startsWith("/sign-in") ? next : "/";
}
