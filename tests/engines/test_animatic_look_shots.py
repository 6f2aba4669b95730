"""Several shots in one clip: hard cuts on the frame, a view of its own for each, weather over all of them."""

import numpy as np
import pytest
from animatic_scenes import NOBODY, film_of, motion, psnr, reference, save, somebody, task, texture

from seedbed.core.references import Role
from seedbed.core.shotplan.planner import plan_shot
from seedbed.core.shotplan.vocabulary import Framing
from seedbed.engines.animatic.lexicons import load_lexicons
from seedbed.engines.animatic.passage import dissolve_of, melt
from seedbed.engines.animatic.planes import from_rgb
from seedbed.engines.animatic.production import prepare
from seedbed.engines.animatic.shots import frames_of, framings_of

THREE = "slow push in. Cut to a close-up, pan left. Cut to a wide shot, pull out"


@pytest.fixture
def picture(tmp_path):
    return reference(save(tmp_path, texture(1280, 720)))


def likeness(one, other):
    return np.corrcoef(one.ravel()[::7], other.ravel()[::7])[0, 1]


def test_a_cut_falls_between_two_frames_and_nowhere_else(picture):
    calm = THREE.replace("pan left", "static camera").replace("pull out", "static camera")
    film = prepare(task(calm, picture, frames=49), lambda: NOBODY).film
    paint = film.painter()
    luma = [paint(n).y for n in range(49)]
    jumps = [n for n in range(1, 49) if likeness(luma[n - 1], luma[n]) < 0.9]

    assert len(film.cuts) == 2
    assert jumps == list(film.cuts)


def test_a_close_shot_shows_the_subject_larger(picture):
    film = prepare(task(THREE, picture, frames=49), somebody).film
    paint = film.painter()
    wide, close = paint(film.cuts[0] - 1).y, paint(film.cuts[0]).y
    scale, *_ = motion(wide, close)

    assert scale > 1.15


def test_frames_do_not_depend_on_the_order_they_are_asked_in(picture):
    film = prepare(task(THREE + ", snow", picture, frames=49), lambda: NOBODY).film
    forth, back = film.painter(), film.painter()
    numbers = [0, *film.cuts, film.cuts[0] - 1, 48]
    one = {n: forth(n).y for n in numbers}
    other = {n: back(n).y for n in reversed(numbers)}

    assert all(np.array_equal(one[n], other[n]) for n in numbers)


def test_weather_goes_on_over_a_cut(tmp_path):
    grey = reference(save(tmp_path, np.full((360, 640, 3), 90, np.uint8)))
    film = prepare(task("snow, static camera. Cut to a close-up, static camera", grey, frames=49), lambda: NOBODY).film
    paint = film.painter()
    cut = film.cuts[0]
    before, at = paint(cut - 1).y.astype(float), paint(cut).y.astype(float)

    assert before.std() > 3
    assert likeness(before, at) > 0.5


def test_every_shot_has_a_frame_even_in_the_shortest_clip():
    shots = plan_shot(THREE, load_lexicons()).shots

    assert [len(span) for span in frames_of(shots, 3)] == [1, 1, 1]
    assert sum(len(span) for span in frames_of(shots, 121)) == 121


def test_a_shot_that_asks_for_no_view_takes_another_than_the_one_before():
    shots = plan_shot("push in. Cut to a pan left. Cut to a pan right", load_lexicons()).shots

    framings = framings_of(shots)

    assert framings[1:] == [Framing.CLOSE, Framing.WIDE]


def test_two_pictures_and_a_cut_are_not_dissolved(tmp_path):
    pictures = (
        reference(save(tmp_path, texture(), "a.png")),
        reference(save(tmp_path, texture(seed=11), "b.png"), Role.LAST_FRAME, 1),
    )
    made = prepare(task("static camera. Cut to a static camera", *pictures, frames=49), lambda: NOBODY)
    paint, (cut,) = made.film.painter(), made.film.cuts

    assert made.kind == "cuts"
    assert likeness(paint(0).y, paint(cut - 1).y) > 0.95
    assert likeness(paint(cut).y, paint(48).y) > 0.95
    assert likeness(paint(cut - 1).y, paint(cut).y) < 0.5


@pytest.mark.parametrize("prompt", ["push in", "pan right", "truck left"])
def test_both_pictures_move_alike_through_a_dissolve(tmp_path, prompt):
    """Shown alone just before and just after it, they go the same way at nearly the same pace."""
    pictures = (
        reference(save(tmp_path, texture(960, 540), "a.png")),
        reference(save(tmp_path, texture(960, 540, seed=11), "b.png"), Role.LAST_FRAME, 1),
    )
    paint = film_of(task(prompt, *pictures, frames=73))
    begin, end = dissolve_of(73, 24)
    before = np.array(motion(paint(begin - 6).y, paint(begin).y))
    after = np.array(motion(paint(end).y, paint(end + 6).y))

    # A zoom of a percent moves the rim of this canvas by about 1.6 px.
    assert np.abs(before - after)[[2, 3]].max() < 2.0
    assert abs(before[0] - after[0]) < 0.012


def test_a_dissolve_lasts_between_six_tenths_of_a_second_and_twelve():
    for frames in (73, 97, 121, 241, 361):
        begin, end = dissolve_of(frames, 24)
        assert 0.55 <= (end - begin) / 24 <= 1.3


def test_what_is_lighter_comes_first_and_goes_last():
    dark, light = (from_rgb(np.full((32, 32, 3), level, np.uint8)) for level in (40, 200))
    coming, going = melt(dark, light, 0.5).y.mean(), melt(light, dark, 0.5).y.mean()

    assert coming > 1.2 * (dark.y.mean() + light.y.mean()) / 2
    assert going > 1.2 * (dark.y.mean() + light.y.mean()) / 2
    assert psnr(melt(dark, light, 1.0).y, light.y) == 99.0


def test_a_cut_to_another_hour_has_its_light_at_once(tmp_path):
    grey = reference(save(tmp_path, np.full((360, 640, 3), 120, np.uint8)))
    film = prepare(task("static camera. Cut to the same at night, static camera", grey, frames=49), lambda: NOBODY).film
    paint = film.painter()
    day, night = paint(film.cuts[0] - 1).y.mean(), paint(film.cuts[0]).y.mean()

    assert night < day - 15
    assert abs(paint(48).y.mean() - night) < 1
