"""Reference sounds of every form that is allowed, and of some that are broken."""

import av
import numpy as np
import pytest
from animatic_scenes import reference, task
from animatic_sounds import RATE_HZ, clicks, save

from seedbed.core.errors import MediaInvalid, MediaUnsupported
from seedbed.core.faults import Fault, MediaFault
from seedbed.core.references import Kind, Role
from seedbed.engines.animatic.sound.reading import read_sound
from seedbed.engines.animatic.sound.track import hear


def tone_at(rate_hz, channels, start_s=0.5, length_s=3.0):
    """Half a second of silence, then 1 kHz at half of full scale."""
    sound = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(round(length_s * rate_hz)) / rate_hz)
    sound[: round(start_s * rate_hz)] = 0
    return np.stack([sound] * channels)


@pytest.mark.parametrize(
    ("form", "channels"),
    [
        ({"codec": "pcm_s16le"}, 2),
        ({"codec": "pcm_u8"}, 2),
        ({"codec": "pcm_s24le"}, 2),
        ({"codec": "pcm_f32le"}, 2),
        ({"layout": "mono"}, 1),
        ({"codec": "pcm_u8", "layout": "mono", "rate_hz": 11_025}, 1),
        ({"rate_hz": 96_000}, 2),
        ({"codec": "libmp3lame", "container": "mp3"}, 2),
        ({"codec": "libmp3lame", "container": "mp3", "rate_hz": 44_100, "layout": "mono"}, 1),
        ({"codec": "libmp3lame", "container": "mp3", "cover": True}, 2),
    ],
    ids=str,
)
def test_every_form_becomes_48_khz_stereo_in_its_own_time(tmp_path, form, channels):
    path = save(tmp_path / "sound", tone_at(form.get("rate_hz", RATE_HZ), channels), **form)
    sound = read_sound(path, limit_s=10)

    assert (sound.dtype, sound.shape[0]) == (np.float32, 2)
    assert sound.shape[1] == pytest.approx(3 * RATE_HZ, abs=1200)
    assert np.argmax(np.abs(sound[0]) > 0.1) / RATE_HZ == pytest.approx(0.5, abs=0.004)
    # One channel becomes two of half the power each, which is as loud.
    assert np.abs(sound[:, RATE_HZ : 2 * RATE_HZ]).max() == pytest.approx(0.5 if channels == 2 else 0.354, rel=0.08)


def test_the_cover_of_an_mp3_is_there_and_is_not_read(tmp_path):
    path = save(tmp_path / "song.mp3", tone_at(RATE_HZ, 2), codec="libmp3lame", container="mp3", cover=True)

    with av.open(str(path)) as file:
        assert len(file.streams.video) == 1
    assert read_sound(path, limit_s=1).shape == (2, RATE_HZ)


def test_float_samples_beyond_full_scale_are_turned_down_and_what_is_no_number_is_silent(tmp_path):
    loud = tone_at(RATE_HZ, 2) * 6
    loud[:, 1000] = np.nan
    loud[:, 2000] = np.inf
    sound = read_sound(save(tmp_path / "a.wav", loud, codec="pcm_f32le"), limit_s=10)

    assert np.isfinite(sound).all()
    assert 0.9 < np.abs(sound).max() <= 1


def test_only_as_much_is_read_as_is_needed(tmp_path):
    assert read_sound(save(tmp_path / "a.wav", tone_at(RATE_HZ, 2)), limit_s=1.25).shape == (2, 60_000)


def test_a_few_broken_packets_in_an_mp3_are_skipped(tmp_path):
    path = save(tmp_path / "a.mp3", tone_at(RATE_HZ, 2, 0), codec="libmp3lame", container="mp3")
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 500] = b"\x5a" * 500
    path.write_bytes(data)

    assert read_sound(path, limit_s=10).shape[1] > 2.5 * RATE_HZ


def test_a_corrupt_tail_still_gives_what_came_before(tmp_path):
    path = save(tmp_path / "a.mp3", tone_at(RATE_HZ, 2, 0), codec="libmp3lame", container="mp3")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3] + b"\xff\xfb\x90" + b"\x11" * 300)

    assert read_sound(path, limit_s=10).shape[1] > 1.7 * RATE_HZ


def test_a_wav_that_holds_nothing_is_named_by_its_place(tmp_path):
    path = tmp_path / "empty.wav"
    path.write_bytes(save(tmp_path / "a.wav", tone_at(RATE_HZ, 2)).read_bytes()[:60])

    with pytest.raises(MediaInvalid) as failure:
        hear(reference(path, Role.REFERENCE_AUDIO, 2, Kind.AUDIO), task("").canvas)
    assert failure.value.name == "mediaUrls[2]"


def test_what_is_no_sound_is_refused(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    with pytest.raises(MediaUnsupported, match="a sound is needed"):
        hear(reference(path, Role.REFERENCE_AUDIO, 0, Kind.AUDIO), task("").canvas)

    path.write_bytes(b"RIFF\x10\0\0\0WAVEfmt " + bytes(8))
    with pytest.raises(MediaFault) as fault:
        read_sound(path, limit_s=10)
    assert fault.value.fault in {Fault.INVALID, Fault.UNSUPPORTED}


def test_the_beats_of_a_file_are_where_they_were_before_it_was_an_mp3(tmp_path):
    track = clicks(110, length_s=6)
    path = save(tmp_path / "a.mp3", track.stereo, codec="libmp3lame", container="mp3")
    heard = hear(reference(path, Role.REFERENCE_AUDIO, 0, Kind.AUDIO), task("", frames=121).canvas)

    wanted = track.beats_s[track.beats_s < 5]
    assert heard.beats.times_s[: len(wanted)] == pytest.approx(wanted, abs=0.01)
