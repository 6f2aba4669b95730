// The life of a generation as spans of time, told only as far as the service knows it.

/**
 * Return `[{ name, from_ms, seconds, isOpen, kind }]`, one after the other; `seconds` is null while nobody knows, `kind`
 * is wait, lost, work or send. `now_ms` ends what goes on. Names: queued, tries (attempts that came to nothing), the
 * stages of the work, made (work of which no stages are known), delivered.
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
  if (finished === null) {
    const isAgain = view.status === "queued";
    return [span(isAgain ? "tries" : (view.progress?.stage ?? "made"), isAgain ? "lost" : "work", started, end, true)];
  }
  if (!view.stages?.length) return [span("made", view.status === "succeeded" ? "work" : "lost", started, end)];
  const spent_ms = 1000 * view.stages.reduce((sum, one) => sum + one.seconds, 0);
  let at = Math.max(started, end - spent_ms);
  const spans = at - started > 1000 ? [span("tries", "lost", started, at)] : [];
  for (const { stage, seconds } of view.stages) {
    spans.push({ name: stage, kind: "work", from_ms: at, seconds, isOpen: false });
    at += 1000 * seconds;
  }
  return spans;
}

function deliveryOf({ state, attempts }, finished, now_ms) {
  const last = attempts.at(-1);
  if (state === "pending") return span("delivered", "send", finished, now_ms, true);
  return span("delivered", state === "delivered" ? "send" : "lost", finished, last ? Date.parse(last.at) + last.latencyMs : finished);
}

function span(name, kind, from_ms, to_ms, isOpen = false) {
  return { name, kind, from_ms, seconds: Math.max(0, to_ms - from_ms) / 1000, isOpen };
}
