"""Who draws the visible mark: the engine, or if it cannot, or the last frame is wanted without it, we afterwards."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seedbed.core.engine import Canvas, Capabilities, Made, RenderTask, Stop
from seedbed.core.sizes import Size
from seedbed.media.mark import mark_for
from seedbed.media.mux import (
    add_audio,
    add_video,
    encode_audio,
    encode_video,
    open_mp4,
    silence,
    to_frame,
    write_packets,
)
from seedbed.media.thumbnail import last_frame_png
from seedbed.worker.production import produce
from seedbed.worker.wire import Make

CANVAS = Canvas(Size(496, 278), frames=25, fps=24)


@dataclass
class Gray:
    """An engine of gray clips; `asked` is whether each was to bear a mark."""

    draws_watermark: bool
    asked: list[bool] = field(default_factory=list)

    def describe(self) -> Capabilities:
        return Capabilities("gray", "Gray.", frozenset(), True, "x", draws_watermark=self.draws_watermark)

    def make(self, task, out, _report):
        self.asked.append(task.wants_watermark)
        gray = np.full((278, 496, 3), 90, np.uint8)
        with open_mp4(out, tags={}) as container:
            frames = (to_frame(gray, number=n, canvas=task.canvas) for n in range(task.canvas.frames))
            picture = encode_video(add_video(container, task.canvas, preset="superfast"), frames)
            write_packets(container, picture, encode_audio(add_audio(container), silence(task.canvas)))
        return Made(out)


def _made(folder: Path, engine: Gray, *, wants_last_frame=False, **wishes):
    """Return the last frame of the clip, and the one that was kept beside it."""
    task = RenderTask("x", CANVAS, (), seed=1, wants_audio=True, **wishes)
    kept = folder / "last.png" if wants_last_frame else None
    produce(engine, Make(1, task, folder / "out.mp4", kept), lambda *_args, **_more: None)
    produced = folder / "seen.png"

    produced.write_bytes(last_frame_png(folder / "out.mp4"))
    return _is_marked(produced), _is_marked(kept) if kept else None


def _is_marked(picture: Path) -> bool:
    pixels, mark = np.asarray(Image.open(picture)), mark_for(CANVAS.size)
    return bool(pixels[mark.top_px :, mark.left_px :].max() > 180)


@pytest.mark.parametrize(
    ("draws", "wants_last_frame", "asked"),
    [(True, False, True), (False, False, False), (True, True, False), (False, True, False)],
)
def test_who_is_asked_to_draw_the_mark(tmp_path, draws, wants_last_frame, asked):
    engine = Gray(draws_watermark=draws)

    clip, kept = _made(tmp_path, engine, wants_watermark=True, wants_last_frame=wants_last_frame)

    assert engine.asked == [asked]
    assert clip is not asked  # this engine never draws it
    assert kept is (False if wants_last_frame else None)


def test_nothing_is_marked_where_nobody_asked(tmp_path):
    assert _made(tmp_path, Gray(draws_watermark=False), wants_last_frame=True) == (False, False)


def test_a_stop_ends_the_marking_and_leaves_nothing_behind(tmp_path):
    task = RenderTask("x", CANVAS, (), seed=1, wants_audio=True, wants_watermark=True)
    heard = []

    def report(_stage, fraction, **_more):
        heard.append(fraction)
        if 0.6 < fraction < 0.9:
            raise Stop

    with pytest.raises(Stop):
        produce(Gray(draws_watermark=False), Make(1, task, tmp_path / "out.mp4", tmp_path / "last.png"), report)

    assert heard[-1] < 0.65
    assert not (tmp_path / "last.png").exists()
