"""Reference sounds that are longer or shorter than the picture."""

import numpy as np
import pytest
from animatic_sounds import RATE_HZ, clicks, errors_s, song

from seedbed.engines.animatic.sound.beats import Beats, find_beats
from seedbed.engines.animatic.sound.fitting import Way, faded_in, faded_out, fit


def fitted(sound, length_s):
    return fit(sound, find_beats(sound, RATE_HZ), samples=round(length_s * RATE_HZ))


def voice(length_s):
    """Syllables at uneven moments."""
    chance = np.random.default_rng(8)
    loudness = np.interp(
        np.arange(round(length_s * RATE_HZ)), np.sort(chance.integers(0, length_s * RATE_HZ, 14)), chance.random(14)
    )
    return (0.2 * chance.standard_normal((1, len(loudness))) * loudness).astype(np.float32).repeat(2, axis=0)


def test_a_longer_sound_is_cut_and_fades_out():
    sound = np.full((2, 6 * RATE_HZ), 0.5, np.float32)
    made = fitted(sound, 4)

    assert made.way is Way.CUT
    assert made.sound.shape == (2, 4 * RATE_HZ)
    assert (made.sound[:, : 3 * RATE_HZ] == 0.5).all()
    assert abs(made.sound[0, -1]) < 1e-6
    assert np.abs(np.diff(made.sound[0], 2)).max() < 1e-4
    assert (sound == 0.5).all()


def test_a_sound_as_long_as_the_picture_is_left_alone():
    sound = song(100, 4.0).stereo
    made = fitted(sound, 4)

    assert made.way is Way.AS_IT_IS
    assert (made.sound == sound).all()


def test_a_sound_that_is_hardly_too_short_simply_ends():
    made = fitted(np.full((2, 4 * RATE_HZ), 0.5, np.float32), 4 + 1 / 24)

    assert made.way is Way.AS_IT_IS
    assert (made.sound[:, 4 * RATE_HZ :] == 0).all()
    assert np.abs(np.diff(made.sound[0])).max() < 0.01


@pytest.mark.parametrize(("bpm", "seed"), [(84, 1), (100, 2), (128, 3), (140, 4), (163, 5)])
def test_music_goes_round_from_beat_to_beat(bpm, seed):
    music = song(bpm, 4.3, seed=seed)
    made = fitted(music.stereo, 10)
    heard_again = find_beats(made.sound, RATE_HZ)

    assert made.way is Way.LOOPED
    assert made.sound.shape == (2, 10 * RATE_HZ)
    # The tempo holds across the joins: every gap between beats is a whole number of beats.
    gaps = np.diff(heard_again.times_s) * bpm / 60
    assert np.abs(gaps - np.round(gaps)).max() < 0.08
    assert np.median(errors_s(made.beats.times_s, np.array(heard_again.times_s))) < 0.02
    assert max(made.beats.times_s) > 9


def test_a_file_made_to_go_round_is_repeated_whole():
    bar_s = 4 * 60 / 120
    music = song(120, 2 * bar_s, start_s=0.0).stereo
    made = fitted(music, 9)

    assert made.way is Way.LOOPED
    inside = slice(200, 4 * RATE_HZ - 200)
    assert np.abs(made.sound[:, 4 * RATE_HZ : 8 * RATE_HZ][:, inside] - music[:, inside]).max() < 1e-6


def test_no_join_clicks():
    """A held tone with soft clicks shows a bad join at once; its own steepest bend is the measure."""
    at = np.arange(round(4.3 * RATE_HZ)) / RATE_HZ
    sound = (0.3 * np.sin(2 * np.pi * 233 * at)).astype(np.float32)
    beats = Beats(tuple(np.arange(0.31, 4.2, 0.5)), 0.5, 1.0)
    made = fit(np.stack([sound, sound]), beats, samples=9 * RATE_HZ)

    assert made.way is Way.LOOPED
    assert np.abs(np.diff(made.sound, 2)).max() < 1.5 * np.abs(np.diff(sound, 2)).max()


def test_a_voice_is_heard_once():
    made = fitted(voice(3.0), 8)

    assert made.way is Way.ENDED
    assert made.heard == 3 * RATE_HZ
    assert (made.sound[:, 3 * RATE_HZ :] == 0).all()
    assert np.abs(made.sound[:, 3 * RATE_HZ - 50 : 3 * RATE_HZ]).max() < 0.01


@pytest.mark.parametrize("length_s", [0.0005, 0.2, 0.4])
def test_what_is_shorter_than_a_beat_is_heard_once(length_s):
    made = fitted(clicks(120).stereo[:, : round(length_s * RATE_HZ)], 4)

    assert made.way is Way.ENDED
    assert made.sound.shape == (2, 4 * RATE_HZ)


def test_fades_begin_and_end_in_silence():
    sound = np.ones((2, RATE_HZ), np.float32)

    assert faded_out(sound, 0.1)[0, [0, -1]] == pytest.approx([1, 0], abs=1e-6)
    assert faded_in(sound, 0.1)[0, [0, -1]] == pytest.approx([0, 1], abs=1e-6)
