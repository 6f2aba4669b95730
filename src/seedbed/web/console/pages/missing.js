// There is no such page, or it did not load.

import { el } from "../lib/dom.js";
import { link } from "../lib/router.js";
import { say } from "../lib/words.js";
import { button } from "../parts/button.js";
import { empty } from "../parts/empty.js";
import { sentenceOf } from "../parts/toast.js";

export const title = () => say("missing.title");

export default function missing() {
  return el("div", { class: "page" }, empty("search", say("missing.title"), say("missing.text"), el("a", { class: "button primary", href: link("/") }, say("missing.home"))));
}

/** Return what stands in for a page that did not load. `again` tries once more. */
export function broken(error, again) {
  return el("div", { class: "page" }, empty("warning", say("error.title"), sentenceOf(error), button(say("action.again"), { icon: "again", onclick: again })));
}
