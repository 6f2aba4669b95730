"""What places and weather sound like: how loud, how even, how bright, and that nothing clicks."""

from fractions import Fraction

import av
import numpy as np
import pytest
from animatic_sounds import RATE_HZ, song

from seedbed.core.shotplan.plan import Cut, EffectCue, MoveCue, ShotPlan
from seedbed.core.shotplan.vocabulary import Effect, Move, Scenery
from seedbed.engines.animatic.sound.ambience import Part, Voice, ambience, parts_of
from seedbed.engines.animatic.sound.loudness import SILENT_LUFS, loudness_lufs, not_louder_than
from seedbed.engines.animatic.sound.noise import LOOP, loop, play, spread, swell

FIVE_S = 121 * 2000


def metered_lufs(sound):
    """Return what FFmpeg's own meter (EBU R 128) says."""
    graph = av.filter.Graph()
    source = graph.add("abuffer", "sample_rate=48000:sample_fmt=fltp:channel_layout=stereo:time_base=1/48000")
    meter, sink = graph.add("ebur128", "metadata=1"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    for start in range(0, sound.shape[1], 4800):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[:, start : start + 4800]), "fltp", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
        source.push(frame)
    found = None
    try:
        while True:
            found = sink.pull().metadata.get("lavfi.r128.I", found)
    except (av.error.BlockingIOError, av.error.EOFError):
        return float(found)


def energy_between(sound, low_hz, high_hz):
    power = np.abs(np.fft.rfft(sound[0])) ** 2
    hertz = np.fft.rfftfreq(sound.shape[1], 1 / RATE_HZ)
    return power[(hertz >= low_hz) & (hertz < high_hz)].sum() / power.sum()


PUSH = MoveCue(Move.PUSH_IN)


def plan(*effects, scenery=(), moves=(PUSH,), cuts=()):
    return ShotPlan(moves, effects, scenery=scenery, cuts=cuts)


@pytest.mark.parametrize("voice", Voice)
@pytest.mark.parametrize("strength", [0.55, 1.6])
def test_every_voice_is_quiet_even_and_free_of_clicks(voice, strength):
    sound = ambience((Part(voice, strength),), samples=FIVE_S, seed=3)

    assert (sound.shape, sound.dtype) == ((2, FIVE_S), np.float32)
    assert -56 < loudness_lufs(sound) <= -23
    assert np.abs(sound).max() < 0.5
    assert abs(sound.mean()) < 1e-3
    assert np.abs(sound[:, [0, -1]]).max() < 1e-6
    # The ends rise out of silence: nothing there moves as fast as the sound itself does.
    bend = np.abs(np.diff(sound, 2))
    assert bend[:, [*range(60), *range(-60, 0)]].max() < 0.2 * bend.max()
    assert -0.2 < np.corrcoef(sound)[0, 1] < 0.9


def test_everything_together_is_still_limited():
    parts = tuple(Part(voice, 1.6) for voice in Voice)

    assert loudness_lufs(ambience(parts, samples=FIVE_S, seed=1)) == pytest.approx(-23.5, abs=0.3)


@pytest.mark.parametrize("sound", ["rain", "song", "quiet and loud", "one side"])
def test_loudness_is_what_a_meter_says(sound):
    music = song(100, 6, noise=0.02).stereo
    given = {
        "rain": lambda: ambience((Part(Voice.RAIN),), samples=6 * RATE_HZ, seed=2),
        "song": lambda: music,
        "quiet and loud": lambda: np.concatenate([music * 0.003, music, music * 0.1], axis=1),
        "one side": lambda: music * np.array([[1], [0]], np.float32),
    }[sound]()

    assert loudness_lufs(given) == pytest.approx(metered_lufs(given), abs=0.2)


def test_silence_has_the_least_loudness_and_is_not_turned_up():
    nothing = np.zeros((2, RATE_HZ), np.float32)

    assert loudness_lufs(nothing) == SILENT_LUFS
    assert (not_louder_than(nothing, -23) == 0).all()
    assert loudness_lufs(np.zeros((2, 10), np.float32)) == SILENT_LUFS


def test_a_loop_closes_and_is_as_loud_as_asked():
    tape = loop(np.random.default_rng(2), ((100, -6), (1000, 0), (8000, -12)), lufs=-30, width=0.7)
    joined = play(tape, start=LOOP - 500, samples=1000)
    bends = np.abs(np.diff(tape, 2))

    assert np.abs(np.diff(joined, 2)).max() < bends.max()
    assert np.abs(np.diff(joined, 2))[:, 490:510].mean() < 2 * bends.mean()
    assert loudness_lufs(tape) == pytest.approx(-30, abs=0.3)


def test_nothing_sounds_below_hearing():
    for voice in Voice:
        assert energy_between(ambience((Part(voice),), samples=FIVE_S, seed=3), 0, 15) < 1e-3


