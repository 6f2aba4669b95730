"""Which bodies count as the same request."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core.idempotency import form_digest, json_digest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_spelling_does_not_count(value):
    respelt = json.loads(json.dumps(value, indent=3, sort_keys=True))

    assert json_digest(respelt) == json_digest(value)


@pytest.mark.parametrize(
    ("left", "right"), [({"a": 1, "b": 2}, {"b": 2, "a": 1}), ({"a": 1}, {"a": 1.0}), ({"a": 1e3}, {"a": 1000})]
)
def test_order_of_keys_and_spelling_of_numbers_do_not_count(left, right):
    assert json_digest(left) == json_digest(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": "1"}),
        ([1, 2], [2, 1]),
        ({"a": None}, {}),
        ({"a": 1.5}, {"a": 1}),
        ({"a": "x" * 5000}, {"a": "x" * 4999 + "y"}),
    ],
)
def test_different_values_differ(left, right):
    assert json_digest(left) != json_digest(right)


def test_a_form_is_its_fields_and_files_in_any_order():
    one, two, x, y = (digit * 32 for digit in (b"1", b"2", b"x", b"y"))
    digest = form_digest(fields=[("a", one), ("b", two)], files=[("file", x)])

    assert digest == form_digest(fields=[("b", two), ("a", one)], files=[("file", x)])
    assert digest != form_digest(fields=[("a", one), ("b", two)], files=[("file", y)])
    assert digest != form_digest(fields=[("a", two), ("b", one)], files=[("file", x)])
    assert digest != form_digest(fields=[("a", one), ("b", two), ("file", x)], files=[])
