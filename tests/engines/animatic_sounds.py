"""Sounds whose beats are known: clicks, and small songs of drums, bass, chords and hiss. All mono float32, 48 kHz."""

from dataclasses import dataclass

import av
import numpy as np

RATE_HZ = 48_000


@dataclass(frozen=True)
class Song:
    """samples: (N,) float32; beats_s: when each beat begins."""

    samples: np.ndarray
    beats_s: np.ndarray

    @property
    def stereo(self):
        return np.stack([self.samples, self.samples])


def beat_times(bpm, length_s, start_s):
    return np.arange(start_s, length_s - 0.05, 60 / bpm)


def clicks(bpm, length_s=8.0, start_s=0.31):
    out, beats = np.zeros(round(length_s * RATE_HZ)), beat_times(bpm, length_s, start_s)
    for at in beats:
        add(out, at, tone(1800, 0.03) * decay(0.03, 0.006), 0.6)
    return Song(out.astype(np.float32), beats)


def song(bpm, length_s=10.0, *, start_s=0.2, swing=0.0, missing=0.0, eighths=0.35, drums=1.0, noise=0.003, seed=0):
    """`swing`: how far each off-beat is late, in beats; `missing`: how likely a beat has no drum; `noise`: hiss."""
    chance = np.random.default_rng(seed)
    out, beats, beat_s = np.zeros(round(length_s * RATE_HZ)), beat_times(bpm, length_s, start_s), 60 / bpm
    for number, at in enumerate(beats):
        loud = drums * chance.uniform(0.5, 1.0)
        if chance.random() >= missing:
            add(out, at, kick() if number % 2 == 0 else snare(chance), loud)
        add(out, at, hat(chance), eighths * chance.uniform(0.6, 1))
        add(out, at + beat_s * (0.5 + swing), hat(chance), eighths * chance.uniform(0.4, 1))
        if number % 4 == 0:
            add(out, at, chord(chance, min(4 * beat_s, 3.0)), 0.12)
        add(out, at, bass(chance, 0.8 * beat_s), 0.18 * chance.uniform(0.3, 1))
        if chance.random() < 0.3:  # a note of a tune, off the beat
            add(out, at + beat_s * chance.choice([0.25, 0.5 + swing, 0.75]), bass(chance, 0.3 * beat_s, octave=3), 0.08)
    out += noise * chance.standard_normal(len(out))
    return Song((0.7 * out / np.abs(out).max()).astype(np.float32), beats)


def waltz(bpm, length_s=10.0, *, seed=0):
    """Three quarters: a bass on one, brushes on two and three, no kick drum. Nothing in it is as in `song`."""
    chance = np.random.default_rng([seed, 3])
    out, beats, beat_s = np.zeros(round(length_s * RATE_HZ)), beat_times(bpm, length_s, 0.37), 60 / bpm
    for number, at in enumerate(beats):
        if number % 3 == 0:
            add(out, at, bass(chance, beat_s), 0.5)
            add(out, at, chord(chance, 2.5 * beat_s, attack_s=0.008), 0.2)
        else:
            add(out, at, snare(chance) * 0.5, chance.uniform(0.3, 0.6))
            add(out, at, chord(chance, 0.5 * beat_s, attack_s=0.004), 0.15)
    out += 0.004 * chance.standard_normal(len(out))
    return Song((0.5 * out / np.abs(out).max()).astype(np.float32), beats)


def triplets(bpm, length_s=10.0, *, level=0.5, seed=0):
    """Plucked notes, three a beat, the first the strongest: two of three come round nearly as evenly as all three."""
    chance = np.random.default_rng(seed)
    out, beats, beat_s = np.zeros(round(length_s * RATE_HZ)), beat_times(bpm, length_s, 0.3), 60 / bpm
    for at in beats:
        for third, loud in enumerate((1.0, level, level)):
            add(out, at + third * beat_s / 3, bass(chance, 0.4, octave=3), loud)
    return Song((0.6 * out / np.abs(out).max()).astype(np.float32), beats)


def add(out, at_s, sound, gain):
    at = round(at_s * RATE_HZ)
    room = out[at : at + len(sound)]
    room += gain * sound[: len(room)]


def tone(hz, length_s):
    return np.sin(2 * np.pi * hz * np.arange(round(length_s * RATE_HZ)) / RATE_HZ)


def decay(length_s, half_s):
    return np.exp2(-np.arange(round(length_s * RATE_HZ)) / RATE_HZ / half_s)


def kick():
    time_s = np.arange(round(0.25 * RATE_HZ)) / RATE_HZ
    return np.sin(2 * np.pi * (48 * time_s + 5.0 * (1 - np.exp(-time_s / 0.035)))) * decay(0.25, 0.05)


def snare(chance):
    noise = chance.standard_normal(round(0.18 * RATE_HZ)) * decay(0.18, 0.03)
    return 0.35 * noise + 0.4 * tone(190, 0.18) * decay(0.18, 0.03)


def hat(chance):
    noise = np.diff(chance.standard_normal(round(0.05 * RATE_HZ) + 1))
    return 0.3 * noise * decay(0.05, 0.008)


def bass(chance, length_s, octave=1):
    hz = 55 * 2 ** (octave - 1) * 2 ** (chance.integers(0, 12) / 12)
    sound = sum(tone(hz * n, length_s) / n for n in (1, 2, 3))
    return sound * decay(length_s, 0.25) * ramp(len(sound), 0.008)


def chord(chance, length_s, attack_s=0.04):
    root = 130.8 * 2 ** (chance.integers(0, 12) / 12)
    notes = [root * 2 ** (step / 12) for step in (0, 4, 7, 12)]
    sound = sum(tone(hz * n, length_s) / n**1.5 for hz in notes for n in (1, 2, 3, 4))
    return sound * ramp(len(sound), attack_s) * decay(length_s, 1.0)


def ramp(samples, length_s):
    return np.minimum(1, np.arange(samples) / RATE_HZ / length_s)


def errors_s(found_s, beats_s):
    """Return how far each found beat is from the nearest true one."""
    return np.abs(np.asarray(found_s)[:, None] - beats_s[None]).min(axis=1)


def save(path, samples, *, codec="pcm_s16le", rate_hz=RATE_HZ, layout="stereo", container="wav", cover=None):
    """Write (channels, N) float32 as a file; `cover`: the path of a picture to put beside the sound."""
    sound = np.atleast_2d(samples)
    with av.open(str(path), "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate_hz, layout=layout)
        if cover:
            picture = file.add_stream("png")
            picture.width = picture.height = 32
            picture.pix_fmt = "rgb24"
            picture.disposition = picture.disposition.attached_pic
            frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 90, np.uint8), format="rgb24")
            file.mux(picture.encode(frame) + picture.encode(None))
        form = stream.codec_context.format.name
        resampler = av.AudioResampler(format=form, layout=layout, rate=rate_hz)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound, np.float32), format="fltp", layout=layout)
        frame.sample_rate = rate_hz
        size = stream.codec_context.frame_size or 4096
        fifo = av.AudioFifo()
        for block in resampler.resample(frame):
            block.pts = None
            fifo.write(block)
        while block := fifo.read(size, partial=True):
            file.mux(stream.encode(block))
        file.mux(stream.encode(None))
    return path
