// What can be done with the generations that were chosen in the history.

import { NATIVE, Refused, post } from "../lib/api.js";
import { refreshCredits } from "../lib/credits.js";
import { el } from "../lib/dom.js";
import { go } from "../lib/router.js";
import { isFinal } from "../lib/stream.js";
import { say } from "../lib/words.js";
import { button } from "./button.js";
import { confirm } from "./dialog.js";
import { toast } from "./toast.js";

/** Return the bar, which is there while something is chosen. `entries` and `picked` are signals. */
export function pickBar(entries, picked) {
  return () => {
    if (!picked.value.size) return null;
    const chosen = entries.peek().filter(({ id }) => picked.value.has(id));
    const isPair = () => chosen.length === 2 && chosen.every(({ view }) => view.value.status === "succeeded");
    const open = () => chosen.filter(({ view }) => !isFinal(view.value));
    return el("div", { class: "pick-bar", role: "region", "aria-label": say("history.picked", { n: chosen.length }) },
      el("strong", { role: "status" }, say("history.picked", { n: chosen.length })),
      el("span", { class: "small pick-hint" }, () => !isPair() && say("history.pairHint")),
      el("span", { class: "row" },
        button(say("history.compare"), { icon: "compare", disabled: () => !isPair(), onclick: () => go(`/compare?a=${chosen[0].id}&b=${chosen[1].id}`) }),
        button(say("history.cancel"), { icon: "close", disabled: () => open().length === 0, onclick: () => cancelAll(open()) }),
        button(say("history.unpick"), { kind: "quiet", onclick: () => (picked.value = new Set()) })));
  };

  async function cancelAll(open) {
    const isSure = await confirm(say("history.cancelTitle", { n: open.length }), say("history.cancelText"), { yes: say("history.cancelYes"), no: say("history.cancelNo") });
    if (!isSure) return;
    let cancelled = 0;
    for (const { id, view } of open) {
      try {
        await post(`${NATIVE}video/generations/${id}/cancel`, {});
        view.value = { ...view.peek(), status: "cancelled", creditsRefunded: view.peek().creditsCharged };
        cancelled += 1;
      } catch (error) {
        if (!(error instanceof Refused) || error.code !== "not_cancellable") throw error; // it was faster: nothing to say
      }
    }
    picked.value = new Set();
    toast(say("history.cancelled", { n: cancelled }));
    refreshCredits();
  }
}
