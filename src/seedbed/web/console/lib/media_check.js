// Looks at a file before it is uploaded: kind, size, sides and length, by the browser's own decoders.
// What a browser cannot decode is let through; the service looks at every file itself.

import { bytes, duration } from "./format.js";
import { number, say } from "./words.js";

const LONGEST_LOOK_MS = 8000;
const THUMBNAIL_PX = 160;

/** Return the kind of a file as the model takes it: "image", "video", "audio" or null. `limits`: of `GET /models`. */
export function kindOf(file, limits) {
  const extension = /\.(\w+)$/.exec(file.name)?.[1].toLowerCase() ?? file.type.split("/")[1];
  return ["image", "video", "audio"].find((kind) => limits[kind].formats.includes(extension)) ?? null;
}

/** Return every extension that is taken, for a file picker. */
export function acceptOf(limits) {
  return ["image", "video", "audio"].flatMap((kind) => limits[kind].formats.map((format) => `.${format}`)).join(",");
}

/**
 * Return what the browser sees: `{ width_px, height_px, duration_s, thumbnail }`, each null if unknown. `thumbnail` is a
 * small picture as a `data:` URL. `address` is a URL of the file that the page may load.
 */
export async function look(kind, address) {
  const seen = { width_px: null, height_px: null, duration_s: null, thumbnail: null };
  const late = new Promise((resolve) => setTimeout(resolve, LONGEST_LOOK_MS));
  const looked = kind === "image" ? lookAtPicture(address, seen) : lookAtClip(kind, address, seen);
  await Promise.race([looked.catch(() => null), late]);
  return seen;
}

async function lookAtPicture(address, seen) {
  const picture = new Image();
  picture.src = address;
  await picture.decode();
  [seen.width_px, seen.height_px] = [picture.naturalWidth, picture.naturalHeight];
  seen.thumbnail = small(picture, seen.width_px, seen.height_px);
}

async function lookAtClip(kind, address, seen) {
  const clip = document.createElement(kind);
  clip.preload = "auto";
  clip.muted = true;
  clip.src = address;
  await once(clip, "loadedmetadata");
  seen.duration_s = Number.isFinite(clip.duration) ? clip.duration : null;
  if (kind === "audio") return;
  [seen.width_px, seen.height_px] = [clip.videoWidth, clip.videoHeight];
  clip.currentTime = Math.min(0.1, clip.duration / 2);
  await once(clip, "seeked");
  seen.thumbnail = small(clip, seen.width_px, seen.height_px);
}

function once(target, name) {
  return new Promise((resolve, reject) => {
    target.addEventListener(name, resolve, { once: true });
    target.addEventListener("error", () => reject(target.error), { once: true });
  });
}

function small(source, width_px, height_px) {
  const scale = Math.min(1, THUMBNAIL_PX / Math.min(width_px, height_px));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(width_px * scale), Math.round(height_px * scale)];
  canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", 0.8);
}

/** Return a sentence about what is wrong with a file, or null. `seen` as `look` returns it, or {} before. */
export function faultOf({ kind, size_bytes, seen = {} }, limits) {
  if (kind === null) return say("media.kind", { formats: formatsOf(limits) });
  const limit = limits[kind];
  if (size_bytes > limit.maxBytes) return say("media.bytes", { is: bytes(size_bytes), max: bytes(limit.maxBytes) });
  return sideFault(seen, limit) ?? lengthFault(seen, limit);
}

function sideFault({ width_px, height_px }, limit) {
  if (!width_px || !limit.minSide) return null;
  const is = `${width_px} × ${height_px}`;
  if (Math.min(width_px, height_px) < limit.minSide) return say("media.small", { is, min: limit.minSide });
  if (Math.max(width_px, height_px) > limit.maxSide) return say("media.large", { is, max: limit.maxSide });
  const ratio = width_px / height_px;
  if (ratio >= limit.minRatio && ratio <= limit.maxRatio) return null;
  return say("media.ratio", { is: number(ratio, { maximumFractionDigits: 2 }), min: number(limit.minRatio), max: number(limit.maxRatio) });
}

function lengthFault({ duration_s }, limit) {
  if (duration_s === null || duration_s === undefined || !limit.minSeconds) return null;
  const is = number(duration_s, { maximumFractionDigits: 1 });
  if (duration_s < limit.minSeconds - 0.05) return say("media.short", { is, min: duration(limit.minSeconds) });
  if (duration_s > limit.maxSeconds + 0.125) return say("media.long", { is, max: duration(limit.maxSeconds) });
  return null;
}

/** Return a sentence if clips of one kind are too long together, or null. */
export function togetherFault(references, limits) {
  for (const kind of ["video", "audio"]) {
    const total_s = references.filter((one) => one.kind === kind).reduce((sum, one) => sum + (one.seen.duration_s ?? 0), 0);
    if (limits[kind].totalSeconds && total_s > limits[kind].totalSeconds + 0.25) {
      return say(`media.together.${kind}`, { is: number(total_s, { maximumFractionDigits: 1 }), max: duration(limits[kind].totalSeconds) });
    }
  }
  return null;
}

function formatsOf(limits) {
  return ["image", "video", "audio"].map((kind) => limits[kind].formats.join(", ")).join(", ");
}
