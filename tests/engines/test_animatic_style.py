"""A style image lends its palette and contrast, and leaves skin, whites and smooth shades as they should be."""

import cv2
import numpy as np
import pytest
from animatic_scenes import SMALL, film_of, psnr, reference, save, task, texture

from seedbed.core.references import Role
from seedbed.engines.animatic.planes import to_rgb
from seedbed.engines.animatic.style import transfer


def lab(rgb):
    return cv2.cvtColor(np.asarray(rgb, np.float32).reshape(-1, 1, 3) / 255, cv2.COLOR_RGB2Lab).reshape(-1, 3)


def tinted(color, seed=5):
    """A picture whose colours lie about `color`."""
    return np.clip(texture(200, 120, seed) * 0.5 + np.array(color) * 0.5, 0, 255).astype(np.uint8)


BLUE, AMBER = tinted((30, 60, 190)), tinted((235, 160, 40))


def test_the_palette_goes_towards_the_style_but_not_all_the_way():
    before, after, style = (lab(rgb).mean(0) for rgb in (AMBER, transfer(AMBER, [BLUE]), BLUE))
    come = np.dot(after[1:] - before[1:], style[1:] - before[1:]) / np.sum((style[1:] - before[1:]) ** 2)

    assert 0.1 < come < 0.9
    assert np.linalg.norm(after[1:] - before[1:]) > 8


def test_two_styles_count_together():
    gray = np.full((64, 64, 3), 120, np.uint8)
    one, both = (lab(transfer(gray, styles)).mean(0) for styles in ([BLUE], [BLUE, AMBER]))

    assert np.linalg.norm(both[1:]) < 0.6 * np.linalg.norm(one[1:])


def test_contrast_comes_over_within_limits():
    flat = np.clip(110 + (texture(seed=2).astype(float) - 128) * 0.25, 0, 255).astype(np.uint8)
    harsh = np.where(texture(seed=4) > 128, 250, 5).astype(np.uint8)
    before, after = lab(flat)[:, 0].std(), lab(transfer(flat, [harsh]))[:, 0].std()

    assert 1.1 * before < after < 1.8 * before


@pytest.mark.parametrize("style", [BLUE, AMBER], ids=["blue", "amber"])
def test_white_stays_white_and_black_stays_black(style):
    picture = texture(200, 120)
    picture[:40, :40], picture[:40, 60:100] = 255, 0
    after = transfer(picture, [style])

    assert np.abs(after[5:35, 5:35].mean((0, 1)) - 255).max() < 3
    assert after[5:35, 65:95].mean((0, 1)).max() < 3


@pytest.mark.parametrize("skin", [(240, 200, 180), (200, 150, 120), (140, 95, 70), (90, 60, 45)])
def test_skin_changes_less_than_other_things_and_never_its_hue(skin):
    picture = texture(200, 120)
    picture[:40, :40], picture[:40, 60:100] = skin, (90, 140, 90)
    after = transfer(picture, [BLUE])
    patches = [(slice(5, 35), slice(5, 35)), (slice(5, 35), slice(65, 95))]
    before, graded = (np.array([lab(rgb[place]).mean(0) for place in patches]) for rgb in (picture, after))
    face, leaf = np.linalg.norm(graded[:, 1:] - before[:, 1:], axis=1)

    assert face < 0.7 * leaf
    assert graded[0, 1] > 0
    assert graded[0, 2] > 0


def test_a_smooth_ramp_stays_smooth():
    """No posterising and no contours: a ramp has as many shades as before, and no step that the eye could find."""
    ramp = np.repeat(np.linspace(20, 235, 1024)[None], 256, 0)[..., None] * np.array([1.0, 0.9, 0.8])
    ramp = ramp.astype(np.uint8)
    harsh = np.where(texture(seed=4) > 128, 250, 5).astype(np.uint8)
    columns = transfer(ramp, [harsh]).astype(float).mean(0)
    # The ramp's own whole numbers come every fifth column, in each channel at another; over 33 they even out.
    steps = np.diff(cv2.blur(columns, (1, 33)).reshape(1024, 3), axis=0)

    assert steps.min() > -0.03
    assert steps.max() < 0.5
    assert len(np.unique(np.round(columns[:, 0]))) > 180


@pytest.mark.parametrize("shade", [0, 128, 255])
@pytest.mark.parametrize("other", [0, 255])
def test_pictures_of_one_shade_neither_break_nor_are_broken(shade, other):
    plain, style = np.full((300, 300, 3), shade, np.uint8), np.full((64, 64, 3), other, np.uint8)
    after = transfer(plain, [style])

    assert after.astype(int).max() - after.min() <= 2
    assert np.isfinite(transfer(texture(200, 120), [style]).astype(float)).all()
    assert abs(after.mean() - shade) < 60


def test_no_style_is_no_change_and_equal_seeds_give_equal_pixels():
    picture = texture(200, 120)

    assert transfer(picture, []) is picture
    assert np.array_equal(transfer(picture, [BLUE], seed=3), transfer(picture, [BLUE], seed=3))


def test_a_clip_begins_with_its_first_frame_in_the_given_style(tmp_path):
    sent = [
        reference(save(tmp_path, texture(), "a.png")),
        reference(save(tmp_path, BLUE, "b.png"), Role.REFERENCE_IMAGE),
    ]
    first = to_rgb(film_of(task("push in", *sent))(0))
    plain, styled = (
        cv2.resize(rgb, (SMALL.width_px, SMALL.height_px), interpolation=cv2.INTER_AREA)
        for rgb in (texture(), transfer(texture(), [BLUE], seed=7))
    )

    assert psnr(first, styled) >= 40
    assert psnr(first, plain) < 30
