"""From the words of a prompt to the shot plan.

One pass finds phrases; negations strike out their neighbours; direction, speed and strength words go to the nearest
move or effect of their clause; the order of clauses becomes the order in time, and cuts make shots (timing.find_takes
has the rule). Nothing here guesses at meaning beyond the lexicon: what was not understood is left to the picture.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from seedbed.core.shotplan.lexicon import SPEEDS, STRENGTHS, Slot
from seedbed.core.shotplan.phrasebook import Match, Phrasebook
from seedbed.core.shotplan.plan import Cut, MoveCue, PictureTraits, ShotPlan, choose_move
from seedbed.core.shotplan.reading import Reading, nearest, read
from seedbed.core.shotplan.timing import Take, Timetable, find_takes
from seedbed.core.shotplan.vocabulary import (
    FAMILIES,
    OPPOSITES,
    Direction,
    Framing,
    Hue,
    Move,
    Scenery,
    TimeOfDay,
)
from seedbed.core.shotplan.weather import effect_cues

# How a whole stretch is filmed rather than what the camera does next: "Drone footage. The camera tilts up."
_MANNERS = frozenset({Move.HAND_HELD, Move.AERIAL_DRIFT})
_ENDS_SHAKING = frozenset({Move.STATIC, Move.AERIAL_DRIFT})
_UNASKED_SPEED = 0.8
_FIRST_DENSE_LETTER = "\u0e00"  # from Thai on, two letters can be a word
_ROLLS = frozenset({Move.ROLL_LEFT, Move.ROLL_RIGHT})


@dataclass(slots=True)
class _Mover:
    """A move on its way to a cue."""

    match: Match
    move: Move
    speed: float
    strength: float


def plan_shot(prompt: str, book: Phrasebook, traits: PictureTraits | None = None) -> ShotPlan:
    """Return what the prompt asks for; what it does not say is chosen from the picture (None: there is no picture)."""
    reading = read(prompt, book)
    targets = reading.kept(Slot.MOVES, Slot.EFFECTS)
    degrees = _Degrees(reading, targets)
    directions = _directions(reading, targets)
    bare = _bare_directions(reading, targets)
    movers = [
        _Mover(t, _move(t, directions.get(t)), degrees.speed(t), degrees.strength(t))
        for t in _without_echoes(reading, targets, directions)
    ] + [_Mover(m, FAMILIES["travel"][Direction(m.sense.value)], 1.0, 1.0) for m in bare]
    ended = [m for m in reading.kept(Slot.NEGATION) if m.sense.value == "ends"]
    table = Timetable(reading, find_takes(reading), [*targets, *bare, *ended])
    refused_moves = frozenset(move for m in reading.denied for move in _moves_of(m))

    def unasked(take: Take) -> MoveCue:
        chosen = choose_move(traits, refused=refused_moves)
        return MoveCue(chosen, take.start, take.end, speed=degrees.spare or _UNASKED_SPEED)

    effects = [(t, degrees.strength(t)) for t in targets if t.sense.slot is Slot.EFFECTS]
    cuts = _cuts(reading, table)
    return ShotPlan(
        moves=_move_cues(movers, table, unasked),
        effects=effect_cues(effects, ended, table, cuts[1:]),
        time_of_day=cuts[0].time_of_day,
        scenery=cuts[0].scenery,
        hues=cuts[0].hues,
        refused=tuple(dict.fromkeys(m.words for m in reading.denied)),
        framing=cuts[0].framing,
        cuts=cuts[1:],
    )


def _moves_of(match: Match) -> set[Move]:
    if match.sense.slot is not Slot.MOVES:
        return set()
    family = FAMILIES.get(match.sense.value)
    return set(family.values()) if family else {Move(match.sense.value)}


def _move(match: Match, direction: Direction | None) -> Move:
    family = FAMILIES.get(match.sense.value)
    return family[direction or next(iter(family))] if family else Move(match.sense.value)


def _by_clause(reading: Reading, targets: Sequence[Match]) -> dict[int, list[Match]]:
    clauses: dict[int, list[Match]] = defaultdict(list)
    for target in targets:
        clauses[reading.clause(target.start)].append(target)
    return clauses


def _without_echoes(reading: Reading, targets: Sequence[Match], directions: dict[Match, Direction]) -> list[Match]:
    """Drop from each clause the moves that only say again what another says better.

    "Tracks left, following her": following has no side of its own. "Circles him clockwise": the way round of an orbit,
    not a roll. "Zooms, pushing in" likewise.
    """
    kept = []
    for clause in _by_clause(reading, [t for t in targets if t.sense.slot is Slot.MOVES]).values():
        sided = {_move(t, directions.get(t)) for t in clause if t.sense.value not in FAMILIES or t in directions}
        circling = any(_move(t, directions.get(t)) in FAMILIES["orbit"].values() for t in clause)
        doing = sum(t.sense.value not in _MANNERS for t in clause)
        for target in clause:
            vague = target.sense.value in FAMILIES and target not in directions
            echo = vague and not sided.isdisjoint(FAMILIES[target.sense.value].values())
            echo = echo or (vague and target.sense.value == "travel" and doing > 1)
            if not echo and not (circling and _move(target, directions.get(target)) in _ROLLS):
                kept.append(target)
    return kept


class _Degrees:
    """Which speed and strength words go to which targets. `spare` is the speed of a word that found no move."""

    def __init__(self, reading: Reading, targets: Sequence[Match]) -> None:
        every = _by_clause(reading, targets)
        moves = _by_clause(reading, [t for t in targets if t.sense.slot is Slot.MOVES])
        self._speeds: dict[Match, float] = {}
        self._strengths: dict[Match, float] = {}
        self.spare: float | None = None
        for match in reading.matches:
            clause = reading.clause(match.start)
            if match.sense.slot is Slot.SPEED:
                if mover := nearest(match, moves[clause]):
                    self._speeds[mover] = SPEEDS[match.sense.value]
                else:
                    self.spare = SPEEDS[match.sense.value]
            elif match.sense.slot is Slot.STRENGTH and (target := nearest(match, every[clause])):
                self._strengths[target] = STRENGTHS[match.sense.value]

    def speed(self, target: Match) -> float:
        return self._speeds.get(target, target.sense.speed)

    def strength(self, target: Match) -> float:
        return self._strengths.get(target, target.sense.strength)


def _bare_directions(reading: Reading, targets: Sequence[Match]) -> list[Match]:
    """Return the directions that are moves by themselves: "the camera draws, bit by bit, back".

    Only in a clause that speaks of the camera and names no move, and only a whole way ("from left to right", which a
    lexicon holds under if_camera) or a way in or out in words long enough to be no preposition.
    """
    moving = {reading.clause(t.start) for t in targets if t.sense.slot is Slot.MOVES}
    alone = {reading.clause(m.start) for m in reading.matches if m.sense.slot is Slot.CAMERA} - moving
    return [
        m
        for m in reading.kept(Slot.DIRECTIONS)
        if reading.clause(m.start) in alone and (m.sense.needs_camera or _is_way_in_or_out(m))
    ]


def _is_way_in_or_out(match: Match) -> bool:
    is_word = len(match.words) >= (4 if match.words[0] < _FIRST_DENSE_LETTER else 2)
    return is_word and match.sense.value in {Direction.IN, Direction.OUT}


def _directions(reading: Reading, targets: Sequence[Match]) -> dict[Match, Direction]:
    """Complete the families: "pans slowly to the left" is pan_left. A direction serves the nearest family it fits."""
    said: dict[Match, Direction] = {}
    open_: dict[tuple[int, Direction], list[Match]] = defaultdict(list)
    for target in targets:
        if target.sense.slot is Slot.MOVES:
            for direction in FAMILIES.get(target.sense.value, {}):
                open_[reading.clause(target.start), direction].append(target)
    for match in reading.kept(Slot.DIRECTIONS):
        direction = Direction(match.sense.value)
        fitting = open_[reading.clause(match.start), direction]
        if (family := nearest(match, fitting)) and family not in said:
            said[family] = direction
    return said


def _cuts(reading: Reading, table: Timetable) -> tuple[Cut, ...]:
    """Return what each shot says of itself, the first one too."""
    shown: list[dict[Slot, list[str]]] = [defaultdict(list) for _ in table.takes]
    for match in reading.kept(Slot.TIMES, Slot.SCENERY, Slot.HUES, Slot.FRAMING):
        shown[table.take(match.start)][match.sense.slot].append(match.sense.value)
    return tuple(
        Cut(
            at=take.start,
            words=take.words or "",
            framing=next(map(Framing, said[Slot.FRAMING]), None),
            time_of_day=next(map(TimeOfDay, said[Slot.TIMES]), None),
            scenery=tuple(dict.fromkeys(map(Scenery, said[Slot.SCENERY]))),
            hues=tuple(dict.fromkeys(map(Hue, said[Slot.HUES]))),
        )
        for take, said in zip(table.takes, shown, strict=True)
    )


def _move_cues(movers: list[_Mover], table: Timetable, unasked: Callable[[Take], MoveCue]) -> tuple[MoveCue, ...]:
    by_take: dict[int, list[_Mover]] = defaultdict(list)
    for mover in movers:
        by_take[table.take(mover.match.start)].append(mover)
    cues: list[MoveCue] = []
    for number, take in enumerate(table.takes):
        cues += _cues_of_take(by_take[number], number, table) or [unasked(take)]
    return tuple(cues)


def _cues_of_take(movers: list[_Mover], take: int, table: Timetable) -> list[MoveCue]:
    places: dict[int, list[_Mover]] = defaultdict(list)
    for mover in movers:
        places[table.place(mover.match)].append(mover)
    alone = {place for place, found in places.items() if len({m.move for m in found}) == 1}
    manners = [m for m in movers if m.move in _MANNERS and table.place(m.match) in alone]
    doing = {
        place: [m for m in found if place not in alone or m.move not in _MANNERS] for place, found in places.items()
    }
    starts = sorted(place for place, found in doing.items() if found)
    if not starts:
        starts, doing, manners = sorted(places), dict(places), []
    cues: list[MoveCue] = []
    for place, following in pairwise([*starts, None]):
        assert place is not None
        end = table.takes[take].end if following is None else table.time(take, following)
        cues += _share_out(_distinct(doing[place]), table.time(take, place), end)
    for manner in _distinct(manners):
        start = table.time(take, table.place(manner.match))
        other = (p for p in sorted(places) if any(m.move in _ENDS_SHAKING for m in places[p]))
        calm = next((table.time(take, p) for p in other if p > table.place(manner.match)), table.takes[take].end)
        end = calm if manner.move is Move.HAND_HELD else table.ends_of_part(manner.match)
        cues.append(MoveCue(manner.move, start, end, manner.speed, manner.strength, manner.match.words))
    return sorted(cues, key=lambda cue: cue.start)


def _distinct(found: list[_Mover]) -> list[_Mover]:
    """Drop repetitions, and "static" beside a real move."""
    unique = list({m.move: m for m in reversed(found)}.values())[::-1]
    moving = [m for m in unique if m.move is not Move.STATIC]
    return moving or unique


def _share_out(found: list[_Mover], start: Fraction, end: Fraction) -> list[MoveCue]:
    """Let moves of one place run together; opposites take turns."""
    turns: list[list[_Mover]] = [[]]
    for mover in found:
        if any(OPPOSITES.get(mover.move) is other.move for other in turns[-1]):
            turns.append([])
        turns[-1].append(mover)
    length = (end - start) / len(turns)
    return [
        MoveCue(m.move, start + n * length, start + (n + 1) * length, m.speed, m.strength, m.match.words)
        for n, turn in enumerate(turns)
        for m in turn
    ]
