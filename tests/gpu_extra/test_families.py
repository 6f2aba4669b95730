"""The families with sound through the whole engine, from a shipped card to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image
from tiny_ltx2 import save_tiny_ltx2
from tiny_minimax_h3 import save_tiny_minimax_h3

from seedbed.core.engine import Canvas, LocalReference, RenderTask, Stage
from seedbed.core.references import Kind, Role
from seedbed.core.sizes import Size
from seedbed.engines.diffusers.engine import Diffusers

COMMON = {"device": "cpu", "dtype": "float32", "offload": "none"}


class Unheard:
    def __call__(self, stage: Stage, fraction: float, *, preview: bytes | None = None) -> None: ...

    def remember(self, memory: dict[str, Any]) -> None: ...


def test_ltx_makes_a_file_with_sound_that_begins_on_a_picture(tmp_path: Path) -> None:
    save_tiny_ltx2(tmp_path / "model")
    engine = Diffusers({**COMMON, "card": "ltx-2.3", "folder": str(tmp_path / "model"), "sizes": ["96x64"]})

    made = engine.make(_task(tmp_path, Role.FIRST_FRAME, frames=25), tmp_path / "film.mp4", Unheard())

    assert made.warnings == ()
    assert made.sent is not None
    assert made.sent["steps"] == 8
    _check(made.path, Size(96, 64), frames=25)


def test_minimax_h3_makes_a_file_with_sound_that_follows_a_picture(tmp_path: Path) -> None:
    save_tiny_minimax_h3(tmp_path / "model")
    facts = {"card": "minimax-h3", "folder": str(tmp_path / "model"), "sizes": ["64x64"], "steps": 3}
    engine = Diffusers({**COMMON, **facts})

    made = engine.make(_task(tmp_path, Role.REFERENCE_IMAGE, frames=97), tmp_path / "film.mp4", Unheard())

    assert made.warnings == ()
    assert made.sent is not None
    assert made.sent["prompt"] == "A boat like <Picture 1>."
    _check(made.path, Size(64, 64), frames=107)


def _task(folder: Path, role: Role, *, frames: int) -> RenderTask:
    Image.new("RGB", (120, 80), "teal").save(folder / "boat.png")
    boat = LocalReference(folder / "boat.png", Kind.IMAGE, role, "mediaUrls[0]")
    prompt = "A boat like @Image1." if role is Role.REFERENCE_IMAGE else "A boat."
    return RenderTask(
        prompt=prompt, canvas=Canvas(Size(96, 64), frames, 24), references=(boat,), seed=7, wants_audio=True
    )


def _check(path: Path, size: Size, *, frames: int) -> None:
    with av.open(str(path)) as film:
        video, sound = film.streams.video[0], film.streams.audio[0]
        assert (video.width, video.height) == (size.width_px, size.height_px)
        assert (sound.rate, sound.channels) == (48_000, 2)
        assert sum(1 for _ in film.decode(video)) == frames
        film.seek(0)
        heard = sum(frame.samples for frame in film.decode(sound)) / 48_000
    assert heard == pytest.approx(frames / 24, abs=0.08)
