"""Frames drawn from what a codec's model decodes, whole and in windows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from seedbed.core.engine import Stop
from seedbed.engines.diffusers.adapters.drawing import Levels, Windows, draw, draw_in_windows

WINDOWS = Windows(size=8, stride=6)


def _decode(latents: Any) -> Any:
    """Decode as a causal codec does: the first latent is one frame, every other eight, all alike."""
    clip = torch.cat([latents[:, :, :1], latents[:, :, 1:].repeat_interleave(8, dim=2)], dim=2)
    return clip.expand(1, 3, -1, 4, 6).clone()


def _latents(number: int) -> Any:
    """Return latents that differ: each is a grey of its own."""
    return torch.linspace(-1, 1, number).view(1, 1, -1, 1, 1)


@pytest.mark.parametrize("number", [1, 2, 8, 9, 10, 15, 16, 17, 31])
def test_windows_draw_the_frames_of_the_whole_clip_each_in_its_place(number: int) -> None:
    latents = _latents(number)
    whole = np.stack(list(draw(_decode(latents))))

    drawn = np.stack(list(draw_in_windows(latents, _decode, WINDOWS, frames_per_latent=8, beat=lambda: None)))

    np.testing.assert_array_equal(drawn, whole)


def test_where_windows_meet_the_earlier_fades_into_the_later() -> None:
    def decode(latents: Any) -> Any:
        level = -1.0 if latents[0, 0, 0] < -0.9 else 1.0  # the first window is black, the second white
        return torch.full((1, 3, (latents.shape[2] - 1) * 8 + 1, 2, 2), level)

    light = [
        frame.mean() for frame in draw_in_windows(_latents(15), decode, WINDOWS, frames_per_latent=8, beat=lambda: None)
    ]

    assert len(light) == 113
    assert light[:50] == [0] * 50
    assert light[65:] == [255] * 48
    assert np.diff(light[49:66]).min() > 10


def test_the_next_window_is_decoded_before_the_frames_of_the_last_are_used() -> None:
    decoded: list[int] = []

    def decode(latents: Any) -> Any:
        decoded.append(latents.shape[2])
        return _decode(latents)

    frames = draw_in_windows(_latents(16), decode, WINDOWS, frames_per_latent=8, beat=lambda: None)

    next(frames)
    assert decoded == [9, 9]


def test_a_stop_between_windows_passes_through() -> None:
    def stop() -> None:
        raise Stop

    with pytest.raises(Stop):
        list(draw_in_windows(_latents(16), _decode, WINDOWS, frames_per_latent=8, beat=stop))


def test_levels_are_rounded_to_the_nearest_and_kept_in_range() -> None:
    clip = torch.tensor([-2.0, -1.0, 0.0, 0.999, 2.0]).view(1, 1, -1, 1, 1).expand(1, 3, -1, 1, 1)

    assert [int(frame[0, 0, 0]) for frame in draw(clip)] == [0, 0, 128, 255, 255]


def test_each_colour_has_its_own_levels() -> None:
    (frame,) = draw(torch.ones(1, 3, 1, 1, 1), Levels((0.1, 0.2, 0.3), (0.0, 0.1, 0.2)))

    assert frame[0, 0].tolist() == [26, 76, 128]
