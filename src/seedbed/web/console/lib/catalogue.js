// The models of this service, as `GET /models` has them. Asked once a visit: nothing of it is written down here.

import { NATIVE, get } from "./api.js";

let asked = null;

export function models() {
  asked ??= get(`${NATIVE}models`).then(
    ({ data }) => data,
    (error) => {
      asked = null;
      throw error;
    },
  );
  return asked;
}
