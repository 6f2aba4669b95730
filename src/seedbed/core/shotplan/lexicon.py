"""A lexicon: the phrases of one language and what each means.

Phrases and prompts meet in one normal form (NFKC, casefold, hyphens and runs of space as one space; a line break that
begins a new sentence stays one). What a phrase means is a Sense; where phrases are looked for is the phrasebook's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Any

from seedbed.core.shotplan.vocabulary import FAMILIES, Direction, Effect, Framing, Hue, Move, Scenery, TimeOfDay


class Slot(StrEnum):
    """What a phrase is for. The values are the tables of a lexicon file."""

    MOVES = "moves"  # a Move, or a family of FAMILIES
    DIRECTIONS = "directions"
    EFFECTS = "effects"
    TIMES = "times"
    SCENERY = "scenery"
    HUES = "hues"
    FRAMING = "framing"
    SPEED = "speed"
    STRENGTH = "strength"
    ORDER = "order"  # first, then, last: the same shot goes on
    SHOTS = "shots"  # cut: another shot begins; label: "shot 1"; one_take: there are no cuts
    NEGATION = "negation"  # before, after, ends, joins, breaks
    CAMERA = "camera"  # words for the camera or the shot itself
    TELLS = "tells"  # small words that show which language this is
    IGNORE = "ignore"  # phrases that hold a shorter one which is not meant: "rolling hills"


_PHRASES = frozenset({"phrases"})
ALLOWED: dict[Slot, frozenset[str]] = {
    Slot.MOVES: frozenset(Move) | frozenset(FAMILIES),
    Slot.DIRECTIONS: frozenset(Direction),
    Slot.EFFECTS: frozenset(Effect),
    Slot.TIMES: frozenset(TimeOfDay),
    Slot.SCENERY: frozenset(Scenery),
    Slot.HUES: frozenset(Hue),
    Slot.FRAMING: frozenset(Framing),
    Slot.SPEED: frozenset({"very_slow", "slow", "fast", "very_fast"}),
    Slot.STRENGTH: frozenset({"slight", "strong"}),
    Slot.ORDER: frozenset({"first", "then", "last"}),
    Slot.SHOTS: frozenset({"cut", "label", "one_take"}),
    Slot.NEGATION: frozenset({"before", "after", "ends", "joins", "breaks"}),
    Slot.CAMERA: _PHRASES,
    Slot.TELLS: _PHRASES,
    Slot.IGNORE: _PHRASES,
}
SPEEDS = {"very_slow": 0.45, "slow": 0.65, "fast": 1.6, "very_fast": 2.2}
STRENGTHS = {"slight": 0.55, "strong": 1.6}
_FLAGS = ("open_start", "open_end", "loose_spaces", "loose_accents", "lingua_franca")
_LOOSE_SPACES_MOST = 3
# Scenery, hues, times of day and the camera overlap freely with one another and with the rest: "green field" is both.
FREE_SLOTS = (Slot.SCENERY, Slot.HUES, Slot.TIMES, Slot.CAMERA)


@dataclass(frozen=True, slots=True)
class Sense:
    """What a phrase means. A phrase may carry its own degree: "downpour" is rain, strongly.

    `needs_camera`: it is meant only where the sentence speaks of the camera: "moves closer".
    """

    slot: Slot
    value: str
    speed: float = 1.0
    strength: float = 1.0
    needs_camera: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """Every spelling under which a phrase is found, normalised, and whether it may begin or end inside a word."""

    written: str
    spellings: tuple[str, ...]
    sense: Sense
    starts_anywhere: bool
    ends_anywhere: bool


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language. `script`: languages of one script are rivals for a prompt; `lingua_franca` is always understood."""

    language: str
    script: str
    lingua_franca: bool
    phrases: tuple[Phrase, ...]
    same_letters: tuple[str, ...] = ()  # pairs: the second letter of each counts as the first


def normalise(text: str) -> str:
    """Return the form in which phrases and prompts are compared."""
    # A line break before a small letter only wraps the line; before anything else it begins a new sentence.
    lines = re.sub(r"\s*\n\s*(?=[^\sa-zß-ÿ])", "\N{RECORD SEPARATOR}", text.strip())
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", lines).casefold()).replace("’", "'")
    spaced = re.sub(r"[^\S\x1e]+|[\-‐-―_~]+", " ", folded)
    return re.sub(r" {2,}", " ", spaced).replace("\N{RECORD SEPARATOR}", "\n").strip()


