"""From the words of a prompt to the shot plan.

One pass finds phrases; negations strike out their neighbours; direction, speed and strength words go to the nearest
move or effect of their clause; the order of clauses becomes the order in time. Nothing here guesses at meaning beyond
the lexicon: what was not understood is left to the picture.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from seedbed.core.shotplan.lexicon import SPEEDS, STRENGTHS, Lexicon, Match, Slot, normalise
from seedbed.core.shotplan.plan import EffectCue, MoveCue, PictureTraits, ShotPlan, choose_move
from seedbed.core.shotplan.vocabulary import (
    FAMILIES,
    OPPOSITES,
    Direction,
    Effect,
    Hue,
    Move,
    Scenery,
    TimeOfDay,
)

_SENTENCE_END = re.compile(r"[.!?。！？;；\n]+(?=\s|$)|[。！？]")
_CLAUSE_END = re.compile(r"[,，、:：]|[.!?。！？;；\n]+(?=\s|$)|[。！？]")
_FREE = (Slot.SCENERY, Slot.HUES, Slot.TIMES)
_NEGATION_REACH_WORDS = 2
_NEGATION_REACH_CHARS = 14


@dataclass(slots=True)
class _Found:
    """A move or effect on its way to a cue."""

    match: Match
    move: Move | None = None
    speed: float = 1.0
    strength: float = 1.0
    group: int = 0


def plan_shot(prompt: str, lexicons: Sequence[Lexicon], traits: PictureTraits | None = None) -> ShotPlan:
    """Return what the prompt asks for; what it does not say is chosen from the picture (None: there is no picture)."""
    text = normalise(prompt)
    matches = _longest(text, lexicons)
    denied, ended = _denied(text, matches)
    targets = [_Found(m) for m in matches if m.sense.slot in {Slot.MOVES, Slot.EFFECTS} and m not in denied]
    spare_speed = _give_degrees(text, matches, targets)
    _give_directions(text, matches, targets)
    groups = _group(text, matches, targets, ended)
    refused_moves = frozenset(move for m in denied for move in _moves_of(m))
    moves = _move_cues([t for t in targets if t.move], groups)
    if not moves:
        moves = (MoveCue(choose_move(traits, refused=refused_moves), speed=spare_speed or 0.8),)
    return ShotPlan(
        moves=moves,
        effects=_effect_cues([t for t in targets if not t.move], groups, ended),
        time_of_day=next((TimeOfDay(m.sense.value) for m in _kept(matches, denied, Slot.TIMES)), None),
        scenery=tuple(dict.fromkeys(Scenery(m.sense.value) for m in _kept(matches, denied, Slot.SCENERY))),
        hues=tuple(dict.fromkeys(Hue(m.sense.value) for m in _kept(matches, denied, Slot.HUES))),
        refused=tuple(dict.fromkeys(m.words for m in matches if m in denied)),
    )


def _longest(text: str, lexicons: Sequence[Lexicon]) -> list[Match]:
    """Return the matches in order of place; where two overlap, the longer one (then the earlier one) is kept.

    Scenery, hues and times of day overlap freely with one another: "green field" is both.
    """
    found = [match for lexicon in lexicons for match in lexicon.candidates(text)]
    found.sort(key=lambda m: (m.start - m.end, m.start))
    taken = {slot: bytearray(len(text)) for slot in (None, *_FREE)}
    kept = []
    for match in found:
        lane = match.sense.slot if match.sense.slot in _FREE else None
        if not any(taken[lane][match.start : match.end]):
            for each in taken if match.sense.slot is Slot.IGNORE else (lane,):
                taken[each][match.start : match.end] = b"\1" * (match.end - match.start)
            kept.append(match)
    return sorted(kept, key=lambda m: m.start)


def _kept(matches: list[Match], denied: set[Match], slot: Slot) -> list[Match]:
    return [m for m in matches if m.sense.slot is slot and m not in denied]


def _moves_of(match: Match) -> set[Move]:
    if match.sense.slot is not Slot.MOVES:
        return set()
    family = FAMILIES.get(match.sense.value)
    return set(family.values()) if family else {Move(match.sense.value)}


def _denied(text: str, matches: list[Match]) -> tuple[set[Match], list[Match]]:
    """Return what negations strike out, and the "stops" words that end an effect that was there before."""
    meant = [m for m in matches if m.sense.slot not in {Slot.IGNORE, Slot.SPEED, Slot.STRENGTH, Slot.DIRECTIONS}]
    denied: set[Match] = set()
    for place, match in enumerate(meant):
        if match.sense.slot is Slot.NEGATION and match.sense.value == "before":
            denied |= _reach(text, meant[place:])
        elif match.sense.slot is Slot.NEGATION and match.sense.value == "after":
            denied |= _reach(text, meant[place::-1])
    ended = [m for m in meant if m.sense.slot is Slot.NEGATION and m.sense.value == "ends"]
    return denied, ended


def _reach(text: str, chain: list[Match]) -> set[Match]:
    """Return the matches next to a negation (`chain[0]`), and those joined to them: "no rain or snow"."""
    struck: set[Match] = set()
    at, joined = chain[0], True
    for match in chain[1:]:
        if match.sense.slot is Slot.NEGATION and match.sense.value == "joins":
            at, joined = match, True
            continue
        low, high = sorted((at, match), key=lambda m: m.start)
        gap = text[low.end : high.start]
        near = len(gap.split()) <= _NEGATION_REACH_WORDS and len(gap) <= _NEGATION_REACH_CHARS
        joined = joined or not gap.strip()
        if match.sense.slot is Slot.NEGATION or _CLAUSE_END.search(gap + " ") or not (joined and near):
            break
        struck.add(match)
        at, joined = match, False
    return struck


def _clauses(text: str, matches: list[Match]) -> list[int]:
    """Return the places at which a clause ends."""
    marks = [m.start for m in matches if m.sense.slot is Slot.ORDER]
    return sorted({found.start() for found in _CLAUSE_END.finditer(text)} | set(marks))


def _nearest(word: Match, targets: list[_Found], borders: list[int]) -> _Found | None:
    """Return the target of the same clause that stands nearest to the word; a tie goes to the later one."""

    def distance(target: _Found) -> tuple[int, int]:
        gap = max(target.match.start - word.end, word.start - target.match.end)
        return gap, -target.match.start

    def same_clause(target: _Found) -> bool:
        low, high = sorted((word.start, target.match.start))
        return not any(low < border <= high for border in borders)

    return min(filter(same_clause, targets), key=distance, default=None)


def _give_degrees(text: str, matches: list[Match], targets: list[_Found]) -> float | None:
    """Hand speed and strength words to their targets. Returns the speed of a word that found no move."""
    borders, spare = _clauses(text, matches), None
    moves = [t for t in targets if t.match.sense.slot is Slot.MOVES]
    for target in targets:
        target.speed, target.strength = target.match.sense.speed, target.match.sense.strength
    for match in matches:
        if match.sense.slot is Slot.SPEED:
            if mover := _nearest(match, moves, borders):
                mover.speed = SPEEDS[match.sense.value]
            else:
                spare = SPEEDS[match.sense.value]
        elif match.sense.slot is Slot.STRENGTH and (nearest := _nearest(match, targets, borders)):
            nearest.strength = STRENGTHS[match.sense.value]
    return spare


def _give_directions(text: str, matches: list[Match], targets: list[_Found]) -> None:
    """Complete the families: "pans slowly to the left" is pan_left. A direction serves the nearest family it fits."""
    borders = _clauses(text, matches)
    said: dict[int, Direction] = {}
    for match in matches:
        if match.sense.slot is Slot.DIRECTIONS:
            direction = Direction(match.sense.value)
            fitting = [t for t in targets if direction in FAMILIES.get(t.match.sense.value, {})]
            if family_member := _nearest(match, [t for t in fitting if id(t) not in said], borders):
                said[id(family_member)] = direction
    for target in targets:
        if target.match.sense.slot is Slot.MOVES:
            family = FAMILIES.get(target.match.sense.value)
            target.move = family[said.get(id(target), next(iter(family)))] if family else Move(target.match.sense.value)


def _group(text: str, matches: list[Match], targets: list[_Found], ended: list[Match]) -> int:
    """Number the targets by their place in time and return how many places there are.

    A word of order ("then") begins a place for whatever follows it; the end of a sentence does so for moves only, for
    weather that is named in a sentence of its own belongs to the whole clip.
    """
    orders = [m.start for m in matches if m.sense.slot is Slot.ORDER and m.sense.value != "first"]
    stops = [found.start() for found in _SENTENCE_END.finditer(text)]
    part_of = {id(t): sum(o <= t.match.start for o in orders) for t in targets}
    keys = {(part_of[id(t)], sum(s <= t.match.start for s in stops)) for t in targets if t.move}
    parts_with_moves = {part for part, _ in keys}
    loose = {part_of[id(t)] for t in targets if not t.move} | {sum(o <= m.start for o in orders) for m in ended}
    keys |= {(part, -1) for part in loose if part not in parts_with_moves}
    order = sorted(keys)
    for target in targets:
        part = part_of[id(target)]
        sentence = sum(s <= target.match.start for s in stops)
        key = (part, sentence) if target.move else next(k for k in order if k[0] == part)
        target.group = order.index(key)
    return max(1, len(order))


def _move_cues(found: list[_Found], groups: int) -> tuple[MoveCue, ...]:
    starts = sorted({t.group for t in found})
    cues: list[MoveCue] = []
    for place, group in enumerate(starts):
        start = Fraction(group, groups)
        end = Fraction(starts[place + 1], groups) if place + 1 < len(starts) else Fraction(1)
        cues += _share_out(_distinct([t for t in found if t.group == group]), start, end)
    return tuple(cues)


def _distinct(found: list[_Found]) -> list[_Found]:
    """Drop repetitions, and "static" beside a real move."""
    unique = list({t.move: t for t in reversed(found)}.values())[::-1]
    moving = [t for t in unique if t.move is not Move.STATIC]
    return moving or unique


def _share_out(found: list[_Found], start: Fraction, end: Fraction) -> list[MoveCue]:
    """Let moves of one place run together; opposites take turns."""
    turns: list[list[_Found]] = [[]]
    for target in found:
        if any(target.move and OPPOSITES.get(target.move) is other.move for other in turns[-1]):
            turns.append([])
        turns[-1].append(target)
    length = (end - start) / len(turns)
    return [
        MoveCue(t.move, start + n * length, start + (n + 1) * length, t.speed, t.strength, t.match.words)
        for n, turn in enumerate(turns)
        for t in turn
        if t.move
    ]


def _effect_cues(found: list[_Found], groups: int, ended: list[Match]) -> tuple[EffectCue, ...]:
    """Effects last from where they are named to the end, or to the word that ends them."""
    cues: dict[Effect, EffectCue] = {}
    for target in found:
        effect = Effect(target.match.sense.value)
        cue = EffectCue(effect, Fraction(target.group, groups), Fraction(1), target.strength, target.match.words)
        stopper = next((e for e in ended if 0 <= e.start - target.match.end <= _NEGATION_REACH_CHARS), None)
        if stopper and target.group == 0:
            continue  # "a street where the rain has stopped": it is over before the clip begins
        if stopper:
            # "then the rain stops": it was there from the start, whether that was said or not.
            earlier = cues.get(effect, replace(cue, start=Fraction(0)))
            cues[effect] = replace(earlier, end=cue.start)
        else:
            cues.setdefault(effect, cue)
    return tuple(cues.values())
