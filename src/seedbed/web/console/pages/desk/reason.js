// Why something is done: asked before what is hard on others, kept in the log, read by operators.

import { signal } from "../../lib/signal.js";
import { say } from "../../lib/words.js";
import { field } from "../../parts/field.js";
import { textInput } from "../../parts/text_input.js";

/** Return `{ field, text }`: a function that makes the field, and one that returns what was typed. */
export function reasonField(hint = say("reason.hint")) {
  const reason = signal("");
  return { field: () => field(say("reason.label"), textInput(reason, { required: true, maxlength: 500, autofocus: true }), { hint }), text: () => reason.peek().trim() };
}
