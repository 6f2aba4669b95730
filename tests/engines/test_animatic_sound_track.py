"""The sound of whole clips: what is in the file, when, and what is said of it."""

from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from animatic_scenes import reference, save, somebody, task, texture
from animatic_sounds import RATE_HZ, clicks, song
from animatic_sounds import save as save_sound

from seedbed.core.engine import marks
from seedbed.core.errors import MediaInvalid
from seedbed.core.references import Kind, Role
from seedbed.engines.animatic.engine import Animatic
from seedbed.engines.animatic.sound.loudness import loudness_lufs
from seedbed.engines.animatic.sound.track import compose, hear
from seedbed.media.conform import Way, conform


@pytest.fixture
def engine():
    engine = Animatic()
    engine._finder = somebody()
    return engine


def quiet(stage, fraction, *, preview=None):
    pass


def audio(path, position=1):
    return reference(path, Role.REFERENCE_AUDIO, position, Kind.AUDIO)


def heard_in(path):
    """Return (2, N) float32 as a player would play it, and the stream's length in seconds."""
    with av.open(str(path)) as file:
        stream = file.streams.audio[0]
        length_s = stream.duration * stream.time_base
        blocks = [frame.to_ndarray() for frame in file.decode(stream)]
    return np.concatenate(blocks, axis=1)[:, : round(length_s * RATE_HZ)], length_s


def made_of(engine, tmp_path, clip):
    return engine.make(clip, tmp_path / "clip.mp4", quiet)


@pytest.mark.parametrize("frames", [97, 121, 361])
def test_a_click_is_heard_at_its_own_moment_and_the_sound_ends_with_the_picture(engine, tmp_path, frames):
    track = clicks(75, frames / 24)
    clip = task("", audio(save_sound(tmp_path / "a.wav", track.stereo), 0), frames=frames)
    sound, length_s = heard_in(made_of(engine, tmp_path, clip).path)

    assert length_s == Fraction(frames, 24)
    for at in track.beats_s[:-1]:
        near = np.abs(sound[0, round((at - 0.1) * RATE_HZ) : round((at + 0.1) * RATE_HZ)])
        began = np.argmax(near > 0.3 * near.max()) / RATE_HZ - 0.1
        assert abs(began) < 0.004


@pytest.mark.parametrize(("wants_audio", "prompt"), [(True, "rain"), (False, "rain"), (True, "")])
def test_the_finished_file_needs_no_further_work(engine, tmp_path, wants_audio, prompt):
    clip = replace(task(prompt, reference(save(tmp_path, texture())), frames=97), wants_audio=wants_audio)
    made = made_of(engine, tmp_path, clip)
    conformed = conform(
        made.path,
        tmp_path / "out.mp4",
        canvas=clip.canvas,
        wants_audio=wants_audio,
        tags=marks("animatic", made.digital_source_type),
    )

    assert conformed.way is Way.PASSED


def test_a_finished_slate_says_that_it_was_drawn_by_rules_and_needs_no_further_work(engine, tmp_path):
    clip = task("a quiet sea at dawn", frames=49)
    made = made_of(engine, tmp_path, clip)
    tags = marks("animatic", made.digital_source_type)
    conformed = conform(made.path, tmp_path / "out.mp4", canvas=clip.canvas, wants_audio=True, tags=tags)

    assert made.digital_source_type.endswith("/algorithmicMedia")
    assert conformed.way is Way.PASSED


def test_without_sound_wanted_the_track_is_silent_but_the_beats_still_move_the_picture(engine, tmp_path):
    path = save_sound(tmp_path / "a.wav", clicks(100, 5).stereo)
    clip = replace(task("rain", audio(path, 0), frames=97), wants_audio=False)
    made = made_of(engine, tmp_path, clip)

    assert np.abs(heard_in(made.path)[0]).max() < 1e-4
    assert made.shot_plan["sound"]["source"] == "silence"
    assert made.shot_plan["sound"]["beatsPerMinute"] == pytest.approx(100, abs=1)


