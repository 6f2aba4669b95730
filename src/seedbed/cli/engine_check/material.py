"""The references that an engine is tried with: drawn here, small, and of the commonest formats."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from seedbed.core.engine import Canvas, LocalReference
from seedbed.core.references import Kind, Role
from seedbed.core.sizes import Size
from seedbed.core.timeline import FPS
from seedbed.media.mux import (
    SAMPLE_RATE,
    add_audio,
    add_video,
    encode_audio,
    encode_video,
    open_mp4,
    silence,
    to_frame,
    write_packets,
)
from seedbed.media.pictures import Pixels

SIZE = Size(640, 360)
LENGTH_S = 3
KINDS = {Role.REFERENCE_VIDEO: Kind.VIDEO, Role.REFERENCE_AUDIO: Kind.AUDIO}
FILES = {
    Kind.IMAGE: ("picture.png", "image/png"),
    Kind.VIDEO: ("video.mp4", "video/mp4"),
    Kind.AUDIO: ("sound.wav", "audio/wav"),
}


def kind_of(role: Role) -> Kind:
    return KINDS.get(role, Kind.IMAGE)


def references(folder: Path, roles: Sequence[Role]) -> tuple[LocalReference, ...]:
    """Return a reference for each role, in order. The files are made once, in `folder`."""
    if not (folder / FILES[Kind.IMAGE][0]).exists():
        _draw(folder)
    found = []
    for number, role in enumerate(roles):
        kind = kind_of(role)
        name, content_type = FILES[kind]
        found.append(LocalReference(folder / name, kind, role, f"references[{number}]", content_type))
    return tuple(found)


def _draw(folder: Path) -> None:
    Image.fromarray(_landscape(0)).save(folder / FILES[Kind.IMAGE][0])
    canvas = Canvas(SIZE, LENGTH_S * FPS, FPS)
    with open_mp4(folder / FILES[Kind.VIDEO][0], tags={}) as container:
        picture, sound = add_video(container, canvas), add_audio(container)
        frames = (to_frame(_landscape(number), number=number, canvas=canvas) for number in range(canvas.frames))
        write_packets(container, encode_video(picture, frames), encode_audio(sound, silence(canvas)))
    at_s = np.arange(LENGTH_S * SAMPLE_RATE) / SAMPLE_RATE
    tone = (np.sin(2 * np.pi * 440 * at_s) * 8000).astype("<i2")
    with wave.open(str(folder / FILES[Kind.AUDIO][0]), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, len(tone), "NONE", ""))
        file.writeframes(tone.tobytes())


def _landscape(number: int) -> Pixels:
    """Return a sky, a meadow, and a sun that wanders with the number."""
    rows, columns = np.mgrid[0 : SIZE.height_px, 0 : SIZE.width_px]
    fall = rows / SIZE.height_px
    pixels = np.stack([120 + 90 * fall, 160 + 40 * fall, 230 - 120 * fall], axis=-1)
    pixels[rows > SIZE.height_px * 0.65] = (70, 130, 60)
    pixels[(rows - 90) ** 2 + (columns - 160 - 2 * number) ** 2 < 50**2] = (250, 220, 120)
    return np.ascontiguousarray(pixels.astype(np.uint8))
