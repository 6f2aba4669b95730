"""Pictures at the edge of what is taken: plain ones stay calm, the narrowest and smallest fill the frame, and the
frames that were promised come back out of the file."""

import av
import cv2
import numpy as np
import pytest
from animatic_footage import detailed
from animatic_scenes import NOBODY, SMALL, film_of, psnr, reference, save, somebody, task

from seedbed.core.references import Role
from seedbed.engines.animatic.engine import Animatic
from seedbed.engines.animatic.planes import from_rgb


def quiet(stage, fraction, *, preview=None):
    pass


@pytest.mark.parametrize("color", [(0, 0, 0), (255, 255, 255), (20, 120, 130)])
@pytest.mark.parametrize("prompt", ["", "orbit left", "dolly zoom"])
def test_a_picture_of_one_colour_stays_that_colour(tmp_path, color, prompt):
    plain = np.full((300, 450, 3), color, np.uint8)
    paint = film_of(task(prompt, reference(save(tmp_path, plain))))
    wanted = from_rgb(plain[:2, :2])

    for number in (0, 12, 24):
        for plane, value in zip(paint(number).each(), wanted.each(), strict=True):
            assert abs(plane.astype(int) - int(value[0, 0])).max() <= 1


def test_weather_on_black_is_seen_and_begins_from_nothing(tmp_path):
    paint = film_of(task("static, snow", reference(save(tmp_path, np.zeros((300, 300, 3), np.uint8)))))

    assert paint(0).y.max() <= 17
    assert 0.5 < paint(24).y.astype(float).mean() - 16 < 40


@pytest.mark.parametrize("shape", [(300, 750), (750, 300), (300, 300), (6000, 2400)])
def test_the_smallest_narrowest_and_largest_pictures_fill_the_frame(tmp_path, shape):
    picture = cv2.resize(detailed(480, 360), shape)
    paint = film_of(task("orbit left", reference(save(tmp_path, picture, "picture.bmp"))), somebody())
    frames = [paint(number).y for number in (11, 12, 24)]

    assert all(frame.shape == (SMALL.height_px, SMALL.width_px) for frame in frames)
    assert min(frame[rim].std() for frame in frames for rim in (0, -1)) > 3
    assert np.abs(frames[0].astype(int) - frames[1]).mean() < 6


@pytest.mark.parametrize(("role", "number"), [(Role.FIRST_FRAME, 0), (Role.LAST_FRAME, -1)])
def test_a_promised_frame_comes_back_out_of_the_file(tmp_path, role, number):
    picture = detailed(640, 360)
    engine = Animatic()
    engine._finder = NOBODY
    prompt = "push in, rain" if role is Role.FIRST_FRAME else "pull out, rain"
    out = tmp_path / "clip.mp4"
    engine.make(task(prompt, reference(save(tmp_path, picture), role), frames=49), out, quiet)
    with av.open(str(out)) as container:
        shown = list(container.decode(video=0))[number].to_ndarray()[: SMALL.height_px]
    wanted = from_rgb(cv2.resize(picture, (SMALL.width_px, SMALL.height_px), interpolation=cv2.INTER_AREA)).y

    assert psnr(shown, wanted) > 39
