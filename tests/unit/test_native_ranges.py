"""Byte ranges as arithmetic, and the memory of queue places."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.api.ranges import Span, Version, is_unchanged, requested_span
from seedbed.core.errors import RangeNotSatisfiable

VERSION = Version('"v1"', datetime(2026, 11, 1, 12, 0, 0, 999_999, UTC))
DATE = "Sun, 01 Nov 2026 12:00:00 GMT"
SIZES = st.integers(1, 10**12)


def span(said: str, size_bytes: int) -> Span | None:
    return requested_span({"range": said}, size_bytes=size_bytes, version=VERSION)


@given(SIZES, st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_span_never_leaves_the_file(size_bytes, first, length):
    last = first + length
    if first >= size_bytes:
        with pytest.raises(RangeNotSatisfiable):
            span(f"bytes={first}-{last}", size_bytes)
    else:
        found = span(f"bytes={first}-{last}", size_bytes)
        assert found == Span(first, min(last + 1, size_bytes))
        assert 0 < found.size_bytes <= size_bytes


@given(SIZES, st.integers(1, 10**12))
def test_a_suffix_is_the_end_of_the_file(size_bytes, length):
    assert span(f"bytes=-{length}", size_bytes) == Span(max(0, size_bytes - length), size_bytes)


@given(st.text(max_size=20))
def test_nonsense_is_the_whole_file(said):
    assert said.lower().startswith("bytes=") or span(said, 100) is None


def test_an_empty_file_has_no_range():
    with pytest.raises(RangeNotSatisfiable):
        span("bytes=0-", 0)


@pytest.mark.parametrize(
    ("proof", "continues"), [('"v1"', True), (DATE, True), ('W/"v1"', False), ('"v2"', False), ("", False)]
)
def test_a_range_continues_only_the_same_version(proof, continues):
    found = requested_span({"range": "bytes=0-1", "if-range": proof}, size_bytes=9, version=VERSION)

    assert (found is not None) == continues


@pytest.mark.parametrize(
    ("headers", "unchanged"),
    [
        ({}, False),
        ({"if-none-match": "*"}, True),
        ({"if-none-match": 'W/"v1"'}, True),
        ({"if-none-match": '"a", "v1"'}, True),
        ({"if-none-match": '"a"'}, False),
        ({"if-modified-since": DATE}, True),
        ({"if-modified-since": "Sun, 01 Nov 2026 11:59:59 GMT"}, False),
        ({"if-modified-since": "Sun, 01 Nov 2026 12:00:00"}, False),
        ({"if-modified-since": ""}, False),
        ({"if-none-match": '"a"', "if-modified-since": DATE}, False),
    ],
)
def test_the_etag_counts_before_the_date(headers, unchanged):
    assert is_unchanged(headers, VERSION) is unchanged
