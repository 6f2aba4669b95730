"""The phrasebook: all lexicons as one tree of letters, through which a prompt is read in a single pass.

The time grows with the prompt's length, not with the number of phrases or languages. Languages of one script are
rivals: small words ("der", "les", "của") tell which one is spoken, and the others are not listened to, so that German
"fast" is not English speed. English is the trade's lingua franca and always understood, but the spoken language comes
first where both know the same words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from seedbed.core.shotplan.lexicon import FREE_SLOTS, Lexicon, Sense, Slot

_HERE = ""  # the key under which a node keeps the phrases that end there


class _Entry(NamedTuple):
    sense: Sense
    language: str
    ends_anywhere: bool


class _Raw(NamedTuple):
    start: int
    end: int
    entry: _Entry


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """A phrase that was found at `start`..`end` of the normalised prompt. Compared by identity."""

    start: int
    end: int
    sense: Sense
    words: str


class Phrasebook:
    """All languages at once. Immutable after it was made."""

    def __init__(self, lexicons: Iterable[Lexicon]) -> None:
        self.lexicons = tuple(lexicons)
        self._anywhere: dict[str, Any] = {}
        self._at_words: dict[str, Any] = {}
        self._letters = str.maketrans({pair[1]: pair[0] for x in self.lexicons for pair in x.same_letters})
        for lexicon in self.lexicons:
            for phrase in lexicon.phrases:
                entry = _Entry(phrase.sense, lexicon.language, phrase.ends_anywhere)
                for spelling in phrase.spellings:
                    _plant(
                        self._anywhere if phrase.starts_anywhere else self._at_words,
                        spelling.translate(self._letters),
                        entry,
                    )

    def find(self, text: str) -> list[Match]:
        """Return what a normalised text says, in order of place; of phrases that overlap, the longest is kept."""
        found = self._read(text.translate(self._letters))
        spoken = self._spoken(Counter(raw.entry.language for raw in found if raw.entry.sense.slot is Slot.TELLS))
        rank = {language: spoken.index(language) for language in spoken}
        meant = [r for r in found if r.entry.language in rank and r.entry.sense.slot is not Slot.TELLS]
        meant.sort(key=lambda r: (r.start - r.end, r.start, rank[r.entry.language]))
        return _longest(text, meant)

    def _read(self, text: str) -> list[_Raw]:
        """Return every phrase that fits, of every language. A tuple's making is most of the cost."""
        found: list[_Raw] = []
        size, inside = len(text), False
        of_word = [letter.isalnum() for letter in text] + [False]
        everywhere, at_words = (self._anywhere,), (self._anywhere, self._at_words)
        for start, letter in enumerate(text):
            for tree in everywhere if inside else at_words:
                node, place = tree.get(letter), start + 1
                while node is not None:
                    if _HERE in node:
                        in_word = of_word[place] and of_word[place - 1]
                        found += [_Raw(start, place, e) for e in node[_HERE] if e.ends_anywhere or not in_word]
                    if place == size:
                        break
                    node, place = node.get(text[place]), place + 1
            inside = of_word[start]
        return found

    def _spoken(self, tells: Counter[str]) -> list[str]:
        """Return the languages to listen to, the most likely ones first."""
        best: dict[str, int] = {}
        for lexicon in self.lexicons:
            best[lexicon.script] = max(best.get(lexicon.script, 0), tells[lexicon.language])
        spoken = [x for x in self.lexicons if x.lingua_franca or tells[x.language] == best[x.script]]
        # Where nothing tells, the lingua franca is the best guess.
        return [x.language for x in sorted(spoken, key=lambda x: (-tells[x.language], not x.lingua_franca))]


def _plant(tree: dict[str, Any], spelling: str, entry: _Entry) -> None:
    for letter in spelling:
        tree = tree.setdefault(letter, {})
    tree[_HERE] = (*tree.get(_HERE, ()), entry)


def _longest(text: str, found: list[_Raw]) -> list[Match]:
    taken = {slot: bytearray(len(text)) for slot in (None, *FREE_SLOTS)}
    kept = []
    for start, end, entry in found:
        slot = entry.sense.slot
        lane = slot if slot in FREE_SLOTS else None
        if not any(taken[lane][start:end]):
            for each in taken if slot is Slot.IGNORE else (lane,):
                taken[each][start:end] = b"\1" * (end - start)
            kept.append(Match(start, end, entry.sense, text[start:end]))
    return sorted(kept, key=lambda match: match.start)
