// The same order once more, made by another model: a draft becomes the final.

import { NATIVE, post } from "../lib/api.js";
import { el } from "../lib/dom.js";
import { pricedAgain } from "../lib/draft.js";
import { signal } from "../lib/signal.js";
import { say } from "../lib/words.js";
import { button } from "./button.js";
import { openDialog } from "./dialog.js";
import { notice } from "./empty.js";
import { choice, field } from "./field.js";
import { priceOf, priceTag } from "./price.js";

/** Return the models that could make the final of a generation: those that another engine makes. */
export function finalModels(view, models) {
  return models.filter((one) => one.engine && one.engine !== view.engine);
}

/** Ask which of `others` shall make it. Returns a promise of the new generation's id; undefined if none was ordered. */
export function makeFinal(view, others) {
  const model = signal(others[0].id);
  const resolution = signal(view.resolution);
  const chosen = () => others.find((one) => one.id === model.value);
  const { prompt, duration, aspectRatio } = view;
  const order = () => pricedAgain({ model: model.value, resolution: resolution.value, prompt, duration, aspectRatio }, Boolean(view.references));
  return openDialog(say("take.finalTitle"), (close) => {
    const price = priceOf(order);
    return {
      inside: el("div", { class: "stack" },
        el("p", { class: "faint" }, say("take.finalText")),
        field(say("create.model"), choice(model, others.map((one) => [one.id, `${one.name} · ${one.engine}`]))),
        field(say("create.resolution"), choice(resolution, () => chosen().resolutions.map((one) => [one, one]))),
        () => (price.value.fault ? notice("bad", price.value.fault.message) : priceTag(price))),
      footer: button(say("take.finalSend"), { kind: "primary", onclick: async () => {
        const { requestId } = await post(`${NATIVE}video/generations/${view.requestId}/rerun`, { model: model.peek(), resolution: resolution.peek() });
        close(requestId);
      } }),
    };
  });
}
