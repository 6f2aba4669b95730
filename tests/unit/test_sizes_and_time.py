"""Sizes, ratios, frames and moments, and the samples."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core.models import NATIVE_ASPECT_RATIOS
from seedbed.core.samples import SAMPLE_PHOTOS, sample_for
from seedbed.core.sizes import SIZES, AspectRatio, Resolution, Size, nearest_aspect_ratio
from seedbed.core.timeline import FPS, frame_at, frame_count, time_of


def test_every_resolution_and_ratio_has_an_even_size():
    assert set(SIZES) == {(r, a) for r in Resolution for a in AspectRatio}
    assert all(size.width_px % 2 == size.height_px % 2 == 0 for size in SIZES.values())


@pytest.mark.parametrize(
    ("width", "height", "nearest"),
    [(4000, 3000, "1:1"), (1600, 900, "16:9"), (1500, 1000, "16:9"), (900, 1600, "9:16"), (512, 512, "1:1")],
)
def test_the_nearest_ratio_crops_least(width, height, nearest):
    assert nearest_aspect_ratio(Size(width, height), among=NATIVE_ASPECT_RATIOS) == nearest


@given(st.integers(0, 10**6))
def test_frames_and_moments_invert(frame):
    assert frame_at(time_of(frame)) == frame
    assert frame_at(time_of(frame) + Fraction(1, FPS + 1)) == frame


def test_a_clip_shows_its_first_and_its_last_moment():
    assert [frame_count(d) for d in (4, 5, 15)] == [97, 121, 361]
    assert time_of(frame_count(5) - 1) == 5


@pytest.mark.parametrize(
    "url",
    ["https://example.com/a.jpg", "https://cdn.example.org/x/y.png?q=1", "https://my.test/a", "http://EXAMPLE.com./b"],
)
def test_reserved_hosts_stand_for_a_photograph_that_depends_on_the_path_alone(url):
    assert sample_for(url) in SAMPLE_PHOTOS
    assert sample_for(url) == sample_for(url.replace("?q=1", "?q=2"))


@pytest.mark.parametrize(
    "url", ["https://example.co/a.jpg", "https://notexample.com/a.jpg", "https://example.com.evil.io/", "ftp://a.test/"]
)
def test_other_hosts_stand_for_themselves(url):
    assert sample_for(url) is None
