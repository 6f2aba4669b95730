"""Strict JSON, and words for what does not fit a wire type."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.api.conversion import convert, unknown_fields
from seedbed.api.json_body import MAX_DEPTH, parse_object
from seedbed.core.errors import InvalidJson, InvalidRequest

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def outcome(body: bytes) -> type:
    try:
        return type(parse_object(body))
    except (InvalidJson, InvalidRequest) as error:
        return type(error)


class Inner(msgspec.Struct):
    url: str


class Outer(msgspec.Struct, rename="camel"):
    media_count: int
    wishes: dict[str, int] | None = None
    parts: list[Inner] | None = None
    loud: bool | None = None


@given(st.dictionaries(TEXT, VALUES))
def test_every_good_object_is_read_as_it_was_written(value):
    for is_ascii in (True, False):
        assert parse_object(json.dumps(value, ensure_ascii=is_ascii).encode()) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_an_object_or_a_refusal(body):
    assert outcome(body) in (dict, InvalidJson, InvalidRequest)


@given(st.integers(0, 2**16).filter(lambda code: 0xD800 <= code <= 0xDFFF) | st.sampled_from([0, 0xD800, 0xDFFF]))
def test_half_of_a_pair_and_nul_never_get_through(code):
    with pytest.raises(InvalidRequest):
        parse_object(f'{{"a":{{"b":["x\\u{code:04x}"]}}}}'.encode())


def test_a_whole_surrogate_pair_is_one_character():
    assert parse_object(rb'{"a":"\ud83e\udd8a"}') == {"a": "🦊"}


def test_the_depth_limit_is_exact():
    def nested(depth: int) -> bytes:
        return b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"

    assert parse_object(nested(MAX_DEPTH))
    with pytest.raises(InvalidJson, match="deep"):
        parse_object(nested(MAX_DEPTH + 1))


def test_a_doubled_key_is_found_wherever_it_stands():
    with pytest.raises(InvalidJson, match="'b' stands twice"):
        parse_object(b'{"a":[{"b":1,"c":2,"b":3}]}')


@pytest.mark.parametrize(
    ("value", "param", "message"),
    [
        ({}, "mediaCount", "mediaCount is required."),
        ({"mediaCount": "5"}, "mediaCount", "mediaCount must be an integer; got a string."),
        ({"mediaCount": 5.0}, "mediaCount", "mediaCount must be an integer; got a number with a decimal point."),
        ({"mediaCount": True}, "mediaCount", "mediaCount must be an integer; got true or false."),
        ({"mediaCount": None}, "mediaCount", "mediaCount must be an integer; got null."),
        ({"mediaCount": 1, "loud": 1}, "loud", "loud must be true or false; got an integer."),
        ({"mediaCount": 1, "parts": [{"url": "x"}, 5]}, "parts[1]", "parts[1] must be an object; got an integer."),
        ({"mediaCount": 1, "parts": [{}]}, "parts[0].url", "parts[0].url is required."),
        ({"mediaCount": 1, "parts": {}}, "parts", "parts must be a list; got an object."),
    ],
)
def test_what_does_not_fit_is_told_in_plain_words_and_wire_names(value, param, message):
    with pytest.raises(InvalidRequest) as caught:
        convert(value, Outer)

    assert (caught.value.param, str(caught.value)) == (param, message)


def test_unknown_fields_are_found_inside_lists_too():
    value = {"mediaCount": 1, "media_count": 2, "parts": [{"url": "x"}, {"url": "y", "size": 1}]}

    assert convert(value, Outer).media_count == 1
    assert unknown_fields(value, Outer) == (
        "ignored unknown field 'media_count'",
        "ignored unknown field 'parts[1].size'",
    )
