"""References as MiniMax-H3 reads them: in one row, each at the model's own rate and size.

The order is part of the request: it is what numbers them in the prompt. A video with sound counts as a sound, too, and
before itself; so the videos stand last, and `<Audio 1>` is the first sound that the job names as one.
"""

from __future__ import annotations

from typing import Any

from seedbed.core.faults import MediaFault
from seedbed.core.references import Kind, Role
from seedbed.core.sizes import Size
from seedbed.engines.diffusers.adapter import Sight
from seedbed.engines.diffusers.adapters.footage import read_frames, read_sound

KEYFRAMES = frozenset({Role.FIRST_FRAME, Role.LAST_FRAME})
SOUND_RATE_HZ = 32_000  # the library resamples anything else with torchaudio, which we do without
FPS = 24
_SHORT_SIDE_PX = 768
_MOST_PIXELS = 768 * 1344
_MULTIPLE_PX = 32


def references_of(sights: tuple[Sight, ...], *, frames: int) -> list[Any]:
    """Return the library's references for a clip of so many frames, in the model's order. Raises MediaFailure."""
    in_order = sorted(sights, key=lambda sight: sight.kind is Kind.VIDEO)
    references = []
    for sight in in_order:
        try:
            references.append(_reference(sight, frames))
        except MediaFault as fault:
            raise fault.at(sight.name) from fault
    return references


def _reference(sight: Sight, frames: int) -> Any:
    import torch
    from diffusers.modular_pipelines.minimax_h3 import (
        MiniMaxH3AudioReference,
        MiniMaxH3ImageReference,
        MiniMaxH3VideoReference,
    )
    from PIL import Image

    if sight.pixels is not None:
        return MiniMaxH3ImageReference(image=Image.fromarray(sight.pixels))
    wave = read_sound(sight.path, rate_hz=SOUND_RATE_HZ, most_s=frames / FPS)
    sound = None if wave is None else torch.from_numpy(wave)
    if sight.kind is Kind.AUDIO:
        return MiniMaxH3AudioReference(audio=sound, sample_rate=SOUND_RATE_HZ)
    pictures = read_frames(sight.path, fps=FPS, most=frames, size_for=_size_for)
    return MiniMaxH3VideoReference(frames=pictures, fps=float(FPS), audio=sound, sample_rate=SOUND_RATE_HZ)


def _size_for(size: Size) -> Size:
    """Return the size at which the model sees a video: at any other, the library scales it once more."""
    from diffusers.modular_pipelines.minimax_h3.modular_pipeline import resolve_canvas_size

    height_px, width_px = resolve_canvas_size(size.width_px, size.height_px, _MULTIPLE_PX, _SHORT_SIDE_PX, _MOST_PIXELS)
    return Size(width_px, height_px)
