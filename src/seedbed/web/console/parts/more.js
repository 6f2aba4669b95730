// The end of a list that is read a page at a time: older ones, or what went wrong.

import { el } from "../lib/dom.js";
import { say } from "../lib/words.js";
import { button } from "./button.js";
import { notice } from "./empty.js";
import { sentenceOf } from "./toast.js";

/** Return it. `list` is what `paged` returned. */
export function more(list) {
  return el("div", { class: "more-rows" },
    () => list.fault.value && notice("bad", sentenceOf(list.fault.value), el("div", { class: "row" }, button(say("action.again"), { icon: "again", kind: "small", onclick: () => (list.rows.peek() ? list.more() : list.again()) }))),
    () => list.isMore() && !list.fault.value && button(say("desk.more"), { onclick: list.more }));
}
