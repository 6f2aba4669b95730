// Pointers in a prompt to its references: `@Image1`, `[图1]`, `이미지1`. The service has the last word; this one is for the eye.

const WORDS = {
  image: ["image", "picture", "photo", "이미지", "사진", "图片", "图", "画像", "写真"],
  video: ["video", "clip", "영상", "비디오", "동영상", "视频", "動画"],
  audio: ["audio", "sound", "music", "오디오", "소리", "음악", "音频", "音声"],
};
const KIND_OF = Object.fromEntries(Object.entries(WORDS).flatMap(([kind, words]) => words.map((word) => [word, kind])));
const ANY = Object.keys(KIND_OF).sort((a, b) => b.length - a.length).join("|");
const POINTER = new RegExp(`@(${ANY})\\s?(\\d{1,2})(?!\\d)|[\\[【<]@?(${ANY})\\s?(\\d{1,2})[\\]】>]`, "gi");

/** Return a prompt in pieces: `{ text }`, or `{ text, kind, number }` for a pointer. */
export function pieces(prompt) {
  const found = [];
  let at = 0;
  for (const match of prompt.matchAll(POINTER)) {
    if (match.index > at) found.push({ text: prompt.slice(at, match.index) });
    const [word, number] = [match[1] ?? match[3], match[2] ?? match[4]];
    found.push({ text: match[0], kind: KIND_OF[word.toLowerCase()], number: Number(number) });
    at = match.index + match[0].length;
  }
  if (at < prompt.length) found.push({ text: prompt.slice(at) });
  return found;
}

/** Return the reference that is the `number`th of its kind, or undefined. */
export function pointedAt(references, kind, number) {
  return numbered(references).find((one) => one.reference.kind === kind && one.number === number)?.reference;
}

/** Return each reference with its number among those of its kind: null for one that will not be sent. */
export function numbered(references) {
  const counts = {};
  return references.map((reference) => {
    if (reference.state.value.phase === "refused") return { reference, number: null };
    counts[reference.kind] = (counts[reference.kind] ?? 0) + 1;
    return { reference, number: counts[reference.kind] };
  });
}
