// Where an order is written: prompt, references, options, price, and the button that sends it.

import { NATIVE, Refused, post } from "../lib/api.js";
import { refreshCredits } from "../lib/credits.js";
import { el } from "../lib/dom.js";
import { accepted, body, draft, fill, keyOf, priced } from "../lib/draft.js";
import { link } from "../lib/router.js";
import { computed, effect, signal } from "../lib/signal.js";
import { beginnings, stage } from "../lib/takes.js";
import { say } from "../lib/words.js";
import { button } from "./button.js";
import { notice } from "./empty.js";
import { keepWithin, options } from "./options.js";
import { priceOf, priceTag } from "./price.js";
import { MOST_CHARACTERS, promptBox } from "./prompt_box.js";
import { addFiles, referenceTray } from "./reference_tray.js";
import { showRequest } from "./request_as.js";
import { toast } from "./toast.js";

/** Return the composer. `models` as `GET /models` has them, one at least. */
export function composer(models) {
  effect(() => {
    if (!models.some((one) => one.id === draft.model.value)) draft.model.value = models[0].id;
  });
  const model = computed(() => models.find((one) => one.id === draft.model.value) ?? models[0]);
  keepWithin(draft, model);
  const taken = () => model.value.references;
  const price = priceOf(priced);
  const isWaiting = () => draft.references.value.some((one) => ["looking", "sending"].includes(one.state.value.phase));
  const refused = signal(null); // why the last order was refused, for as long as it has not been changed

  async function send() {
    const prompt = draft.prompt.peek().trim();
    if (!prompt || [...prompt].length > MOST_CHARACTERS) {
      document.getElementById("prompt").focus();
      if (!prompt) toast(say("create.empty"), { kind: "bad" });
      return;
    }
    if (isWaiting()) return toast(say("create.waiting"), { kind: "bad" });
    const order = body();
    const again = draft.again.peek();
    const path = again ? `${NATIVE}video/generations/${again.id}/rerun` : `${NATIVE}video/generations`;
    let requestId;
    try {
      ({ requestId } = await post(path, order, { key: keyOf(order) }));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return void (refused.value = { error, order: JSON.stringify(order) });
    }
    accepted();
    refused.value = null;
    const picture = draft.references.peek().find((one) => one.seen.thumbnail);
    if (picture) beginnings.set(requestId, picture.seen.thumbnail);
    stage(requestId);
    refreshCredits();
    if (matchMedia("(max-width: 899px)").matches) document.querySelector(".stage").scrollIntoView({ behavior: "smooth" });
  }

  const submit = button(say("create.send"), { kind: "primary large", icon: "create", onclick: send, "aria-keyshortcuts": "Control+Enter Meta+Enter" });
  const onKey = (event) => {
    if (event.key !== "Enter" || event.isComposing || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    submit.click();
  };
  return el(
    "form",
    { class: "composer", "aria-label": say("create.title"), onkeydown: onKey, onsubmit: (event) => event.preventDefault() },
    () => draft.again.value && notice("good", say("create.again"), el("div", { class: "row" },
      el("a", { class: "button small", href: link(`/jobs/${draft.again.value.id}`) }, say("create.againLink")),
      button(say("create.clear"), { icon: "close", kind: "small", onclick: () => fill({}) }))),
    el("div", { class: "composer-sheet" },
      promptBox(draft, { onFiles: (files) => addFiles(draft, files, taken()) }),
      referenceTray(draft, taken)),
    options(draft, model, models),
    () => model.value.engine === null && notice("warn", say("create.engineAway")),
    el("footer", { class: "composer-foot" },
      () => refused.value?.order === JSON.stringify(body()) && notice("bad", refused.value.error.message, refused.value.error.code === "insufficient_credits" && el("p", {}, say("create.cheaper"))),
      () => price.value.fault && notice("bad", price.value.fault.message),
      () => price.value.warnings?.length > 0 && !draft.again.value && notice("", price.value.warnings.join(" ")),
      el("div", { class: "between" },
        priceTag(price),
        el("div", { class: "row" },
          button(say("create.code"), { icon: "code", kind: "quiet as-code", onclick: () => void showRequest(body()) }),
          submit))),
  );
}
