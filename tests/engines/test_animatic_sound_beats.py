"""Beats of clicks and of songs whose tempo is known, and none where there are none."""

import numpy as np
import pytest
from animatic_sounds import RATE_HZ, chord, clicks, errors_s, song, triplets, waltz

from seedbed.engines.animatic.sound.beats import find_beats

TOLERANCE_S = 0.020


@pytest.mark.parametrize("bpm", [62, 75, 100, 133, 150, 170])
def test_every_click_is_a_beat_within_5_ms(bpm):
    track = clicks(bpm)
    found = find_beats(track.stereo, RATE_HZ)

    assert found.bpm == pytest.approx(bpm, rel=0.01)
    assert len(found.times_s) == len(track.beats_s)
    assert errors_s(found.times_s, track.beats_s).max() < 0.005


@pytest.mark.parametrize("bpm", [70, 84, 97, 113, 127, 144, 158, 170])
@pytest.mark.parametrize(
    "form",
    [{}, {"swing": 0.17}, {"missing": 0.3, "drums": 0.6}, {"noise": 0.06}, {"eighths": 0.8, "drums": 0.7}],
    ids=["plain", "swing", "weak beats", "hiss", "loud eighths"],
)
def test_the_beats_of_a_song_are_found_within_20_ms(bpm, form):
    music = song(bpm, seed=bpm, **form)
    found = find_beats(music.stereo, RATE_HZ)

    assert np.median(errors_s(found.times_s, music.beats_s)) <= TOLERANCE_S
    assert found.clarity > 0.6
    assert len(found.times_s) >= 0.4 * len(music.beats_s)


def test_a_waltz_without_a_kick_drum_is_heard_too():
    for bpm in (92, 118, 150):
        music = waltz(bpm)
        assert np.median(errors_s(find_beats(music.samples, RATE_HZ).times_s, music.beats_s)) <= TOLERANCE_S


@pytest.mark.parametrize("bpm", [52, 60, 66])
def test_the_eighths_of_a_slow_piece_are_not_taken_for_its_beat(bpm):
    music = song(bpm, seed=1)
    found = find_beats(music.samples, RATE_HZ)

    assert found.bpm == pytest.approx(bpm, rel=0.02)
    assert errors_s(found.times_s, music.beats_s).max() <= TOLERANCE_S


def test_two_of_three_triplets_are_not_taken_for_the_beat():
    for bpm in (66, 72, 90):
        music = triplets(bpm, level=0.4, seed=bpm)
        found = find_beats(music.samples, RATE_HZ)
        assert found.bpm == pytest.approx(bpm, rel=0.02)
        assert np.median(errors_s(found.times_s, music.beats_s)) <= TOLERANCE_S


def test_loudness_rate_and_inverted_sides_change_nothing():
    music = song(112, seed=4)
    usual = find_beats(music.samples, RATE_HZ).times_s
    quiet = find_beats(music.samples * 0.02, RATE_HZ).times_s
    inverted = find_beats(np.stack([music.samples, -music.samples]), RATE_HZ).times_s
    halved = find_beats(music.samples[::2], RATE_HZ // 2).times_s

    assert quiet == pytest.approx(usual, abs=0.01)
    assert inverted == pytest.approx(usual, abs=0.01)
    assert halved == pytest.approx(usual, abs=0.02)


def test_noise_speech_and_a_held_chord_have_no_clear_beat():
    chance = np.random.default_rng(5)
    noise = (0.1 * chance.standard_normal(8 * RATE_HZ)).astype(np.float32)
    loudness = np.interp(np.arange(len(noise)), np.sort(chance.integers(0, len(noise), 50)), chance.random(50) ** 2)

    for sound in (noise, noise * loudness.astype(np.float32), 0.1 * chord(chance, 8.0).astype(np.float32)):
        assert find_beats(sound, RATE_HZ).clarity < 0.45


@pytest.mark.parametrize("length_s", [0.0, 0.01, 0.3, 0.9])
def test_what_is_shorter_than_a_few_beats_has_none(length_s):
    assert find_beats(song(120).samples[: round(length_s * RATE_HZ)], RATE_HZ).times_s == ()


def test_silence_has_no_beats():
    assert find_beats(np.zeros((2, 5 * RATE_HZ), np.float32), RATE_HZ).times_s == ()
