// Our own icons: strokes on a grid of 24, and the mark.

import { svg } from "../lib/dom.js";

const STROKES = {
  plus: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6 6 18",
  check: "m5 12.5 4.5 4.5L19 7.5",
  create: "M4 20l1-4L16 5l3 3L8 19l-4 1ZM14 7l3 3",
  history: "M4 12a8 8 0 1 0 2.6-5.9M4 4v4h4M12 8v4.5l3 1.8",
  desk: "M4 5h16v11H4zM9 20h6M12 16v4M8 12l2.5-3 2 2L16 8",
  image: "M4 5h16v14H4zM4 16l4.5-4.5 4 4 3-3L20 17M9 9.5h.01",
  video: "M4 6h11v12H4zM15 10.5l5-3v9l-5-3z",
  audio: "M9 18V6l10-2v12M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0ZM19 16a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0Z",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1 1M17.4 17.4l1 1M5.6 18.4l1-1M17.4 6.6l1-1",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10Z",
  system: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM12 4v16M12 8h5.5M12 12h8M12 16h5.5",
  globe: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM4 12h16M12 4c2.5 2.3 3.5 5 3.5 8s-1 5.7-3.5 8c-2.5-2.3-3.5-5-3.5-8S9.5 6.3 12 4Z",
  person: "M12 12a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM5 20c.6-3.6 3.4-5.5 7-5.5s6.4 1.9 7 5.5",
  leave: "M14 5H5v14h9M10 12h10M17 9l3 3-3 3",
  copy: "M9 9h10v10H9zM5 15V5h10",
  download: "M12 4v11M7.5 11 12 15.5 16.5 11M5 19.5h14",
  play: "M8 5.5v13l10.5-6.5z",
  pause: "M8.5 6v12M15.5 6v12",
  again: "M5 12a7 7 0 0 1 12-4.9L19.5 9M19.5 4.5V9H15M19 12a7 7 0 0 1-12 4.9L4.5 15M4.5 19.5V15H9",
  compare: "M4 6h7v12H4zM13 6h7v12h-7z",
  star: "M12 4.5 14.3 9.3l5.2.7-3.8 3.6.9 5.2L12 16.3l-4.6 2.5.9-5.2L4.5 10l5.2-.7z",
  code: "m8.5 8-4 4 4 4M15.5 8l4 4-4 4M13.5 6l-3 12",
  warning: "M12 4.5 3.5 19h17zM12 10v4.5M12 17h.01",
  info: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM12 11v5M12 8h.01",
  key: "M14.5 4a5.5 5.5 0 1 0-4.9 8L4.5 17v3h3v-2h2v-2h2l1.5-1.6A5.5 5.5 0 0 0 14.5 4ZM15.5 8.5h.01",
  chevron: "m7 10 5 5 5-5",
  left: "m14 6-6 6 6 6",
  right: "m10 6 6 6-6 6",
  up: "m6 14 6-6 6 6",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  search: "M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12ZM15.5 15.5 20 20",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.5 10.5v5.5M13.5 10.5v5.5",
  coin: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM9 14.5c2 .5 5.5-1 6-5.5-3.5-.2-6.5 1.5-6 5.5ZM8.5 16 12 12",
  dice: "M5 5h14v14H5zM9 9h.01M15 15h.01M12 12h.01M15 9h.01M9 15h.01",
  film: "M4 5h16v14H4zM8 5v14M16 5v14M4 9.7h4M4 14.3h4M16 9.7h4M16 14.3h4",
  sound: "M5 10v4h3l4 3.5v-11L8 10zM15.5 9a4 4 0 0 1 0 6M18 6.5a7.5 7.5 0 0 1 0 11",
  mute: "M5 10v4h3l4 3.5v-11L8 10zM16 10l4 4M20 10l-4 4",
  grid: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
  list: "M4 6h4v4H4zM4 14h4v4H4zM11 8h9M11 16h9",
  link: "M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1",
  full: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  book: "M5 5.5C7.5 4.5 10 4.5 12 6c2-1.5 4.5-1.5 7-.5V19c-2.5-1-5-1-7 .5-2-1.5-4.5-1.5-7-.5zM12 6v13.5",
};

/** Return an icon. It is decoration: what it stands for is said by a word or a label beside it. */
export function icon(name, size_px = 20) {
  const drawn = svg("path", { d: STROKES[name] });
  return svg("svg", { viewBox: "0 0 24 24", width: size_px, height: size_px, class: "icon", "aria-hidden": "true" }, drawn);
}

/** Return the mark: a seed leaf that plays. */
export function mark(size_px = 26) {
  const leaf = svg("path", { class: "leaf", d: "M5 4h9c8 0 13 5 13 12s-5 12-12 12S4 23 4 15V5a1 1 0 0 1 1-1Z" });
  const vein = svg("path", { class: "vein", d: "M12 10.6v10.8c0 .8.9 1.3 1.6.9l8.2-5.4c.6-.4.6-1.3 0-1.7l-8.2-5.4c-.7-.5-1.6 0-1.6.8Z" });
  return svg("svg", { viewBox: "0 0 32 32", width: size_px, height: size_px, class: "mark", "aria-hidden": "true" }, leaf, vein);
}
