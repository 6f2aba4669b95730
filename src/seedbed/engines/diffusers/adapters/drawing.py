"""Draws the frames of a clip out of what a video codec's model decoded, one by one, and while it decodes.

A clip as floating-point numbers is twelve times as large as its frames, so there is never a second one of it: a frame
becomes bytes on the device, and only these travel. Decoded in windows, a clip never exists as a whole, and the next
window is decoded while the frames of the last are used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from seedbed.media.pictures import Pixels


@dataclass(frozen=True, slots=True)
class Levels:
    """How a codec's model writes light: its number times `scale` plus `offset` is 0..1, for each of three colours."""

    scale: tuple[float, float, float]
    offset: tuple[float, float, float]


SIGNED = Levels((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))  # -1..1, as most are


@dataclass(frozen=True, slots=True)
class Windows:
    """How a clip is decoded piece by piece, in latent frames: each window has one more than `size`, and begins
    `stride` after the last. Where two lie over each other, the earlier one fades into the later.
    """

    size: int
    stride: int


def draw(clip: Any, levels: Levels = SIGNED) -> Iterator[Pixels]:
    """Draw (1, 3, T, H, W) floating point, on any device, as (H, W, 3) uint8 frames. Rounds to the nearest."""
    for number in range(clip.shape[2]):
        yield _to_bytes(clip[:, :, number : number + 1], levels)[0]


def draw_in_windows(
    latents: Any, decode: Callable[[Any], Any], windows: Windows, *, frames_per_latent: int, beat: Callable[[], None]
) -> Iterator[Pixels]:
    """Decode (1, C, L, h, w) latents window by window, and draw what comes of them.

    `decode` makes (1, 3, (L - 1) * frames_per_latent + 1, H, W) of latents. `beat` is called between windows.
    """
    stride, fade = windows.stride * frames_per_latent, (windows.size - windows.stride) * frames_per_latent
    ready: Any = ()
    earlier = None
    for start in range(0, latents.shape[2], windows.stride):
        beat()
        window = decode(latents[:, :, start : start + windows.size + 1])
        yield from ready
        kept = stride
        if earlier is None:
            kept += 1
        else:
            # The first latent of a clip stands for a single frame, and that one was drawn with the window before.
            window = _faded(earlier, window[:, :, 1:], fade)
        is_last = start + windows.size + 1 >= latents.shape[2]
        # What is kept leaves the device before the next window is begun: afterwards it would queue up behind it.
        ready = _to_bytes(window if is_last else window[:, :, :kept], SIGNED)
        earlier = window
        if is_last:
            break
    yield from ready


def _faded(earlier: Any, later: Any, frames: int) -> Any:
    """Return the later window with its first frames mixed with the last ones of the earlier, which it follows."""
    import torch

    frames = min(frames, earlier.shape[2], later.shape[2])
    share = torch.arange(frames, device=later.device, dtype=later.dtype).view(1, 1, -1, 1, 1) / frames
    later[:, :, :frames] = earlier[:, :, earlier.shape[2] - frames :] * (1 - share) + later[:, :, :frames] * share
    return later


def _to_bytes(clip: Any, levels: Levels) -> Any:
    """Return (1, 3, T, H, W) as (T, H, W, 3) uint8 in the CPU's memory."""
    import torch

    scale = torch.tensor(levels.scale, device=clip.device).view(-1, 1, 1, 1) * 255
    offset = torch.tensor(levels.offset, device=clip.device).view(-1, 1, 1, 1) * 255
    light = clip[0].float().mul(scale).add_(offset)
    return light.round_().clamp_(0, 255).to(torch.uint8).permute(1, 2, 3, 0).contiguous().cpu().numpy()
