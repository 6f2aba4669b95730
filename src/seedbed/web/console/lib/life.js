// The life of a generation as spans of time, told only as far as the service knows it.

const NOTABLE_MS = 1000;

/**
 * Return `[{ name, from_ms, seconds, isOpen, kind }]`, one after the other; `seconds` is null while nobody knows, `kind`
 * is wait, lost, work or send. `now_ms` ends what goes on. Names: queued, tries (attempts that came to nothing), again
 * (the wait for another one), the stages of the work, made (work of which no stages are known), and what became of the
 * webhook: delivering, delivered, undelivered.
 */
export function lifeOf(view, deliveries, now_ms) {
  const [created, started, finished] = [view.createdAt, view.startedAt, view.finishedAt].map((at) => (at ? Date.parse(at) : null));
  const end = finished ?? now_ms;
  const spans = [span("queued", "wait", created, started ?? end, started === null && finished === null)];
  if (started !== null) spans.push(...workOf(view, started, finished, end));
  if (finished !== null) spans.push(...deliveries.map((one) => deliveryOf(one, finished, now_ms)));
  return spans;
}

function workOf(view, started, finished, end) {
  const spent_ms = 1000 * (view.stages ?? []).reduce((sum, one) => sum + one.seconds, 0);
  const isWaiting = view.status === "queued";
  const failed = view.attempts?.length ? Math.min(end, Date.parse(view.attempts.at(-1).at)) : null;
  // When the last attempt began is not told: it follows from how long it took, else from when the one before it failed.
  const began = spent_ms ? Math.max(failed ?? started, end - spent_ms) : isWaiting ? end : (failed ?? started);
  const spans = [];
  if (failed !== null) spans.push(span("tries", "lost", started, failed), span("again", "wait", failed, began, isWaiting));
  else if (began - started > NOTABLE_MS) spans.push(span("tries", "lost", started, began));
  if (isWaiting) return spans;
  if (finished === null) return [...spans, span(view.progress?.stage ?? "made", "work", began, end, true)];
  if (!spent_ms) return began < end ? [...spans, span("made", view.status === "succeeded" ? "work" : "lost", began, end)] : spans;
  let at = began;
  for (const { stage, seconds } of view.stages) {
    spans.push({ name: stage, kind: "work", from_ms: at, seconds, isOpen: false });
    at += 1000 * seconds;
  }
  return spans;
}

function deliveryOf({ state, attempts }, finished, now_ms) {
  if (state === "pending") return span("delivering", "send", finished, now_ms, true);
  const last = attempts.at(-1);
  const end = last ? Date.parse(last.at) + last.latencyMs : finished;
  return state === "delivered" ? span("delivered", "send", finished, end) : span("undelivered", "lost", finished, end);
}

function span(name, kind, from_ms, to_ms, isOpen = false) {
  return { name, kind, from_ms, seconds: Math.max(0, to_ms - from_ms) / 1000, isOpen };
}
