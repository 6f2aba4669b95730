"""Any sound becomes 48 kHz stereo of the picture's length: the same tone, as loud, never clipping, in its place."""

import numpy as np
import pytest
from conform_makers import decoded, grey, tone, write_clip
from media_makers import TAGS

from seedbed.core.engine import Canvas
from seedbed.core.sizes import Size
from seedbed.media.conform import conform
from seedbed.media.soundtrack import MAX_TRUE_PEAK, sound_of, true_peak

CANVAS = Canvas(Size(96, 96), 49, 24)
SAMPLES = 98_000


def clip_with(path, sound, **how):
    return write_clip(path, [grey(np.full((96, 96), 90, np.uint8)) for _ in range(49)], sound=sound, **how)


def heard(path):
    return sound_of(path, "webm" if path.suffix == ".webm" else "mp4", CANVAS, watch=lambda: None)


def distortion(wave, hertz):
    """Return what is not the tone, in parts of the tone. Source: a least-squares fit of one sine."""
    time_s = np.arange(len(wave)) / 48_000
    waves = np.stack([np.sin(2 * np.pi * hertz * time_s), np.cos(2 * np.pi * hertz * time_s)], axis=1)
    fit = waves @ np.linalg.lstsq(waves, wave, rcond=None)[0]
    return float(np.linalg.norm(wave - fit) / np.linalg.norm(fit))


def test_a_mono_tone_of_32_khz_is_the_same_tone_in_both_channels_and_as_loud(tmp_path):
    source = clip_with(
        tmp_path / "a.mov", tone(hertz=997, seconds=2.2, rate=32_000), rate=32_000, layout="mono",
        sound_codec="pcm_s16le",
    )  # fmt: skip

    sound = heard(source)

    assert sound.shape == (2, SAMPLES)
    assert np.array_equal(sound[0], sound[1])
    assert distortion(sound[0, 4800:-4800], 997) < 1e-4  # -80 dB; measured: -89, the noise of 16 bits
    assert abs(np.abs(sound[0, 4800:-4800]).max() - 0.5) < 0.001


def test_the_tone_is_still_clean_in_the_finished_file(tmp_path):
    source = clip_with(tmp_path / "a.mp4", tone(hertz=997, seconds=2.2, rate=48_000, channels=2))

    got = conform(source, tmp_path / "o.mp4", canvas=CANVAS, wants_audio=True, tags=TAGS)

    _, sound = decoded(got.path)
    assert distortion(sound[0, 9600:86_400], 997) < 0.01  # two lossy coders, one after the other
    assert abs(np.abs(sound[:, 9600:86_400]).max() - 0.5) < 0.02


@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1"])
def test_a_square_wave_at_full_scale_does_not_clip(tmp_path, layout):
    channels = {"mono": 1, "stereo": 2, "5.1": 6}[layout]
    square = np.sign(tone(hertz=441, seconds=2.1, rate=44_100, channels=channels)) * np.float32(0.9999)
    how = {"rate": 44_100, "layout": layout, "sound_codec": "pcm_s16le"}
    source = clip_with(tmp_path / "a.mov", square, **how)

    sound = heard(source)
    got = conform(source, tmp_path / "o.mp4", canvas=CANVAS, wants_audio=True, tags=TAGS)

    assert 0.75 < true_peak(sound) < MAX_TRUE_PEAK * 1.001
    assert np.abs(decoded(got.path)[1]).max() < 1.0


def test_what_does_not_clip_keeps_its_level(tmp_path):
    loud = clip_with(
        tmp_path / "a.mov", tone(hertz=440, seconds=2.1, rate=48_000, level=0.85, channels=2), sound_codec="pcm_s16le"
    )

    assert abs(np.abs(heard(loud)[:, :-960]).max() - 0.85) < 0.001


def test_between_its_samples_a_wave_may_be_higher():
    """A tone at a quarter of the rate, an eighth of a turn off, is sampled at 0.707 of its height."""
    number = np.arange(4800)
    wave = np.sin(np.pi * number / 2 + np.pi / 4).astype(np.float32)

    assert np.abs(wave).max() < 0.708
    assert abs(true_peak(np.stack([wave, wave])) - 1) < 0.1


@pytest.mark.parametrize("seconds", [0.5, 3.0])
def test_sound_that_is_too_short_ends_in_silence_and_too_long_is_cut_without_a_click(tmp_path, seconds):
    source = clip_with(
        tmp_path / "a.mov", tone(hertz=440, seconds=seconds, rate=48_000, channels=2), sound_codec="pcm_s16le"
    )

    sound = heard(source)

    assert sound.shape == (2, SAMPLES)
    assert np.abs(sound[:, 1000:20_000]).max() > 0.49
    if seconds < 2:
        assert np.abs(sound[:, 24_000:]).max() == 0
    else:
        assert np.abs(sound[:, -48:]).max() < 0.06
        assert np.abs(sound[:, -5000:-1000]).max() > 0.49


def test_a_click_stands_where_it_stood_whatever_the_rate(tmp_path):
    """After 1.9 s of another rate, nothing has drifted."""
    for rate in (16_000, 22_050, 44_100):
        sound = np.zeros((1, int(2.1 * rate)), np.float32)
        sound[0, int(1.9 * rate)] = 0.5
        source = clip_with(tmp_path / f"{rate}.mov", sound, rate=rate, layout="mono", sound_codec="pcm_s16le")

        assert abs(int(np.abs(heard(source)[0]).argmax()) - 1.9 * 48_000) <= 2


def test_a_file_without_sound_becomes_silent_in_both_channels(tmp_path):
    source = write_clip(tmp_path / "a.mp4", [grey(np.full((96, 96), 90, np.uint8)) for _ in range(49)])

    got = conform(source, tmp_path / "o.mp4", canvas=CANVAS, wants_audio=True, tags=TAGS)

    _, sound = decoded(got.path)
    assert sound.shape[0] == 2
    assert abs(sound.shape[1] - SAMPLES) < 2048
    assert np.abs(sound).max() == 0
