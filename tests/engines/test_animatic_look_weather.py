"""Weather of the same size on any frame: the same share of it is touched, and by as much, at 480p as at 1080p."""

import numpy as np
import pytest

from seedbed.core.sizes import Size
from seedbed.engines.animatic.effects import air, particles, tone
from seedbed.engines.animatic.film import Moment
from seedbed.engines.animatic.planes import Planes
from seedbed.engines.animatic.warp import CELL_PX, Mesh

SMALL, LARGE = Size(854, 480), Size(1920, 1080)


def grey(size, level=90):
    chroma = (size.height_px // 2, size.width_px // 2)
    return Planes(
        np.full((size.height_px, size.width_px), level, np.uint8),
        np.full(chroma, 128, np.uint8),
        np.full(chroma, 128, np.uint8),
    )


def moment(size, time_s=2.0):
    shape = (-(-size.height_px // CELL_PX) + 2, -(-size.width_px // CELL_PX) + 2)
    x, y = np.meshgrid(np.arange(shape[1]), np.arange(shape[0]))
    points = (np.stack([x, y], -1) * CELL_PX - CELL_PX / 2).astype(np.float32)
    return Moment(round(24 * time_s), time_s, Mesh(points, np.full(shape, 0.3, np.float32)), 1.0)


def touched(paint, size):
    """The share of the frame that stands out from its own middle level, and the mean change."""
    planes = grey(size)
    paint(planes, moment(size))
    luma = planes.y.astype(float)
    return (np.abs(luma - np.median(luma)) > 10).mean(), np.abs(luma - np.median(luma)).mean()


@pytest.mark.parametrize("effect", [particles.rain, particles.snow, particles.dust, particles.embers])
def test_particles_cover_the_same_share_of_a_small_frame_and_a_large_one(effect):
    small, large = (touched(effect(size, strength=1.0, seed=3), size) for size in (SMALL, LARGE))

    assert 0.66 < small[0] / large[0] < 1.5
    assert 0.66 < small[1] / large[1] < 1.5


@pytest.mark.parametrize("effect", [particles.rain, particles.snow, particles.embers])
@pytest.mark.parametrize("size", [SMALL, LARGE, Size(480, 854)])
def test_weather_can_be_seen_at_a_glance_and_does_not_hide_the_picture(effect, size):
    share, change = touched(effect(size, strength=1.0, seed=3), size)

    assert 0.008 < share < 0.25
    assert 0.5 < change < 12


def test_grain_is_as_coarse_on_a_large_frame_as_on_a_small_one():
    """Neighbours a five-hundredth of the height apart are alike by as much on either."""
    alike = []
    for size in (SMALL, LARGE):
        planes = grey(size)
        tone.film_grain(size, strength=1.0, seed=3)(planes, moment(size))
        luma, step = planes.y.astype(float) - planes.y.mean(), round(size.height_px / 480)
        alike.append((luma[:-step] * luma[step:]).mean() / luma.var())

    assert abs(alike[0] - alike[1]) < 0.3


def test_a_light_leak_leaves_what_is_white_white():
    size = Size(320, 180)
    planes = grey(size, 225)
    air.light_leak(size, strength=1.0, seed=3)(planes, moment(size))

    assert planes.y.max() <= 236
    assert (planes.y.astype(int) - 225).max() < 15


def test_fog_lies_on_the_far_more_than_on_the_near():
    size = Size(320, 180)
    covers = []
    for disparity in (0.05, 0.9):
        planes, at = grey(size, 20), moment(size, 3.0)
        at.mesh.disparity[:] = disparity
        air.fog(size, grey(size, 120), strength=1.0, seed=3)(planes, at)
        covers.append(planes.y.mean() - 20)

    assert covers[0] > 1.8 * covers[1] > 5
