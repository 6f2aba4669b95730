"""Row "accents against beats" of the renderer's table: `python bench/animatic/beats.py [--json FILE]`.

The music is made here from chance that no test and no tuning uses: clicks, songs of drums, bass, chords and hiss, and
waltzes, 70 to 170 beats a minute. An accent is the frame on which the picture's pulse is highest, so half a frame
(21 ms) is the most that an exact beat can be off.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seedbed.core.engine import Canvas
from seedbed.core.sizes import Size
from seedbed.engines.animatic.sound.accents import rhythm_of
from seedbed.engines.animatic.sound.beats import find_beats

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "engines"))

from animatic_sounds import RATE_HZ, Song, clicks, errors_s, song, waltz

TARGET_MS = 20.0
SECONDS = 10
CANVAS = Canvas(Size(1280, 720), 24 * SECONDS + 1, 24)


@dataclass(frozen=True)
class Result:
    form: str
    bpm: float
    found_bpm: float
    beat_error_ms: float
    accent_error_ms: float
    accents: int


def pieces(count: int) -> Iterator[tuple[str, float, Song]]:
    chance = np.random.default_rng(20_261_122)
    forms = ("clicks", "plain", "swing", "weak beats", "hiss", "waltz")
    for number in range(count):
        form, bpm, seed = forms[number % len(forms)], float(chance.uniform(70, 170)), int(chance.integers(1 << 30))
        start_s = float(chance.uniform(0.05, 0.9))
        drums, eighths = float(chance.uniform(0.5, 1)), float(chance.uniform(0.1, 0.7))
        extra = {
            "swing": {"swing": float(chance.uniform(0.1, 0.2))},
            "weak beats": {"missing": float(chance.uniform(0.2, 0.45))},
            "hiss": {"noise": float(chance.uniform(0.02, 0.12))},
        }.get(form, {})
        if form == "clicks":
            yield form, bpm, clicks(bpm, SECONDS, start_s)
        elif form == "waltz":
            yield form, bpm, waltz(bpm, SECONDS, seed=seed)
        else:
            yield form, bpm, song(bpm, SECONDS, start_s=start_s, drums=drums, eighths=eighths, seed=seed, **extra)


def measure(form: str, bpm: float, music: Song) -> Result:
    beats = find_beats(music.stereo, RATE_HZ)
    accents = rhythm_of(beats, CANVAS).accents
    highest = np.flatnonzero((accents[1:-1] > accents[:-2]) & (accents[1:-1] >= accents[2:])) + 1
    beat_errors = errors_s(beats.times_s, music.beats_s) if beats.times_s else np.array([1.0])
    accent_errors = errors_s(highest / CANVAS.fps, music.beats_s) if len(highest) else np.array([1.0])
    return Result(
        form,
        round(bpm, 1),
        round(beats.bpm, 1),
        round(1000 * float(np.median(beat_errors)), 2),
        round(1000 * float(np.median(accent_errors)), 2),
        len(highest),
    )


def summary(results: list[Result]) -> dict[str, object]:
    accents = [r.accent_error_ms for r in results]
    return {
        "row": "accents against beats",
        "pieces": len(results),
        "median_ms": round(float(np.median(accents)), 2),
        "worst_piece_ms": max(accents),
        "beats_median_ms": round(float(np.median([r.beat_error_ms for r in results])), 2),
        "pieces_within_target": sum(r.accent_error_ms <= TARGET_MS for r in results),
        "pieces_without_accents": sum(r.accents == 0 for r in results),
        "pieces_at_their_tempo": sum(abs(r.found_bpm / r.bpm - 1) < 0.02 for r in results),
        "target_ms": TARGET_MS,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pieces", type=int, default=90)
    parser.add_argument("--json", type=Path)
    wanted = parser.parse_args()
    results = [measure(*piece) for piece in pieces(wanted.pieces)]
    for form in dict.fromkeys(r.form for r in results):
        own = [r for r in results if r.form == form]
        print(
            f"{form:11} {len(own):3} pieces: beats {np.median([r.beat_error_ms for r in own]):5.1f} ms, "
            f"accents {np.median([r.accent_error_ms for r in own]):5.1f} ms "
            f"(worst piece {max(r.accent_error_ms for r in own):5.1f} ms)"
        )
    row = summary(results)
    print(json.dumps(row, indent=2))
    if wanted.json:
        wanted.json.write_text(json.dumps(row, indent=2) + "\n")


if __name__ == "__main__":
    main()
