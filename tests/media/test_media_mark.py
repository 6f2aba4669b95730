"""The visible mark that is drawn into a finished clip, for engines that draw none."""

from pathlib import Path

import av
import numpy as np
import pytest
from media_makers import TAGS, gradient, video

from seedbed.core.engine import Canvas
from seedbed.core.sizes import SIZES, Size
from seedbed.media.conform import Way, conform
from seedbed.media.mark import mark_for, marked


def _frames(path: Path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)]


@pytest.mark.parametrize("size", sorted(set(SIZES.values()), key=str), ids=str)
def test_the_mark_fits_every_size(size):
    mark = mark_for(size)
    height, width = mark.letters.shape

    assert mark.left_px + width in {size.width_px, size.width_px - 1}
    assert mark.top_px + height in {size.height_px, size.height_px - 1}
    assert width < 0.45 * size.width_px
    assert {number % 2 for number in (mark.left_px, mark.top_px, width, height)} == {0}


def test_marking_changes_the_corner_and_leaves_the_rest():
    pixels = np.ascontiguousarray(gradient(640, 480))

    after = marked(pixels, mark_for(Size(640, 480)))

    mark = mark_for(Size(640, 480))
    assert np.array_equal(after[: mark.top_px], pixels[: mark.top_px])
    assert np.array_equal(after[:, : mark.left_px], pixels[:, : mark.left_px])
    assert not np.array_equal(after, pixels)


def test_a_clip_that_keeps_every_promise_is_encoded_again_to_be_marked(tmp_path):
    canvas = Canvas(Size(496, 278), frames=25, fps=24)
    kept = {"canvas": canvas, "wants_audio": True, "tags": TAGS}
    bare = conform(video(tmp_path / "made.mp4", width=496, height=278, frames=25), tmp_path / "bare.mp4", **kept)

    done = conform(bare.path, tmp_path / "marked.mp4", **kept, is_marked=True)

    assert (done.way, done.size, done.frames) == (Way.REENCODED, canvas.size, 25)
    before, after = _frames(bare.path), _frames(done.path)
    mark = mark_for(canvas.size)
    for one, other in zip(before, after, strict=True):
        corner = (slice(mark.top_px, None), slice(mark.left_px, None))
        assert np.abs(one[corner] - other[corner]).max() > 60
        assert np.abs(one[: mark.top_px] - other[: mark.top_px]).mean() < 3
