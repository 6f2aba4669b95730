"""When each effect comes and goes.

An effect lasts from where it is named to the word that ends it, or to the first cut to another scene, or to the end.
A shot that names a place, an hour or weather of its own is another scene, and the weather stays behind. The looks of
the film and of the lens belong to the whole clip, whichever shot names them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from seedbed.core.shotplan.phrasebook import Match
from seedbed.core.shotplan.plan import END, START, Cut, EffectCue
from seedbed.core.shotplan.timing import Timetable
from seedbed.core.shotplan.vocabulary import Effect

_ENDED_WITHIN_CHARS = 14
_OF_THE_FILM = frozenset({Effect.FILM_GRAIN, Effect.LENS_BREATHING})
_OF_THE_AIR = frozenset(
    {Effect.RAIN, Effect.SNOW, Effect.FOG, Effect.DUST, Effect.EMBERS, Effect.FIRE_FLICKER, Effect.LIGHT_LEAK}
)


def effect_cues(
    found: Sequence[tuple[Match, float]], ended: Sequence[Match], table: Timetable, cuts: Sequence[Cut]
) -> tuple[EffectCue, ...]:
    """Return the cues of the effects found (each with its strength), in the order in which they were first named.

    `ended` are the words that end what stands just before them: "the rain stops".
    """
    scenes = _scenes(found, table, cuts)
    ends = [m.start for m in ended]
    cues: dict[Effect, list[EffectCue]] = {}
    for match, strength in found:
        effect = Effect(match.sense.value)
        take = table.take(match.start)
        place = table.place(match)
        start = table.time(take, place)
        if effect in _OF_THE_FILM and cuts:
            start, until = START, END
        else:
            until = next((scene for scene in scenes if scene > start), END)
        cue = EffectCue(effect, start, until, strength, match.words)
        stop = bisect_left(ends, match.end)
        if stop < len(ends) and ends[stop] - match.end <= _ENDED_WITHIN_CHARS:
            if place > 0:
                _end(cues.setdefault(effect, []), cue, table.takes[take].start)
            continue  # "a street where the rain has stopped": it was over before the shot begins
        same = cues.setdefault(effect, [])
        if same and same[-1].start == start:
            continue
        if not same or same[-1].end < cue.start or (same[-1].end == cue.start and cue.start in scenes):
            same.append(cue)
    return tuple(cue for same in cues.values() for cue in same)


def _end(same: list[EffectCue], cue: EffectCue, shot_start: Fraction) -> None:
    """End the effect ("then the rain stops"): it was there since the shot began, said or not."""
    if same and same[-1].end > cue.start:
        same[-1] = replace(same[-1], end=cue.start)
    else:
        same.append(replace(cue, start=shot_start, end=cue.start))


def _scenes(found: Sequence[tuple[Match, float]], table: Timetable, cuts: Sequence[Cut]) -> list[Fraction]:
    """Return the cuts at which another scene begins."""
    with_weather = {
        table.takes[table.take(match.start)].start for match, _ in found if Effect(match.sense.value) in _OF_THE_AIR
    }
    return [cut.at for cut in cuts if cut.scenery or cut.time_of_day or cut.at in with_weather]