def test_without_a_reference_the_weather_is_heard_and_told(engine, tmp_path):
    clip = task("heavy rain over the sea", reference(save(tmp_path, texture())), frames=97)
    made = made_of(engine, tmp_path, clip)
    sound, _ = heard_in(made.path)

    assert -32 < loudness_lufs(sound) <= -23
    assert set(made.shot_plan["sound"]["ambience"]) == {"rain", "sea"}


def test_a_sound_without_a_picture_goes_with_the_slate(engine, tmp_path):
    music = song(120, 6, seed=2)
    clip = task("a city at night", audio(save_sound(tmp_path / "a.wav", music.stereo), 0), frames=97)
    made = made_of(engine, tmp_path, clip)
    sound, _ = heard_in(made.path)
    length = 3 * RATE_HZ

    assert made.shot_plan["kind"] == "slate"
    assert made.warnings == ()
    assert made.shot_plan["sound"]["fit"] == "cut"
    assert made.shot_plan["sound"]["beatsPerMinute"] == pytest.approx(120, abs=1)
    assert np.corrcoef(sound[0, :length], music.samples[:length])[0, 1] > 0.98


def test_of_several_sounds_the_first_is_the_track(tmp_path):
    paths = [save_sound(tmp_path / f"{bpm}.wav", clicks(bpm, 5).stereo) for bpm in (90, 130)]
    clip = task("", audio(paths[0], 0), audio(paths[1], 1), frames=97)
    made = made_of(Animatic(), tmp_path, clip)

    assert made.shot_plan["sound"]["source"] == "mediaUrls[0]"
    assert made.shot_plan["sound"]["beatsPerMinute"] == pytest.approx(90, abs=1)
    assert [warning.split(":")[0] for warning in made.warnings] == ["mediaUrls[1]"]


def test_a_broken_sound_is_named_by_its_place(engine, tmp_path):
    broken = tmp_path / "a.mp3"
    broken.write_bytes(b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"nothing" * 100)
    clip = task("", reference(save(tmp_path, texture())), audio(broken, 4))

    with pytest.raises(MediaInvalid) as failure:
        made_of(engine, tmp_path, clip)
    assert failure.value.name == "mediaUrls[4]"


def plan_and_canvas(frames):
    clip = task("rain", frames=frames)
    from seedbed.core.shotplan.planner import plan_shot
    from seedbed.engines.animatic.lexicons import load_lexicons

    return plan_shot(clip.prompt, load_lexicons()), clip.canvas


def test_after_a_voice_the_place_goes_on(tmp_path):
    chance = np.random.default_rng(3)
    loudness = np.interp(np.arange(3 * RATE_HZ), np.sort(chance.integers(0, 3 * RATE_HZ, 12)), chance.random(12))
    voice = (0.2 * chance.standard_normal((2, 3 * RATE_HZ)) * loudness).astype(np.float32)
    plan, canvas = plan_and_canvas(193)
    heard = hear(audio(save_sound(tmp_path / "a.wav", voice)), canvas)
    track = compose(heard, plan, canvas, seed=1, wants_audio=True)

    assert track.told["fit"] == "ended"
    assert track.told["endsAtSeconds"] == 3.0
    assert track.told["ambience"] == ["rain"]
    # The voice itself is left alone, and there is no hole after it.
    assert np.abs(track.samples[:, : 2 * RATE_HZ] - voice[:, : 2 * RATE_HZ]).max() < 1e-3
    assert -33 < loudness_lufs(track.samples[:, 4 * RATE_HZ :]) < -23
    assert loudness_lufs(track.samples[:, round(2.9 * RATE_HZ) : round(3.5 * RATE_HZ)]) > -45


def test_a_silent_sound_makes_a_silent_clip_and_says_so(tmp_path):
    plan, canvas = plan_and_canvas(97)
    heard = hear(audio(save_sound(tmp_path / "a.wav", np.zeros((2, 3 * RATE_HZ)))), canvas)
    track = compose(heard, plan, canvas, seed=1, wants_audio=True)

    assert not track.samples.any()
    assert track.samples.shape == (2, 97 * 2000)
    assert "silent" in track.warnings[0]
    assert heard.beats.times_s == ()


def test_the_engine_says_that_it_makes_sound_and_takes_it():
    capabilities = Animatic().describe()

    assert capabilities.makes_audio
    assert Role.REFERENCE_AUDIO in capabilities.roles
