"""Subject and background: nothing smeared, no halo, straight things straight, sizes held."""

import cv2
import numpy as np
import pytest
from animatic_scenes import NOBODY, film_of, reference, save, task, texture

from seedbed.core.engine import Canvas
from seedbed.core.sizes import Size
from seedbed.engines.animatic.backdrop import paint_behind
from seedbed.engines.animatic.depth import look_around
from seedbed.engines.animatic.production import prepare
from seedbed.engines.animatic.stage import look_at, parallax_of
from seedbed.engines.animatic.subject import describe, outline_contrast


class Standing:
    """Finds a subject of known outline."""

    def __init__(self, mask):
        self.mask = mask

    def find(self, _rgb):
        return describe(self.mask)


def disc(side=320, radius=60, center=(160, 160)):
    mask = np.zeros((side, side), np.float32)
    cv2.circle(mask, center, radius, 1.0, -1)
    return mask


def stained(seed=5):
    """(360, 640, 3): fine noise, the same everywhere, and a red disc before it."""
    chance = np.random.default_rng(seed)
    pixels = np.clip(chance.normal(110, 30, (360, 640, 1)), 0, 255).repeat(3, 2).astype(np.uint8)
    mask = cv2.resize(disc(), (640, 360)) > 0.5
    pixels[mask] = (220, 20, 20)
    return pixels, mask.astype(np.float32)


def test_what_is_painted_behind_a_subject_has_its_surroundings_grain_and_none_of_its_colour():
    pixels, mask = stained()
    behind = paint_behind(pixels, mask).astype(float)
    ring = (cv2.erode(mask, np.ones((7, 7))) > 0) & (cv2.erode(mask, np.ones((31, 31))) == 0)

    assert (behind[..., 0] - behind[..., 1])[ring].mean() < 12
    assert behind[..., 1][ring].std() > 0.6 * 30
    assert abs(behind[..., 1][ring].mean() - 110) < 8


def test_painting_behind_leaves_everything_else_alone_and_is_always_the_same():
    pixels, mask = stained()
    one, again = paint_behind(pixels, mask), paint_behind(pixels, mask)
    far = cv2.dilate(mask, np.ones((61, 61))) == 0

    assert np.array_equal(one[far], pixels[far])
    assert np.array_equal(one, again)


def test_a_subject_that_fills_nearly_everything_still_gets_a_background():
    pixels = texture()
    full = np.ones(pixels.shape[:2], np.float32)
    full[:, :4] = 0

    assert paint_behind(pixels, full).shape == pixels.shape


def test_an_orbit_leaves_no_pale_rim_beside_the_subject(tmp_path):
    """A red disc before dark cloth: beside it only cloth is seen, before the move and after it."""
    pixels = np.full((720, 1280, 3), 40, np.uint8)
    pixels = np.clip(pixels + np.random.default_rng(1).normal(0, 4, pixels.shape), 0, 255).astype(np.uint8)
    mask = cv2.resize(disc(), (1280, 720))
    soft = cv2.GaussianBlur(mask, (0, 0), 2)[..., None]
    pixels = (pixels * (1 - soft) + np.array([230, 200, 190]) * soft).astype(np.uint8)
    clip = task("orbit right", reference(save(tmp_path, pixels)), size=Size(640, 360), frames=49)
    luma = film_of(clip, Standing(disc()))(48).y

    lit = (luma > 150).astype(np.uint8)
    beside = (cv2.dilate(lit, np.ones((41, 41))) == 1) & (cv2.dilate(lit, np.ones((13, 13))) == 0)
    assert luma[beside].max() < 90


def posts():
    """(720, 1280, 3): a night sky over a plain, and upright posts before both."""
    pixels = np.zeros((720, 1280, 3), np.uint8)
    pixels[:] = np.linspace(60, 160, 720)[:, None, None] * np.array([0.5, 0.7, 1.0])
    pixels[500:] = (60, 70, 40)
    for x in range(160, 1280, 240):
        pixels[40:680, x : x + 14] = 235
    return pixels


def test_an_orbit_does_not_bend_what_stands_upright(tmp_path):
    clip = task("orbit right", reference(save(tmp_path, posts())), size=Size(640, 360), frames=49)
    first, last = (film_of(clip)(n).y.astype(float) for n in (0, 48))

    for luma in (first, last):
        lit = np.where(luma > 190, luma - 190, 0)
        for left in (90, 210, 330, 450):
            band = lit[60:300, left - 60 : left + 60]
            rows = np.flatnonzero(band.sum(1) > 100)
            if len(rows) < 100:
                continue
            middle = (band[rows] * np.arange(120)).sum(1) / band[rows].sum(1)
            line = np.polyval(np.polyfit(rows, middle, 1), rows)
            assert np.abs(middle - line).max() < 1.0
    assert np.abs(first - last).mean() > 2


def test_posts_are_upright_and_clouds_are_not():
    assert look_around(posts()).upright > 0.8
    assert look_around(texture(1280, 720)).upright == 0


@pytest.mark.parametrize("seconds", [1, 4])
def test_a_dolly_zoom_keeps_the_subject_as_wide_as_it_was(tmp_path, seconds):
    pixels = texture(1280, 720) // 4
    shape = cv2.resize(disc(), (1280, 720)) > 0.5
    pixels[shape] = 240
    frames = 24 * seconds + 1
    clip = task("dolly zoom", reference(save(tmp_path, pixels)), size=Size(640, 360), frames=frames)
    paint = film_of(clip, Standing(disc()))
    widths = [int(((paint(n).y > 150).sum(0) > 6).sum()) for n in np.linspace(0, frames - 1, 5).astype(int)]

    assert min(widths) > 100
    assert max(widths) - min(widths) <= 0.03 * widths[0]


def test_hair_against_hair_is_not_cut_out():
    """The mask is sure of itself, but there is no outline in the picture to cut along."""
    plain, clear = np.full((360, 640, 3), 100, np.uint8), stained()[0]
    canvas = Canvas(Size(320, 180), 25, 24)
    same, other = (look_at(pixels, canvas.size, Standing(disc())) for pixels in (plain, clear))

    assert outline_contrast(plain, disc()) == 0
    assert not same.traits.has_subject
    assert other.traits.has_subject
    assert parallax_of(same) < parallax_of(other)


def test_fog_hides_the_far_more_than_the_subject(tmp_path):
    stripes = np.where(np.arange(640) // 12 % 2, 200, 40).astype(np.uint8)
    pixels = np.broadcast_to(stripes[None, :, None], (360, 640, 3)).copy()
    pixels[(cv2.resize(disc(), (640, 360)) > 0.5)[..., None] & (np.arange(3) == 2)] = 255
    clip = task("static camera, fog", reference(save(tmp_path, pixels)), frames=73)
    known, unknown = (film_of(clip, finder)(72).y[70:110, 140:180].std() for finder in (Standing(disc()), NOBODY))

    assert known > 1.15 * unknown


def test_the_last_frame_of_an_orbit_lies_inside_the_picture(tmp_path):
    """A picture with a frame around it: the frame's colour may come into view, nothing beyond it may be made up."""
    pixels = texture(1280, 720)
    stage = prepare(task("orbit left", reference(save(tmp_path, pixels)), frames=49), lambda: NOBODY)
    _, mesh = stage.film.make_drawer()(48)
    inside = mesh.points[1:-1, 1:-1]

    assert inside[..., 0].min() > -9
    assert inside[..., 0].max() < 320 + 9
