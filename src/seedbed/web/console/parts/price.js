// What the draft would cost, asked of the service itself a moment after the last change.

import { NATIVE, Refused, isQuiet, pause, post } from "../lib/api.js";
import { el } from "../lib/dom.js";
import { currentOwner, effect, signal } from "../lib/signal.js";
import { say } from "../lib/words.js";
import { icon } from "./icons.js";

const PATIENCE_MS = 300;

/**
 * Return a signal of `{ credits, warnings, fault, isOld }`; `fault` is what the service would refuse the order for. Whether
 * there are enough credits only the order itself shows: some accounts are topped up by it. `order` is a function that is
 * followed.
 */
export function priceOf(order) {
  const price = signal({ credits: null, isOld: true });
  effect(() => {
    const asked = order();
    const until = currentOwner();
    price.value = { ...price.peek(), isOld: true };
    if (asked.model) ask({ ...asked, prompt: asked.prompt || "…" }, until);
  });
  return price;

  async function ask(asked, until) {
    try {
      await pause(PATIENCE_MS, until);
      const { credits, warnings } = await post(`${NATIVE}video/estimate`, asked, { until });
      price.value = { credits, warnings, fault: null, isOld: false };
    } catch (error) {
      if (until.aborted || isQuiet(error)) return;
      price.value = { ...price.peek(), fault: error instanceof Refused && error.status === 400 ? error : null, isOld: true };
    }
  }
}

/** Return what a price looks like. It is pale while a newer one is asked for. */
export function priceTag(price) {
  const words = () => (price.value.credits === null ? "–" : say("create.price", { n: price.value.credits }));
  return el("p", { class: () => ["price", price.value.isOld && "old"], "aria-live": "polite", title: say("create.priceHint") }, icon("coin", 18), el("span", { class: "number" }, words));
}
