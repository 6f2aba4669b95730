"""A lexicon: the phrases of one language and what each means, compiled for a single pass over a prompt.

Phrases and prompts meet in one normal form (NFKC, casefold, hyphens and runs of space as one space). All phrases that
fit anywhere are found; where two overlap, the longer one wins.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from seedbed.core.shotplan.vocabulary import FAMILIES, Direction, Effect, Hue, Move, Scenery, TimeOfDay


class Slot(StrEnum):
    """What a phrase is for. The values are the tables of a lexicon file."""

    MOVES = "moves"  # a Move, or a family of FAMILIES
    DIRECTIONS = "directions"
    EFFECTS = "effects"
    TIMES = "times"
    SCENERY = "scenery"
    HUES = "hues"
    SPEED = "speed"
    STRENGTH = "strength"
    ORDER = "order"  # first, then, last
    NEGATION = "negation"  # before, after, ends, joins, breaks
    IGNORE = "ignore"  # phrases that hold a shorter one which is not meant: "rolling hills"


ALLOWED: dict[Slot, frozenset[str]] = {
    Slot.MOVES: frozenset(Move) | frozenset(FAMILIES),
    Slot.DIRECTIONS: frozenset(Direction),
    Slot.EFFECTS: frozenset(Effect),
    Slot.TIMES: frozenset(TimeOfDay),
    Slot.SCENERY: frozenset(Scenery),
    Slot.HUES: frozenset(Hue),
    Slot.SPEED: frozenset({"very_slow", "slow", "fast", "very_fast"}),
    Slot.STRENGTH: frozenset({"slight", "strong"}),
    Slot.ORDER: frozenset({"first", "then", "last"}),
    Slot.NEGATION: frozenset({"before", "after", "ends", "joins", "breaks"}),
    Slot.IGNORE: frozenset({"phrases"}),
}
SPEEDS = {"very_slow": 0.45, "slow": 0.65, "fast": 1.6, "very_fast": 2.2}
STRENGTHS = {"slight": 0.55, "strong": 1.6}


@dataclass(frozen=True, slots=True)
class Sense:
    """What a phrase means. A phrase may carry its own degree: "downpour" is rain, strongly."""

    slot: Slot
    value: str
    speed: float = 1.0
    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase that was found at `start`..`end` of the normalised prompt."""

    start: int
    end: int
    sense: Sense
    words: str


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language. `phrases` maps a phrase's first two characters (or its only one) to
    its patterns and senses, so that few patterns are tried at each place."""

    language: str
    phrases: Mapping[str, tuple[tuple[re.Pattern[str], Sense], ...]]

    def candidates(self, text: str) -> Iterator[Match]:
        for start in range(len(text)):
            for pattern, sense in self.phrases.get(text[start : start + 2], ()) + self.phrases.get(text[start], ()):
                if found := pattern.match(text, start):
                    yield Match(start, found.end(), sense, found.group())


def normalise(text: str) -> str:
    """Return the form in which phrases and prompts are compared."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\s\-‐-―_]+", " ", folded.replace("’", "'")).strip()


def parse_lexicon(table: Mapping[str, Any]) -> Lexicon:
    """Return the lexicon that a parsed file holds.

    Top-level keys: `language`, `open_start`, `open_end` (whether a phrase may begin or end inside a word),
    `loose_spaces` (whether a space in a phrase may be missing in the prompt); then one table per Slot; and `strong`,
    `slight`, `slow`, `fast`, which hold the same tables for phrases that carry their own degree. A star at either end
    of a phrase opens that end, a dollar sign closes it. Raises ValueError that names the wrong key.
    """
    grammar = {key: bool(table.get(key, False)) for key in ("open_start", "open_end", "loose_spaces")}
    by_head: dict[str, list[tuple[re.Pattern[str], Sense]]] = defaultdict(list)
    for phrase, sense in _entries(table):
        for head in _heads(normalise(phrase.strip("*$")), loose=grammar["loose_spaces"]):
            by_head[head].append((_compile(phrase, **grammar), sense))
    frozen = {head: tuple(entries) for head, entries in by_head.items()}
    return Lexicon(language=str(table["language"]), phrases=frozen)


def _entries(table: Mapping[str, Any]) -> Iterator[tuple[str, Sense]]:
    for key, inner in table.items():
        if key in STRENGTHS:
            yield from _slots(inner, strength=STRENGTHS[key])
        elif key in SPEEDS:
            yield from _slots(inner, speed=SPEEDS[key])
        elif isinstance(inner, Mapping):
            yield from _slots({key: inner})
        elif key not in {"language", "open_start", "open_end", "loose_spaces"}:
            raise ValueError(f"a lexicon has no key '{key}'")


def _slots(tables: Mapping[str, Mapping[str, list[str]]], **degree: float) -> Iterator[tuple[str, Sense]]:
    for name, senses in tables.items():
        if name not in set(Slot):
            raise ValueError(f"a lexicon has no table '{name}'")
        for value, phrases in senses.items():
            if value not in ALLOWED[Slot(name)]:
                raise ValueError(f"'{value}' is not one of {sorted(ALLOWED[Slot(name)])} ([{name}])")
            yield from ((phrase, Sense(Slot(name), value, **degree)) for phrase in phrases)


def _heads(text: str, *, loose: bool) -> set[str]:
    """Return how a prompt may begin where it holds the phrase."""
    return {text[:2], text.replace(" ", "")[:2]} if loose else {text[:2]}


def _compile(phrase: str, *, open_start: bool, open_end: bool, loose_spaces: bool) -> re.Pattern[str]:
    text = normalise(phrase.strip("*$"))
    starts_anywhere = open_start or phrase.startswith("*")
    ends_anywhere = (open_end or phrase.endswith("*")) and not phrase.endswith("$")
    body = re.escape(text).replace(r"\ ", " ?" if loose_spaces else " ")
    return re.compile(("" if starts_anywhere else r"(?<!\w)") + body + ("" if ends_anywhere else r"(?!\w)"))
