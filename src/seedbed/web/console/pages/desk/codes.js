// Why jobs failed, in words; a code that has none stands for itself.

import { has, say } from "../../lib/words.js";

/** Return what an error code of a job means. */
export function codeName(code) {
  return has(`code.${code}`) ? say(`code.${code}`) : code;
}
