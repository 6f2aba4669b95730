"""What the console says: the same in both languages, all of it used, nothing missing."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from console_tree import SCRIPTS, WORDS, name, text, words

from seedbed.core.credits import TransferKind
from seedbed.core.engine import Stage
from seedbed.core.job import State
from seedbed.core.references import Role
from seedbed.core.shotplan.vocabulary import Effect, Framing, Move
from seedbed.core.webhooks import DeliveryState, StopReason

SAID = re.compile(r"""["'`]([a-z]\w*\.[\w.]+)["'`]""")
SAID_BY_NAME = re.compile(r"say\(`([\w.]+\.)\$\{")
NAMED = re.compile(r'named\("(\w+)",')  # values of the shot plan
FACT = re.compile(r"\{(\w+)")

PAGES = [script for script in SCRIPTS if script not in WORDS]
KEYS = [key for file in WORDS for key in words(file)["en"]]


@pytest.mark.parametrize("file", WORDS, ids=name)
def test_both_languages_say_the_same_things(file):
    said = words(file)

    assert list(said["en"]) == list(said["ko"])


@pytest.mark.parametrize("file", WORDS, ids=name)
def test_both_languages_name_the_same_facts(file):
    said = words(file)

    # A language without plurals has nothing to choose by a number, so names are compared, not how often they stand.
    assert [key for key in said["en"] if set(FACT.findall(said["en"][key])) != set(FACT.findall(said["ko"][key]))] == []


def test_no_key_stands_twice():
    assert [key for key, count in Counter(KEYS).items() if count > 1] == []


@pytest.mark.parametrize("script", PAGES, ids=name)
def test_every_key_that_is_said_has_words(script):
    said = re.findall(r"""\bsay\(["']([\w.]+)["']""", text(script))

    assert [key for key in said if key not in KEYS] == []
    assert [
        start for start in SAID_BY_NAME.findall(text(script)) if not any(key.startswith(start) for key in KEYS)
    ] == []


def test_no_words_are_left_over():
    everything = "\n".join(text(script) for script in PAGES)
    by_name = (*SAID_BY_NAME.findall(everything), *(f"{kind}." for kind in NAMED.findall(everything)))
    named = set(SAID.findall(everything))

    assert [key for key in KEYS if key not in named and not key.startswith(by_name)] == []


def test_korean_is_korean():
    untranslated = [key for file in WORDS for key, said in words(file)["ko"].items() if not re.search("[가-힣]", said)]

    assert set(untranslated) == {"app.name", "create.fault"}


@pytest.mark.parametrize(
    ("area", "values"),
    [
        ("move", Move),
        ("effect", Effect),
        ("framing", Framing),
        ("stage", Stage),
        ("life", Stage),
        ("status", State),
        ("role", Role),
        ("delivery", DeliveryState),
        ("stopped", StopReason),
        ("ledger", (TransferKind.HOLD, TransferKind.CAPTURE, TransferKind.RELEASE)),
    ],
)
def test_every_value_that_the_service_may_say_has_words(area, values):
    assert [value for value in values if f"{area}.{value}" not in KEYS] == []
