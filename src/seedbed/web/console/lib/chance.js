// Names that nothing else has.

/** Return 128 random bits as text. (`crypto.randomUUID` is only there over TLS and on this machine.) */
export function chance() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