def test_a_swell_is_smooth_and_stays_in_its_bounds():
    gains = swell(np.random.default_rng(4), 1500, depth_db=12, every_s=2)
    lines = spread(gains, 1400 * 480)

    assert 10 ** (-12 / 20) - 1e-6 <= gains.min() < 0.45
    assert 0.8 < gains.max() <= 1
    assert np.abs(np.diff(lines)).max() < 1e-3


def test_the_same_seed_is_the_same_sound_and_another_is_another():
    one, again, other = (ambience((Part(Voice.FIRE),), samples=FIVE_S, seed=seed) for seed in (5, 5, 6))

    assert (one == again).all()
    assert np.abs(one - other).max() > 0.01


def test_each_voice_has_its_own_pitch():
    sounds = {voice: ambience((Part(voice),), samples=FIVE_S, seed=3) for voice in Voice}

    assert energy_between(sounds[Voice.DEEP_HUM], 0, 200) > 0.85
    assert energy_between(sounds[Voice.RAIN], 1000, 20_000) > 0.5
    assert energy_between(sounds[Voice.WIND], 60, 1200) > 0.75
    assert energy_between(sounds[Voice.CITY], 20, 1200) > 0.75
    assert energy_between(sounds[Voice.LEAVES], 1500, 20_000) > energy_between(sounds[Voice.WIND], 1500, 20_000)


def test_a_fire_crackles_and_rain_does_not():
    def crest(voice):
        bright = np.diff(ambience((Part(voice),), samples=FIVE_S, seed=3)[0])
        return np.abs(bright).max() / bright.std()

    assert crest(Voice.FIRE) > 2.5 * crest(Voice.RAIN)


def test_waves_come_one_after_another():
    sea = ambience((Part(Voice.SEA),), samples=361 * 2000, seed=3)[0]
    loudness = np.sqrt((sea[: 150 * 4800].reshape(150, -1) ** 2).mean(axis=1))
    smooth = np.convolve(loudness, np.ones(9) / 9, mode="valid")
    crests = (smooth[1:-1] > smooth[:-2]) & (smooth[1:-1] > smooth[2:]) & (smooth[1:-1] > 0.7 * smooth.max())

    assert 2 <= crests.sum() <= 5
    assert smooth.min() < 0.5 * smooth.max()


def test_rain_that_begins_halfway_is_heard_from_there():
    rain = EffectCue(Effect.RAIN, Fraction(1, 2))
    sound = ambience(parts_of(plan(rain)), samples=2 * FIVE_S, seed=3)
    before, after = loudness_lufs(sound[:, : FIVE_S - 4800]), loudness_lufs(sound[:, FIVE_S + 48_000 :])

    assert before < -45
    assert after > -31


@pytest.mark.parametrize(
    ("given", "heard"),
    [
        (plan(EffectCue(Effect.RAIN)), {Voice.RAIN}),
        (plan(EffectCue(Effect.RAIN), scenery=(Scenery.SEA,)), {Voice.RAIN, Voice.SEA}),
        (plan(EffectCue(Effect.SNOW, strength=1.6)), {Voice.SNOW_HUSH, Voice.WIND}),
        (plan(EffectCue(Effect.SNOW), EffectCue(Effect.FOG)), {Voice.SNOW_HUSH}),
        (plan(EffectCue(Effect.DUST, strength=1.6), scenery=(Scenery.DESERT,)), {Voice.WIND}),
        (plan(EffectCue(Effect.EMBERS)), {Voice.FIRE}),
        (plan(EffectCue(Effect.FILM_GRAIN)), {Voice.ROOM_TONE}),
        (plan(), {Voice.ROOM_TONE}),
        (plan(moves=(MoveCue(Move.AERIAL_DRIFT),)), {Voice.WIND}),
        (plan(scenery=(Scenery.CITY,)), {Voice.CITY}),
        (plan(EffectCue(Effect.RAIN, Fraction(1, 2))), {Voice.RAIN, Voice.ROOM_TONE}),
    ],
)
def test_a_plan_sounds_like_its_weather_and_place(given, heard):
    assert {part.voice for part in parts_of(given)} == heard


def test_each_shot_sounds_like_its_own_place_and_a_place_goes_on_over_a_cut():
    third = Fraction(1, 3)
    cuts = (Cut(third, "cut to", scenery=(Scenery.SEA,)), Cut(2 * third, "cut to"))
    parts = {part.voice: part for part in parts_of(plan(scenery=(Scenery.FOREST,), cuts=cuts))}

    assert (parts[Voice.LEAVES].start, parts[Voice.LEAVES].end) == (0, pytest.approx(1 / 3))
    assert (parts[Voice.SEA].start, parts[Voice.SEA].end) == (pytest.approx(1 / 3), 1)
