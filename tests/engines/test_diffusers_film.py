"""The film: encoded while frames are drawn, with sound of any rate, and let go of whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from seedbed.core.engine import Stop
from seedbed.core.errors import EngineFailed
from seedbed.core.sizes import Size
from seedbed.engines.diffusers.adapter import Plan, Take, Wave
from seedbed.engines.diffusers.film import QUEUE_FRAMES, to_sound, write_film
from seedbed.media.pictures import Pixels

PLAN = Plan(prompt="", size=Size(64, 48), frames=9, fps=16, steps=1, seed=0)


def greys(count: int) -> Iterator[Pixels]:
    for number in range(count):
        yield np.full((48, 64, 3), 20 + number * 20 % 200, np.uint8)


def tone(rate_hz: int, *, channels: int = 2, seconds: float = 0.5) -> Wave:
    wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(int(rate_hz * seconds)) / rate_hz)
    return np.repeat(wave[None].astype(np.float32), channels, axis=0)


def film(take: Take, out: Path, *, heard: list[int] | None = None) -> int:
    told = heard if heard is not None else []
    return write_film(take, PLAN, out, tags={"engine": "x"}, drawn=lambda n, _: told.append(n), beat=lambda: None)


def test_every_frame_is_written_at_the_models_own_size_and_rate(tmp_path: Path) -> None:
    heard: list[int] = []

    count = film(Take(greys(9)), tmp_path / "a.mp4", heard=heard)

    with av.open(str(tmp_path / "a.mp4")) as made:
        frames = [frame.to_ndarray(format="rgb24") for frame in made.decode(video=0)]
        assert made.streams.video[0].average_rate == 16
        assert not made.streams.audio
    assert count == len(frames) == 9
    assert heard == list(range(1, 10))
    assert [round(float(frame.mean()), -1) for frame in frames[:3]] == [20, 40, 60]


@pytest.mark.parametrize(("rate_hz", "channels"), [(32_000, 2), (48_000, 2), (44_100, 1), (24_000, 1)])
def test_sound_of_any_rate_becomes_48_khz_stereo_of_the_same_length_and_pitch(rate_hz: int, channels: int) -> None:
    sound = to_sound(tone(rate_hz, channels=channels), rate_hz)

    assert sound.shape[0] == 2
    assert abs(sound.shape[1] - 24_000) <= 64
    middle = sound[0, 4000:20_000]
    assert 430 <= np.argmax(np.abs(np.fft.rfft(middle))) * 48_000 / len(middle) <= 450
    np.testing.assert_allclose(sound[0], sound[1], atol=1e-6)


def test_sound_that_is_too_loud_or_no_number_is_cut_and_never_wraps() -> None:
    wave = tone(48_000) * 8
    wave[:, 100] = np.nan

    sound = to_sound(wave, 48_000)

    assert np.isfinite(sound).all()
    assert np.abs(sound).max() <= 1.0


def test_sound_of_a_shape_that_is_none_is_refused() -> None:
    with pytest.raises(EngineFailed, match="shape"):
        to_sound(np.zeros((6, 100), np.float32), 48_000)


def test_sound_goes_into_the_file_beside_the_picture(tmp_path: Path) -> None:
    film(Take(greys(9), sound=tone(32_000), sound_rate_hz=32_000), tmp_path / "a.mp4")

    with av.open(str(tmp_path / "a.mp4")) as made:
        assert made.streams.audio[0].rate == 48_000
        assert made.streams.audio[0].layout.name == "stereo"


def test_a_take_without_a_frame_fails(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match="no frames"):
        film(Take(greys(0)), tmp_path / "a.mp4")


def test_a_stop_in_the_middle_lets_go_of_the_file_and_draws_no_more(tmp_path: Path) -> None:
    drawn = 0

    def frames() -> Iterator[Pixels]:
        nonlocal drawn
        for pixels in greys(500):
            drawn += 1
            yield pixels

    def stop(number: int, _: Pixels) -> None:
        if number == 3:
            raise Stop

    with pytest.raises(Stop):
        write_film(Take(frames()), PLAN, tmp_path / "a.mp4", tags={}, drawn=stop, beat=lambda: None)

    assert drawn == 3


def test_a_file_that_cannot_be_written_ends_it_although_more_frames_come_than_the_queue_holds(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        film(Take(greys(QUEUE_FRAMES * 4)), tmp_path / "nowhere" / "a.mp4")


def test_a_frame_of_another_size_than_the_plans_decides_the_films_size(tmp_path: Path) -> None:
    film(Take(iter([np.zeros((32, 32, 3), np.uint8)] * 5)), tmp_path / "a.mp4")

    with av.open(str(tmp_path / "a.mp4")) as made:
        assert (made.streams.video[0].width, made.streams.video[0].height) == (32, 32)
