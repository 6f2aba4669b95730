// The playground: an order on the one side, what becomes of it on the other.

import { NATIVE, get } from "../lib/api.js";
import { models } from "../lib/catalogue.js";
import { el } from "../lib/dom.js";
import { changesTo, draft, takeUp } from "../lib/draft.js";
import { sendAgain } from "../lib/references.js";
import { link } from "../lib/router.js";
import { signal, within } from "../lib/signal.js";
import { stage, takeUpStage } from "../lib/takes.js";
import { learn, say } from "../lib/words.js";
import { composer } from "../parts/composer.js";
import { empty } from "../parts/empty.js";
import { icon } from "../parts/icons.js";
import { addFiles } from "../parts/reference_tray.js";
import { stageOf } from "../parts/stage.js";
import * as words from "../words/playground.js";

learn(words);
export const title = () => say("create.title");

/** `?again=ID` begins with the order of that generation, `?show=ID` puts it on the stage. */
export default async function playground({ query, until }) {
  const again = query.get("again");
  const [offered, earlier] = await Promise.all([models(), again && get(`${NATIVE}video/generations/${encodeURIComponent(again)}`, { until })]);
  if (!offered.length) return el("div", { class: "page" }, empty("warning", say("create.noModels"), say("create.noModelsText")));
  return within(until, () => {
    takeUp();
    takeUpStage();
    if (earlier) changesTo(earlier);
    if (query.get("show")) stage(query.get("show"));
    if (query.size) history.replaceState(null, "", link("/")); // a reload goes on with what has been changed since
    for (const one of draft.references.peek()) if (one.state.peek().phase === "stopped" && one.file) sendAgain(one);
    return page(offered);
  });
}

function page(offered) {
  const isOver = signal(0); // how deep files hang over the page: entering a child comes before leaving its parent
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  const taken = () => (offered.find((one) => one.id === draft.model.peek()) ?? offered[0]).references;
  return el(
    "div",
    {
      class: "playground",
      ondragenter: (event) => hasFiles(event) && isOver.value++,
      ondragleave: (event) => hasFiles(event) && isOver.value--,
      ondragover: (event) => hasFiles(event) && event.preventDefault(),
      ondrop: (event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        isOver.value = 0;
        addFiles(draft, event.dataTransfer.files, taken());
      },
    },
    el("h1", { class: "said-only" }, say("create.title")),
    composer(offered),
    stageOf(offered),
    () => isOver.value > 0 && el("div", { class: "drop" }, el("p", {}, icon("image", 32), say("create.dropHere"))),
  );
}
