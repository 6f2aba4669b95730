// What is on the stage, which a reload leaves there, and what was made lately.

import { NATIVE, get, session } from "./api.js";
import { signal } from "./signal.js";

const KEPT_AS = "seedbed.stage";
const MOST = 12;

/** The id of the generation on the stage, or null. */
export const onStage = signal(null);
/** The newest generations, as lists have them. */
export const lately = signal([]);
/** A small picture of what each order of this tab began with, to wait with. */
export const beginnings = new Map();
let owner = null;

/** Take up what this tab had on its stage, if it is the same account that looks. */
export function takeUpStage() {
  const { accountId, livemode } = session.peek();
  const who = `${accountId}-${livemode}`;
  if (owner === who) return;
  const last = JSON.parse(sessionStorage.getItem(KEPT_AS) ?? "{}");
  owner = who;
  onStage.value = last.who === who ? last.id : null;
  lately.value = [];
}

export function stage(id) {
  onStage.value = id;
  sessionStorage.setItem(KEPT_AS, JSON.stringify({ who: owner, id }));
}

export async function refreshLately(until) {
  lately.value = (await get(`${NATIVE}video/generations?limit=${MOST}`, { until })).data;
}
