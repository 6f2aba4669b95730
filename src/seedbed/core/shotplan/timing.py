"""From the order of words to time: which shot each cue belongs to, and which part of that shot.

Shots share the clip equally. Within a shot, a word of order ("then") begins a part; a sentence begins a part for moves
only, for weather that is named in a sentence of its own belongs to the whole shot. The parts share the shot equally.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction

from seedbed.core.shotplan.lexicon import Slot
from seedbed.core.shotplan.phrasebook import Match
from seedbed.core.shotplan.reading import Reading

MOST_SHOTS = 8  # a clip is 15 seconds at most; words that cut oftener than this only say "then"
MOST_PARTS = 8  # of one shot; what is named later than that belongs to the last part
_FRAMING_AFTER_ORDER_CHARS = 12
_LABEL_CHARS = 3  # ": ", "] " between a label and what it labels


@dataclass(frozen=True, slots=True)
class Take:
    """One shot in the prompt: its words start at `begins`, its time runs from `start` to `end` of the clip."""

    begins: int
    words: str | None
    start: Fraction
    end: Fraction


class Timetable:
    """Says for any place in the prompt which stretch of the clip it speaks of."""

    def __init__(self, reading: Reading, takes: tuple[Take, ...], timed: list[Match]) -> None:
        self._reading = reading
        self.takes = takes
        self._begins = [take.begins for take in takes]
        self._orders = [m.start for m in reading.kept(Slot.ORDER) if m.sense.value != "first"]
        self._places = self._lay_out(timed)
        self._times = [
            [take.start + (take.end - take.start) * Fraction(place, count) for place in range(count + 1)]
            for take, count in zip(takes, (max(p.values(), default=0) + 1 for p in self._places), strict=True)
        ]

    def take(self, at: int) -> int:
        """Return the number of the shot, counted from 0."""
        return max(0, bisect_right(self._begins, at) - 1)

    def place(self, match: Match) -> int:
        """Return the number of the part of its shot in which the match lies."""
        return self._places[self.take(match.start)][self._key(match)]

    def time(self, take: int, place: int) -> Fraction:
        """Return when a part begins, as a share of the clip. The place after the last is the end of the shot."""
        return self._times[take][place]

    def ends_of_part(self, match: Match) -> Fraction:
        """Return when the last place of the same part ends: "then" ends it, another sentence does not."""
        take = self.take(match.start)
        part, _ = self._key(match)
        return self.time(take, 1 + max(n for (other, _), n in self._places[take].items() if other == part))

    def _key(self, match: Match) -> tuple[int, int]:
        part = bisect_right(self._orders, match.start)
        moves = match.sense.slot in {Slot.MOVES, Slot.DIRECTIONS}
        return part, self._reading.sentence(match.start) if moves else -1

    def _lay_out(self, timed: list[Match]) -> list[dict[tuple[int, int], int]]:
        """Return for each shot the places of its parts: a move's by part and sentence, anything else's by part."""
        keys: list[set[tuple[int, int]]] = [set() for _ in self.takes]
        for match in timed:
            keys[self.take(match.start)].add(self._key(match))
        places: list[dict[tuple[int, int], int]] = []
        for found in keys:
            with_moves = {part for part, sentence in found if sentence >= 0}
            own = sorted(key for key in found if key[1] >= 0 or key[0] not in with_moves)
            numbered = {key: min(place, MOST_PARTS - 1) for place, key in enumerate(own)}
            first_of = {part: numbered[key] for key in reversed(own) for part in key[:1]}
            places.append(numbered | {key: first_of[key[0]] for key in found if key not in numbered})
        return places


def find_takes(reading: Reading) -> tuple[Take, ...]:
    """Return the clip's shots: at least one, at most MOST_SHOTS.

    A new shot begins at a word that cuts ("cut to", "next shot", "shot 2", "another angle"); at a word of order that
    leads straight to a framing ("then a close-up of her face"), for another size is another camera; and at a sentence
    that opens with another framing than the sentence with a framing before it ("Wide shot of a bay. Close-up of a
    gull."). Any other "then" goes on with the same shot: a director says "then" for the next thing the camera does.
    A cut before anything was said is the beginning of the first shot, not a cut. "One take" or "no cuts" forbid them.
    """
    if any(m.sense.value == "one_take" for m in reading.kept(Slot.SHOTS)):
        return _share_out([])
    if any(m.sense.slot is Slot.SHOTS and m.sense.value == "cut" for m in reading.denied):
        return _share_out([])
    cuts = sorted(_spoken_cuts(reading) + _changes_of_framing(reading), key=lambda cut: cut.start)
    return _share_out(_apart(reading, cuts)[: MOST_SHOTS - 1])


def _spoken_cuts(reading: Reading) -> list[Match]:
    cuts = [m for m in reading.kept(Slot.SHOTS) if m.sense.value == "cut"]
    labels = [m for m in reading.kept(Slot.SHOTS) if m.sense.value == "label"]
    first = labels[0] if labels else None
    return cuts + [label for label in labels if first and label.words != first.words]


def _changes_of_framing(reading: Reading) -> list[Match]:
    """Return the phrases with which a framing begins a shot, in order of place."""
    cuts: list[Match] = []
    known = None
    spoken = {reading.sentence(m.start) for m in reading.kept(Slot.SHOTS)}
    for before, match in zip((None, *reading.matches), reading.matches, strict=False):
        if match.sense.slot is not Slot.FRAMING:
            continue
        opens = _opens_sentence(reading, match) and reading.sentence(match.start) not in spoken
        ordered = (
            before is not None
            and before.sense.slot is Slot.ORDER
            and before.sense.value != "first"
            and match.start - before.end <= _FRAMING_AFTER_ORDER_CHARS
            and reading.clause(before.start) == reading.clause(match.start)
        )
        if (ordered and before is not None) or (opens and known not in {None, match.sense.value}):
            cuts.append(before if ordered and before is not None else match)
        if opens or ordered:
            known = match.sense.value
    return cuts


def _opens_sentence(reading: Reading, match: Match) -> bool:
    sentence = reading.sentence(match.start)
    begin = reading.sentence_ends[sentence - 1] if sentence else 0
    return len(reading.text[begin : match.start].strip(" .!?;。\n").split()) <= 1 and match.start - begin <= 12


def _apart(reading: Reading, cuts: list[Match]) -> list[Match]:
    """Drop cuts that nothing stands before, and all but the first of several that say the same thing twice."""
    said = [m for m in reading.matches if m.sense.slot not in {Slot.SHOTS, Slot.ORDER, Slot.IGNORE}]
    apart: list[Match] = []
    for cut in cuts:
        begin = apart[-1].end if apart else 0
        between = reading.text[begin : cut.start].strip(" .,:;[]()。、\n")
        if len(between) > _LABEL_CHARS and (apart or any(m.start < cut.start for m in said) or len(between) > 12):
            apart.append(cut)
    return apart


def _share_out(cuts: list[Match]) -> tuple[Take, ...]:
    count = len(cuts) + 1
    begins = [0] + [cut.start for cut in cuts]
    words = [None] + [cut.words for cut in cuts]
    return tuple(Take(begins[n], words[n], Fraction(n, count), Fraction(n + 1, count)) for n in range(count))