def parse_lexicon(table: Mapping[str, Any]) -> Lexicon:
    """Return the lexicon that a parsed file holds.

    Top-level keys: `language`, `script`, `lingua_franca`, `same_letters`, `open_start`, `open_end` (whether a phrase
    may begin or end inside a word), `loose_spaces` and `loose_accents` (whether a phrase's spaces and accents may be
    missing in the prompt); then one table per Slot; and `strong`, `slight`, `slow`, `fast`, `if_camera`, which hold
    the same tables for phrases that carry their own degree or need the camera. A star at either end of a phrase opens
    that end, a dollar sign closes it. Raises ValueError that names the wrong key or the phrase with two meanings.
    """
    flags = {key: bool(table.get(key, False)) for key in _FLAGS}
    phrases = tuple(_phrase(written, sense, flags) for written, sense in _entries(table))
    _refuse_double_meanings(phrases)
    language = str(table["language"])
    same_letters = tuple(table.get("same_letters", ()))
    return Lexicon(language, str(table.get("script", language)), flags["lingua_franca"], phrases, same_letters)


def _refuse_double_meanings(phrases: Iterable[Phrase]) -> None:
    meant: dict[tuple[str, Slot | None], Sense] = {}
    for phrase in phrases:
        slot = phrase.sense.slot
        lane = slot if slot in {*FREE_SLOTS, Slot.TELLS} else None
        known = meant.setdefault((phrase.spellings[0], lane), phrase.sense)
        if known != phrase.sense:
            one, other = (f"{s.slot}.{s.value}" for s in (known, phrase.sense))
            raise ValueError(f"'{phrase.written}' means two things: {one} and {other}")


def _entries(table: Mapping[str, Any]) -> Iterator[tuple[str, Sense]]:
    for key, inner in table.items():
        if key in STRENGTHS:
            yield from _slots(inner, strength=STRENGTHS[key])
        elif key in SPEEDS:
            yield from _slots(inner, speed=SPEEDS[key])
        elif key == "if_camera":
            yield from _slots(inner, needs_camera=True)
        elif isinstance(inner, Mapping):
            yield from _slots({key: inner})
        elif key not in {"language", "script", "same_letters", *_FLAGS}:
            raise ValueError(f"a lexicon has no key '{key}'")


def _slots(tables: Mapping[str, Mapping[str, list[str]]], **manner: Any) -> Iterator[tuple[str, Sense]]:
    for name, senses in tables.items():
        if name not in set(Slot):
            raise ValueError(f"a lexicon has no table '{name}'")
        for value, phrases in senses.items():
            if value not in ALLOWED[Slot(name)]:
                raise ValueError(f"'{value}' is not one of {sorted(ALLOWED[Slot(name)])} ([{name}])")
            yield from ((phrase, Sense(Slot(name), value, **manner)) for phrase in phrases)


def _phrase(written: str, sense: Sense, flags: Mapping[str, bool]) -> Phrase:
    text = normalise(written.strip("*$"))
    if not text:
        raise ValueError(f"nothing is left of the phrase '{written}' ([{sense.slot}])")
    return Phrase(
        written,
        tuple(dict.fromkeys(_spellings(text, flags))),
        sense,
        starts_anywhere=flags["open_start"] or written.startswith("*"),
        ends_anywhere=(flags["open_end"] or written.endswith("*")) and not written.endswith("$"),
    )


def _spellings(text: str, flags: Mapping[str, bool]) -> Iterator[str]:
    for spaced in _without_spaces(text) if flags["loose_spaces"] else (text,):
        yield spaced
        if flags["loose_accents"]:
            yield _without_accents(spaced)
            yield _without_accents(re.sub("[äöü]", lambda umlaut: umlaut[0] + "e", spaced))


def _without_spaces(text: str) -> Iterator[str]:
    words = text.split(" ")
    if len(words) > _LOOSE_SPACES_MOST + 1:
        yield from (text, "".join(words))
        return
    for gaps in product((" ", ""), repeat=len(words) - 1):
        yield "".join(word + gap for word, gap in zip(words, (*gaps, ""), strict=True))


def _without_accents(text: str) -> str:
    split = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(c for c in split if not unicodedata.combining(c)))
