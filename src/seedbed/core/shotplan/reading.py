"""A prompt as it was read: its phrases, where its clauses and sentences end, and what its negations strike out.

Everything that asks "which clause" or "what is near" asks here; each question costs a binary search at most.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from seedbed.core.shotplan.lexicon import Slot, normalise
from seedbed.core.shotplan.phrasebook import Match, Phrasebook

# A full stop inside a number or a file name ends nothing.
_SENTENCE_END = re.compile(r"[.!?;]+(?!\w)|(?<=[^\x00-ɏ])[.!?;]+|[。।\n]+")
_CLAUSE_END = re.compile(r"[,、:，()\[\]]|" + _SENTENCE_END.pattern)
_REACH_WORDS = 2
_REACH_CHARS = 14
_UNDENIABLE = frozenset({Slot.IGNORE, Slot.SPEED, Slot.STRENGTH, Slot.DIRECTIONS, Slot.CAMERA})


@dataclass(frozen=True, slots=True)
class Reading:
    """`matches` are in order of place; `denied` are those that a negation strikes out, in the same order."""

    text: str
    matches: tuple[Match, ...]
    denied: tuple[Match, ...]
    sentence_ends: tuple[int, ...]
    clause_ends: tuple[int, ...]

    def kept(self, *slots: Slot) -> list[Match]:
        """Return the matches for those slots that no negation strikes out."""
        struck = set(self.denied)
        return [m for m in self.matches if m.sense.slot in slots and m not in struck]

    def sentence(self, at: int) -> int:
        return bisect_right(self.sentence_ends, at)

    def clause(self, at: int) -> int:
        return bisect_right(self.clause_ends, at)


def read(prompt: str, book: Phrasebook) -> Reading:
    """Find the prompt's phrases and leave out those that need a camera where none is spoken of."""
    text = normalise(prompt)
    sentence_ends = tuple(found.start() for found in _SENTENCE_END.finditer(text))
    found = _beside_a_camera(book.find(text), sentence_ends)
    marks = {m.start for m in found if m.sense.slot in {Slot.ORDER, Slot.SHOTS}}
    clause_ends = tuple(sorted(marks | {end.start() for end in _CLAUSE_END.finditer(text)}))
    denied = _denied(text, found)
    return Reading(text, tuple(found), tuple(m for m in found if m in denied), sentence_ends, clause_ends)


def nearest(word: Match, targets: Sequence[Match]) -> Match | None:
    """Return which of the targets, in order of place, stands nearest to the word; a tie goes to the later one."""
    place = bisect_left(targets, word.start, key=lambda target: target.start)

    def distance(target: Match) -> tuple[int, int]:
        return max(target.start - word.end, word.start - target.end), -target.start

    return min(targets[max(0, place - 1) : place + 1], key=distance, default=None)


def _beside_a_camera(matches: Iterable[Match], sentence_ends: Sequence[int]) -> list[Match]:
    """Drop "moves closer" from a sentence that is not about the camera: it is the subject that moves."""
    matches = list(matches)
    filmed = {
        bisect_right(sentence_ends, m.start)
        for m in matches
        if m.sense.slot is Slot.CAMERA or (m.sense.slot is Slot.MOVES and not m.sense.needs_camera)
    }
    return [m for m in matches if not m.sense.needs_camera or bisect_right(sentence_ends, m.start) in filmed]


def _denied(text: str, matches: list[Match]) -> set[Match]:
    meant = [m for m in matches if m.sense.slot not in _UNDENIABLE]
    denied: set[Match] = set()
    for place, match in enumerate(meant):
        if match.sense.slot is Slot.NEGATION and match.sense.value == "before":
            denied |= _reach(text, match, (meant[n] for n in range(place + 1, len(meant))), joins="、/&")
        elif match.sense.slot is Slot.NEGATION and match.sense.value == "after":
            denied |= _reach(text, match, (meant[n] for n in range(place - 1, -1, -1)), joins="/&")
    return denied


def _reach(text: str, at: Match, chain: Iterable[Match], *, joins: str) -> set[Match]:
    """Return the matches next to a negation (`at`), and those joined to them: "no rain or snow"."""
    struck: set[Match] = set()
    joined = True
    for match in chain:
        if match.sense.slot is Slot.NEGATION and match.sense.value == "joins":
            at, joined = match, True
            continue
        low, high = sorted((at, match), key=lambda m: m.start)
        gap = text[low.end : high.start].strip(joins + " ")
        near = len(gap.split()) <= _REACH_WORDS and len(gap) <= _REACH_CHARS
        joined = joined or not gap
        if match.sense.slot is Slot.NEGATION or _CLAUSE_END.search(gap) or not (joined and near):
            break
        struck.add(match)
        at, joined = match, False
    return struck
