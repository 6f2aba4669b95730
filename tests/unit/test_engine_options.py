"""What a request may say to an engine."""

from __future__ import annotations

import pytest

from seedbed.core.engine_options import Option, OptionKind, judged_options, schema_of
from seedbed.core.errors import InvalidRequest

ALLOWED = {
    "steps": Option(kind=OptionKind.INTEGER, least=1, most=60, default=30),
    "guidance": Option(kind=OptionKind.NUMBER, least=0, most=20),
    "tiling": Option(kind=OptionKind.BOOLEAN),
    "negative_prompt": Option(kind=OptionKind.TEXT, most=10),
    "sampler": Option(kind=OptionKind.CHOICE, choices=("euler", "unipc")),
    "keyframes_s": Option(kind=OptionKind.NUMBERS, least=0, most=15),
    "loras": Option(kind=OptionKind.LORAS, choices=("film", "ink"), most=2),
}


def judged(**given):
    return judged_options(given, ALLOWED, model="wan", param="engineOptions")


def test_what_is_left_out_gets_its_default_and_null_is_left_out():
    assert judged() == {"steps": 30}
    assert judged(steps=None) == {"steps": 30}
    assert judged_options(None, {}, model="wan", param="engineOptions") == {}


def test_everything_within_its_bounds_is_taken_as_it_is():
    given = {
        "steps": 1,
        "guidance": 7.5,
        "tiling": False,
        "negative_prompt": "번진 글자",
        "sampler": "unipc",
        "keyframes_s": [0, 2.5, 15],
        "loras": [{"name": "film", "weight": 0.8}, {"name": "ink"}],
    }

    assert judged(**given) == given


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("steps", 0, "a whole number of at least 1 and at most 60"),
        ("steps", 61, "at most 60"),
        ("steps", 4.0, "a whole number"),
        ("steps", "4", "a whole number"),
        ("steps", True, "a whole number"),
        ("guidance", float("nan"), "a number"),
        ("guidance", float("inf"), "a number"),
        ("tiling", 1, "true or false"),
        ("negative_prompt", "x" * 11, "at most 10"),
        ("negative_prompt", "a\x00b", "printable"),
        ("sampler", "ddim", "one of euler, unipc"),
        ("keyframes_s", [0, 16], "each must be a number of at least 0 and at most 15"),
        ("keyframes_s", [0] * 17, "at most 16 numbers"),
        ("keyframes_s", 2.5, "a list"),
        ("loras", [{"name": "other"}], "film, ink"),
        ("loras", [{"name": "ink", "path": "/etc"}], "film, ink"),
        ("loras", [{"name": "ink"}] * 3, "at most 2"),
        ("loras", [{"name": "ink", "weight": 9}], "within 2 of 0"),
        ("loras", {"name": "ink"}, "a list"),
    ],
)
def test_anything_else_is_refused_by_name_with_what_would_be_right(name, value, right):
    with pytest.raises(InvalidRequest) as refused:
        judged(**{name: value})

    assert refused.value.param == f"engineOptions.{name}"
    assert right in str(refused.value)


def test_an_option_that_the_model_does_not_have_is_refused_with_those_it_has():
    with pytest.raises(InvalidRequest, match=r"engineOptions.cfg is no option of wan; it takes steps, guidance"):
        judged(cfg=1)
    with pytest.raises(InvalidRequest, match="it takes none"):
        judged_options({"cfg": 1}, {}, model="wan", param="engineOptions")


def test_the_schema_says_the_same_as_the_judgement():
    schema = schema_of(ALLOWED)

    assert schema["additionalProperties"] is False
    assert schema["properties"]["steps"] == {"type": "integer", "minimum": 1, "maximum": 60, "default": 30}
    assert schema["properties"]["loras"]["items"]["properties"]["name"]["enum"] == ["film", "ink"]
