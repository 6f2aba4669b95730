// The photographs that come with the service, to try it with. Their credit stays beside every copy.

const FOLDER = new URL("../samples/", import.meta.url);

/** `name` of the photograph; `credit` as the licence wants it; `words` names its prompt. Widths and heights in pixels. */
export const SAMPLES = [
  { name: "dandelion", credit: "Clemens Engelhardt, CC0", ratio: "16:9", words: "sample.dandelion" },
  { name: "valley", credit: "Aitzol Berasategi, CC BY 4.0", ratio: "16:9", words: "sample.valley" },
  { name: "dogs", credit: "Aitzol Berasategi, CC BY 4.0", ratio: "9:16", words: "sample.dogs" },
  { name: "fig", credit: "Trevor “Freespace”, CC BY 4.0", ratio: "1:1", words: "sample.fig" },
];

/** The first of them, as wide as a page and light enough for a first visit. */
export const COVER = new URL("dandelion-wide.webp", FOLDER).href;

/** Return the address of a small copy. */
export function thumbnail(sample) {
  return new URL(`${sample.name}.webp`, FOLDER).href;
}

/** Return the address of the photograph itself. */
export function photograph(sample) {
  return new URL(`full/${sample.name}.jpg`, FOLDER).href;
}
