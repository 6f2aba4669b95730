"""What the picture does on beats: that it is on time, that it never flashes, and that cuts follow."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from animatic_scenes import SMALL, motion, psnr, reference, save, somebody, task, texture
from animatic_sounds import clicks, errors_s, song
from animatic_sounds import save as save_sound

from seedbed.core.engine import Canvas
from seedbed.core.references import Kind, Role
from seedbed.core.shotplan.plan import Cut, EffectCue, MoveCue, ShotPlan
from seedbed.core.shotplan.vocabulary import Effect, Move
from seedbed.engines.animatic.planes import from_rgb
from seedbed.engines.animatic.production import prepare
from seedbed.engines.animatic.sound.accents import LIGHT, ZOOM, accented, cut_on_beats, pulses, rhythm_of
from seedbed.engines.animatic.sound.beats import Beats, find_beats

CANVAS = Canvas(SMALL, 121, 24)


def even_beats(bpm, length_s=5.0, start_s=0.4, clarity=1.0):
    return Beats(tuple(np.arange(start_s, length_s, 60 / bpm)), 60 / bpm, clarity)


def with_sound(tmp_path, prompt, music, *, frames=121):
    path = save_sound(tmp_path / "a.wav", music.stereo)
    picture = reference(save(tmp_path, texture()))
    return task(prompt, picture, reference(path, Role.REFERENCE_AUDIO, 1, Kind.AUDIO), frames=frames)


@pytest.mark.parametrize("music", [clicks(96, 5), song(118, 5, seed=3), song(84, 5, swing=0.17, seed=4)])
def test_accents_are_highest_on_the_beats(music):
    accents = rhythm_of(find_beats(music.stereo, 48_000), CANVAS).accents
    is_peak = (accents[1:-1] > accents[:-2]) & (accents[1:-1] >= accents[2:])
    peaks_s = (np.flatnonzero(is_peak) + 1) / 24

    assert len(peaks_s) >= 4
    assert np.median(errors_s(peaks_s, music.beats_s)) <= 0.020


def test_the_picture_itself_pulses_on_the_beat_in_size_and_light(tmp_path):
    music = clicks(100, 5)
    paint = prepare(with_sound(tmp_path, "static camera", music), somebody).film.painter()
    frames = [paint(n).y for n in range(72)]
    sizes = np.array([motion(frames[0], frame)[0] for frame in frames])
    lights = np.array([frame.mean() for frame in frames])
    beats = [round(t * 24) for t in music.beats_s if t < 2.9]

    assert psnr(frames[0], from_rgb(texture()[::2, ::2]).y) > 25
    for beat in beats:
        assert sizes[beat - 2 : beat + 3].max() == pytest.approx(1 + ZOOM, abs=0.005)
        assert abs(int(np.argmax(sizes[beat - 4 : beat + 5])) - 4) <= 1
        assert 2 < lights[beat - 1 : beat + 2].max() - lights[beat - 3] < 10
    assert sizes[beats[0] + 9] == pytest.approx(1, abs=0.002)


def test_the_first_and_the_last_frame_stay_as_they_were_promised():
    everywhere = Beats(tuple(np.arange(0, 5.04, 0.5)), 0.5, 1.0)
    times_s, accents = accented(everywhere, duration_s=121 / 24), rhythm_of(everywhere, CANVAS).accents

    assert (accents[[0, 1, -2, -1]] == 0).all()
    assert (times_s[0], times_s[-1]) == (0.5, 4.5)
    assert pulses((0.0, 5.0), CANVAS)[[0, -1]] == pytest.approx([0, 0])


@pytest.mark.parametrize("bpm", [50, 90, 130, 166, 175, 210, 240, 400])
def test_there_are_never_three_accents_in_a_second(bpm):
    times_s = accented(even_beats(bpm, 15.0), duration_s=15.0)

    assert len(times_s) >= 4
    assert all(sum(start <= t < start + 1 for t in times_s) <= 3 for start in np.arange(0, 14, 0.05))
    assert np.diff(times_s).min() > 1 / 3


def test_an_accent_is_no_flash(tmp_path):
    """WCAG 2.3.1 speaks of a flash where luminance changes by a tenth of its full range or more."""
    music = clicks(160, 3)
    paint = prepare(with_sound(tmp_path, "static camera", music, frames=49), somebody).film.painter()
    luminance = np.array([(np.clip((paint(n).y.astype(float) - 16) / 219, 0, 1) ** 2.4).mean() for n in range(49)])

    assert 0.005 < luminance.max() - luminance.min() < 0.05
    assert LIGHT < 0.05


def test_an_unsure_beat_moves_nothing():
    unsure = even_beats(100, clarity=0.3)
    plan = ShotPlan((MoveCue(Move.PUSH_IN),), cuts=(Cut(Fraction(1, 2), "cut to"),))

    assert not rhythm_of(unsure, CANVAS).accents.any()
    assert rhythm_of(unsure, CANVAS).in_time(plan) == plan
    assert rhythm_of(None, CANVAS).light() == []


def test_cuts_fall_on_beats_and_what_belongs_to_the_shots_moves_along():
    half, quarter = Fraction(1, 2), Fraction(1, 4)
    plan = ShotPlan(
        (MoveCue(Move.PUSH_IN, end=half), MoveCue(Move.PAN_LEFT, half)),
        (EffectCue(Effect.RAIN, quarter, half), EffectCue(Effect.SNOW, half)),
        cuts=(Cut(half, "cut to"),),
    )
    beats = even_beats(110)
    made = cut_on_beats(plan, beats, CANVAS)
    at = made.cuts[0].at

    assert at != half
    assert errors_s([float(at) * 120 / 24], np.array(beats.times_s))[0] <= 1 / 48
    assert abs(float(at - half)) * 5 < 0.45
    assert [(cue.start, cue.end) for cue in made.moves] == [(0, at), (at, 1)]
    assert [(cue.start, cue.end) for cue in made.effects] == [(at / 2, at), (at, 1)]


def test_cuts_stay_in_order_and_no_shot_becomes_too_short():
    cuts = tuple(Cut(Fraction(n, 6), "cut to") for n in range(1, 6))
    slow = Beats((1.2, 2.6, 4.0), 1.4, 1.0)
    made = cut_on_beats(ShotPlan((MoveCue(Move.PUSH_IN),), cuts=cuts), slow, CANVAS)
    places = [0, *(cut.at for cut in made.cuts), 1]

    assert all(b - a > Fraction(1, 20) for a, b in pairwise(places))


def test_pulses_rise_within_a_frame_and_fall_softly():
    track = pulses((2.0,), CANVAS)

    assert track[48] == 1
    assert track[46] == 0
    assert (np.diff(track[48:57]) <= 0).all()
    assert track[56:].max() == 0
