"""Weather, light and film: that each can be seen, and is what it says."""

import numpy as np
import pytest
from animatic_scenes import SMALL, film_of, reference, save, task

from seedbed.core.sizes import Size

GREY = np.full((360, 640, 3), 100, np.uint8)


@pytest.fixture
def grey(tmp_path):
    """A picture without anything in it, so that whatever is seen is the effect."""
    return reference(save(tmp_path, GREY))


def frame(prompt, picture, number=20, seed=7, size=SMALL):
    return film_of(task(f"static camera, {prompt}", picture, frames=49, seed=seed, size=size))(number)


def test_rain_is_bright_streaks_that_are_taller_than_wide(grey):
    y = frame("rain", grey, size=Size(640, 360)).y.astype(float)
    drops = y > np.median(y) + 12

    assert 0.005 < drops.mean() < 0.2
    assert np.abs(np.diff(y, axis=1)).mean() > 2 * np.abs(np.diff(y, axis=0)).mean()


def test_snow_is_bright_flakes_that_fall(grey):
    paint = film_of(task("static camera, snow", grey, frames=49))
    one, next_one = (paint(n).y.astype(np.float32) for n in (24, 26))
    shift = np.fft.fft2(one - one.mean()) * np.conj(np.fft.fft2(next_one - next_one.mean()))
    moved = np.abs(np.fft.ifft2(shift / (np.abs(shift) + 1e-6)))
    row = np.unravel_index(np.argmax(moved), moved.shape)[0]

    assert (one > np.median(one) + 30).mean() > 0.005
    assert row > moved.shape[0] / 2  # the second is the first, further down


def test_fog_takes_contrast_from_a_picture(tmp_path):
    stripes = np.repeat(np.where(np.arange(640) // 40 % 2, 210, 30).astype(np.uint8)[None, :, None], 360, 0)
    picture = reference(save(tmp_path, np.repeat(stripes, 3, 2)))

    clear, fog, thick = (frame(words, picture, 40).y.std() for words in ("", "fog", "thick fog"))

    assert fog < 0.75 * clear
    assert thick < fog


def test_embers_glow_orange(grey):
    planes = frame("embers", grey)
    hot = planes.v.astype(int) - planes.u.astype(int) > 30

    assert hot.mean() > 0.004
    assert planes.y.max() > 180


def test_dust_is_fainter_than_snow(grey):
    dust, snow = (frame(words, grey).y.astype(float).std() for words in ("dust", "snow"))

    assert 0.5 < dust < snow


def test_fire_flickers_and_warms(grey):
    paint = film_of(task("static camera, candlelight", grey, frames=97))
    frames = [paint(n) for n in range(40, 90, 3)]
    lights = [float(planes.y.mean()) for planes in frames]

    assert max(lights) - min(lights) > 3
    assert frames[0].v.mean() > frames[0].u.mean() + 4


def test_a_light_leak_brightens_one_side(grey):
    y = frame("light leak", grey, 40).y.astype(float)

    assert abs(y[:, :40].mean() - y[:, -40:].mean()) > 15


def test_film_grain_changes_every_frame_but_not_the_mean(grey):
    paint = film_of(task("static camera, film grain", grey, frames=49))
    one, next_one = paint(30).y.astype(float), paint(31).y.astype(float)

    assert 0.5 < one.std() < 3
    assert abs(np.corrcoef(one.ravel(), next_one.ravel())[0, 1]) < 0.2
    assert abs(one.mean() - next_one.mean()) < 0.3


def test_black_and_white_holds_from_the_first_frame(tmp_path):
    red = GREY.copy()
    red[..., 0] = 220
    paint = film_of(task("black and white, push in", reference(save(tmp_path, red))))

    for number in (0, 12, 24):
        planes = paint(number)
        assert planes.u.min() == planes.u.max() == 128
        assert planes.v.min() == planes.v.max() == 128


def test_lens_breathing_moves_a_static_camera(tmp_path):
    dots = np.zeros((360, 640, 3), np.uint8)
    dots[::40, ::40] = 255
    paint = film_of(task("static camera, lens breathing", reference(save(tmp_path, dots)), frames=49))

    assert not np.array_equal(paint(0).y, paint(36).y)


@pytest.mark.parametrize(("hour", "warmer", "darker"), [("golden hour", True, False), ("night", False, True)])
def test_an_hour_has_its_light(grey, hour, warmer, darker):
    plain, lit = frame("", grey, 40), frame(hour, grey, 40)
    warmth = (lit.v.mean() - lit.u.mean()) - (plain.v.mean() - plain.u.mean())

    assert (warmth > 5) if warmer else (warmth < -5)
    assert (lit.y.mean() < plain.y.mean() - 15) == darker


@pytest.mark.parametrize("effect", ["rain", "snow", "fog", "embers", "dust", "candlelight", "light leak", "film grain"])
def test_effects_ramp_in_from_nothing(grey, effect):
    plain = frame("", grey, 0)
    paint = film_of(task(f"static camera, {effect}", grey, frames=49))
    change = [np.abs(paint(n).y.astype(float) - plain.y).mean() for n in (0, 3, 30)]

    assert change[0] == 0
    assert change[1] < change[2]


def test_the_same_seed_gives_the_same_frames_and_another_seed_others(grey):
    clip = "static camera, rain, snow, fog, embers, dust, candlelight, light leak, film grain"
    one, again, other = (frame(clip, grey, 30, seed) for seed in (1, 1, 2))

    assert all(np.array_equal(a, b) for a, b in zip(one.each(), again.each(), strict=True))
    assert np.abs(one.y.astype(int) - other.y).mean() > 1


def test_frames_do_not_depend_on_the_order_in_which_they_are_drawn(grey):
    clip = task("handheld, snow, film grain", grey)
    forward, backward = film_of(clip), film_of(clip)
    first = [forward(n).y for n in range(10, 14)]
    second = [backward(n).y for n in (13, 12, 11, 10)][::-1]

    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
