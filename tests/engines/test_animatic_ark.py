"""What the Ark dialect asks of the animatic besides the prompt: a fixed camera, and a visible mark."""

from dataclasses import replace

import numpy as np
import pytest
from animatic_scenes import NOBODY, film_of, psnr, reference, save, task, texture

from seedbed.core.references import Kind, Role
from seedbed.core.sizes import Size
from seedbed.engines.animatic.planes import to_rgb
from seedbed.engines.animatic.production import prepare
from seedbed.media.mark import mark_for

BUSY = "fast push in, then orbit left, lens breathing, cut to a close-up"


@pytest.fixture
def photo(tmp_path):
    return reference(save(tmp_path, texture()))


def test_a_fixed_camera_stands_still_whatever_the_prompt_says(photo):
    moving, fixed = task(BUSY, photo), replace(task(BUSY, photo), has_fixed_camera=True)

    still = film_of(fixed)

    assert psnr(still(0).y, still(24).y) > 45
    assert psnr(film_of(moving)(0).y, film_of(moving)(24).y) < 30


def test_a_fixed_camera_stands_still_on_a_slate(photo):
    fixed = replace(task(BUSY), has_fixed_camera=True)

    plan = prepare(fixed, lambda: NOBODY).plan

    assert [(cue.move.value, cue.words) for cue in plan.moves] == [("static", "camera_fixed")]
    assert len(plan.shots) == 1


def test_a_fixed_camera_goes_before_that_of_a_reference_video(tmp_path, photo):
    footage = reference(tmp_path / "never-read.mp4", Role.REFERENCE_VIDEO, 1, Kind.VIDEO)

    made = prepare(replace(task("a lake", photo, footage), has_fixed_camera=True), lambda: NOBODY)

    assert made.camera == {"follows": "prompt", "insteadOf": "mediaUrls[1]"}
    assert any("camera_fixed" in warning for warning in made.warnings)


@pytest.mark.parametrize("size", [Size(320, 180), Size(190, 318)], ids=str)
def test_the_mark_is_at_the_lower_right_and_nowhere_else(photo, size):
    plain = task("static shot", photo, size=size)

    bare, marked = (to_rgb(film_of(each)(24)) for each in (plain, replace(plain, wants_watermark=True)))

    changed = np.argwhere(np.abs(bare.astype(int) - marked).max(axis=2) > 12)
    mark = mark_for(size)
    assert changed[:, 0].min() >= mark.top_px
    assert changed[:, 1].min() >= mark.left_px
    assert len(changed) > 100


def test_the_mark_can_be_read_on_white_and_on_black(tmp_path):
    for level in (0, 255):
        canvas = Size(640, 360)
        pixels = np.full((360, 640, 3), level, np.uint8)
        made = replace(task("static shot", reference(save(tmp_path, pixels)), size=canvas), wants_watermark=True)

        luma = film_of(made)(12).y

        mark = mark_for(canvas)
        corner = luma[mark.top_px :, mark.left_px :].astype(int)
        assert corner.max() - corner.min() > 70
