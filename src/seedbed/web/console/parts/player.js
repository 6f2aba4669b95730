// Plays a finished video, with its shot plan below it.

import { el } from "../lib/dom.js";
import { timecode } from "../lib/format.js";
import { videoOf } from "../lib/results.js";
import { currentOwner, signal } from "../lib/signal.js";
import { say } from "../lib/words.js";
import { button } from "./button.js";
import { notice } from "./empty.js";
import { timeline } from "./timeline.js";

/** Return a video of a generation, with a signal of where it is. `loaded` is called once it can be played. */
export function screen(generation, { isMuted = false, starts = false } = {}) {
  const at = signal(0);
  const isPlaying = signal(false);
  const isBroken = signal(false);
  const until = currentOwner();
  const { width, height } = generation.output;
  const video = el("video", {
    src: videoOf(generation.requestId), playsInline: true, loop: true, preload: "auto", muted: isMuted, autoplay: starts, width, height, tabindex: "-1",
    "aria-label": generation.prompt, onplay: follow, onplaying: () => (isPlaying.value = true), onpause: () => (isPlaying.value = false),
    onseeked: () => (at.value = video.currentTime), onerror: () => (isBroken.value = true),
  });
  until?.addEventListener("abort", () => (video.pause(), video.removeAttribute("src"), video.load()), { once: true });

  function follow() {
    isPlaying.value = true;
    const look = () => {
      at.value = video.currentTime;
      if (!video.paused && !until?.aborted) requestAnimationFrame(look);
    };
    look();
  }

  const seek = (s) => {
    video.currentTime = Math.min(s, (video.duration || generation.duration) - 0.001);
    at.value = s;
  };
  const toggle = () => (video.paused ? video.play().catch(() => null) : video.pause());
  return { video, at, isPlaying, isBroken, seek, toggle };
}

/** Return the player. `starts`: it plays by itself, for whoever has just waited for it. */
export function player(generation, { starts = false } = {}) {
  const shown = screen(generation, { starts });
  const { video, at, isPlaying, isBroken, seek, toggle } = shown;
  const isMuted = signal(false);
  const { width, height } = generation.output;
  const frame = el("div", { class: "screen", style: { "--w": String(width), "--h": String(height) }, onclick: toggle }, video);
  const keys = { " ": toggle, k: toggle, m: mute, f: full };

  function mute() {
    video.muted = isMuted.value = !video.muted;
  }
  function full() {
    document.fullscreenElement ? document.exitFullscreen() : video.requestFullscreen?.();
  }
  function onKey(event) {
    if (event.target.closest("button, input, textarea, select") || event.ctrlKey || event.metaKey || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  }

  return el(
    "div",
    { class: "player", onkeydown: onKey },
    frame,
    () => isBroken.value && notice("bad", say("player.broken")),
    el("div", { class: "player-bar" },
      () => button(say(isPlaying.value ? "player.pause" : "player.play"), { icon: isPlaying.value ? "pause" : "play", kind: "quiet", isIconOnly: true, onclick: toggle }),
      el("span", { class: "number player-time" }, () => `${timecode(at.value)} / ${timecode(generation.duration)}`),
      el("span", { class: "grow" }),
      () => button(say(isMuted.value ? "player.unmute" : "player.mute"), { icon: isMuted.value ? "mute" : "sound", kind: "quiet", isIconOnly: true, onclick: mute }),
      button(say("player.full"), { icon: "full", kind: "quiet", isIconOnly: true, onclick: full })),
    timeline(generation, at, seek),
  );
}
