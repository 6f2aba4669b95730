"""Single frames of the animatic, before they are encoded: what they show, and that they move as they were told."""

import cv2
import numpy as np
import pytest
from animatic_scenes import NOBODY, SMALL, film_of, motion, psnr, reference, save, somebody, task, texture

from seedbed.core.references import Role
from seedbed.core.sizes import Size
from seedbed.engines.animatic.planes import from_rgb, to_rgb
from seedbed.engines.animatic.production import prepare


@pytest.fixture
def picture(tmp_path):
    return reference(save(tmp_path, texture()))


def fitted(pixels, size):
    return cv2.resize(pixels, (size.width_px, size.height_px), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("prompt", ["push in, heavy rain", "static camera, fog", "aerial drone shot, snow at night"])
def test_frame_0_is_the_first_picture_and_nothing_else(picture, prompt):
    for subject in (NOBODY, somebody()):
        assert psnr(to_rgb(film_of(task(prompt, picture), subject)(0)), fitted(texture(), SMALL)) >= 40


@pytest.mark.parametrize("prompt", ["orbit left", "pan right and tilt up", "handheld", "pull out", "dolly zoom"])
def test_frame_0_is_a_flat_crop_where_the_move_needs_room(picture, prompt):
    first = film_of(task(prompt, picture), somebody())(0).y
    whole = from_rgb(texture()).y
    matches = []
    for width in range(320, 640, 4):
        scaled = cv2.resize(whole, (width, round(width * 360 / 640)), interpolation=cv2.INTER_AREA)
        if scaled.shape[0] >= 180:
            matches.append(cv2.matchTemplate(scaled, first, cv2.TM_CCOEFF_NORMED).max())

    assert max(matches) > 0.985


def test_the_first_frame_needs_no_mending_that_could_be_seen(picture):
    """Without its anchor frame 0 is still nearly the picture; the anchor only takes out what resampling leaves."""
    film = prepare(task("push in", picture), somebody).film
    drawn, _ = film.make_drawer()(0)

    assert psnr(drawn.y, from_rgb(fitted(texture(), SMALL)).y) >= 33


def test_the_last_frame_is_the_last_picture(tmp_path):
    other = texture(seed=11)
    clip = task(
        "rain",
        reference(save(tmp_path, texture(), "a.png")),
        reference(save(tmp_path, other, "b.png"), Role.LAST_FRAME, 1),
    )
    paint = film_of(clip)
    first, last = to_rgb(paint(0)), to_rgb(paint(24))

    assert psnr(first, fitted(texture(), SMALL)) >= 40
    views = [cv2.resize(other, (width, width * 9 // 16)) for width in range(320, 420, 4)]
    assert max(cv2.matchTemplate(view, last, cv2.TM_CCOEFF_NORMED).max() for view in views) > 0.98
    assert psnr(paint(24).y, film_of(clip)(24).y) == 99.0


def test_a_last_picture_alone_ends_the_clip(tmp_path):
    last = film_of(task("pull out, rain", reference(save(tmp_path, texture()), Role.LAST_FRAME)))(24)

    assert psnr(to_rgb(last), fitted(texture(), SMALL)) >= 40


def test_two_views_of_one_thing_are_morphed(tmp_path):
    wide = texture(704, 396)
    left, right = wide[18:378, 0:640], wide[18:378, 24:664]
    clip = task(
        "",
        reference(save(tmp_path, left, "a.png")),
        reference(save(tmp_path, right, "b.png"), Role.LAST_FRAME, 1),
    )
    paint = film_of(clip)
    middle = fitted(wide[18:378, 12:652], SMALL)

    assert psnr(to_rgb(paint(0)), fitted(left, SMALL)) >= 40
    assert psnr(to_rgb(paint(24)), fitted(right, SMALL)) >= 40
    # Half way the picture has come half way; a mere dissolve would show both, and fall below.
    assert psnr(paint(12).y[10:-10, 20:-20], from_rgb(middle).y[10:-10, 20:-20]) >= 30


@pytest.mark.parametrize(("prompt", "grows"), [("push in", True), ("pull out", False)])
def test_a_push_magnifies_and_a_pull_shrinks(picture, prompt, grows):
    paint = film_of(task(prompt, picture))
    scale, *_ = motion(paint(0).y, paint(24).y)

    assert (scale > 1.08) if grows else (scale < 0.93)


@pytest.mark.parametrize(
    ("prompt", "axis", "sign"),
    [
        ("pan right", "x", -1),  # the camera turns right, so the picture goes left
        ("pan left", "x", 1),
        ("tilt up", "y", 1),
        ("tilt down", "y", -1),
        ("truck right", "x", -1),
        ("crane up", "y", 1),
    ],
)
def test_the_picture_goes_against_the_camera(picture, prompt, axis, sign):
    paint = film_of(task(prompt, picture))
    _, _, shift_x, shift_y = motion(paint(10).y, paint(14).y)
    along, across = (shift_x, shift_y) if axis == "x" else (shift_y, shift_x)

    assert sign * along > 2
    assert abs(across) < 0.5


def test_a_camera_that_rolls_clockwise_turns_the_picture_the_other_way(picture):
    paint = film_of(task("camera rolls clockwise", picture))
    _, angle, *_ = motion(paint(10).y, paint(14).y)

    assert np.rad2deg(angle) < -0.5


def test_a_static_camera_does_not_move_at_all(picture):
    paint = film_of(task("static camera", picture))

    assert np.array_equal(paint(9).y, paint(24).y)


def test_a_dolly_zoom_holds_the_subject_while_the_background_opens(tmp_path):
    paint = film_of(task("dolly zoom", reference(save(tmp_path, texture()))), somebody())
    before, after = paint(0).y, paint(24).y
    middle = (slice(58, 122), slice(128, 192))
    subject, *_ = motion(np.ascontiguousarray(before[middle]), np.ascontiguousarray(after[middle]))
    everything, *_ = motion(before, after)

    assert subject == pytest.approx(1, abs=0.05)
    assert everything < 0.95


def test_an_orbit_moves_the_background_against_the_subject(tmp_path):
    paint = film_of(task("orbit right", reference(save(tmp_path, texture())), frames=97), somebody())
    before, after = paint(0).y, paint(96).y
    _, _, subject_x, _ = motion(
        np.ascontiguousarray(before[58:122, 128:192]), np.ascontiguousarray(after[58:122, 128:192])
    )
    _, _, behind_x, _ = motion(np.ascontiguousarray(before[5:50]), np.ascontiguousarray(after[5:50]))

    assert abs(subject_x) < 3
    assert behind_x > subject_x + 4


def test_motion_is_even_over_the_seam_of_the_two_halves(picture):
    paint = film_of(task("pan right", picture, frames=97))
    steps = [motion(paint(n).y, paint(n + 1).y)[2] for n in range(44, 53)]

    assert max(steps) - min(steps) < 0.15


@pytest.mark.parametrize("size", [Size(180, 320), Size(240, 240), Size(322, 178)])
@pytest.mark.parametrize("shape", [(640, 360), (300, 300), (300, 700)])
def test_any_picture_fits_any_even_canvas(tmp_path, size, shape):
    paint = film_of(task("orbit left, fog, light leak", reference(save(tmp_path, texture(*shape))), size=size))

    for number in (0, 12, 24):
        planes = paint(number)
        assert planes.y.shape == (size.height_px, size.width_px)
        assert planes.u.shape == planes.v.shape == (size.height_px // 2, size.width_px // 2)
        assert planes.y.std() > 5


def test_a_tall_subject_keeps_its_head_in_a_wide_frame(tmp_path):
    """A marker at the crown of a standing subject stays visible, although the crop loses half of the picture."""
    pixels = np.full((600, 600, 3), 90, np.uint8)
    pixels[60:600, 200:400] = 150
    pixels[62:80, 280:320] = (255, 0, 0)
    mask = np.zeros((320, 320), np.float32)
    mask[32:, 107:213] = 1
    person = somebody()
    person.mask = mask
    paint = film_of(task("push in", reference(save(tmp_path, pixels)), frames=97), person)

    for number in (0, 48, 96):
        rgb = to_rgb(paint(number)).astype(int)
        assert ((rgb[..., 0] - rgb[..., 1]) > 120).sum() > 40
