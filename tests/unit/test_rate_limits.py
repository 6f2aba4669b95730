"""Quotas as arithmetic: never more than the quota and what fills again, and never less."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core.errors import NotReady
from seedbed.core.rate_limits import Allowance, KeyLimits, Policy, Quota, RateLimits

MINUTE = timedelta(minutes=1)


def a_quota(limit: int, window: timedelta = MINUTE) -> Quota:
    return Quota(Policy.REQUESTS, limit, window)


def later(allowance: Allowance, span: timedelta) -> Allowance:
    return Allowance(allowance.quota, max(allowance.taken - span, timedelta(0)))


@given(st.integers(1, 2000))
def test_a_full_quota_gives_exactly_its_limit_at_once(limit):
    allowance, given_out = Allowance(a_quota(limit)), 0
    assert allowance.remaining == limit
    while not (allowance := allowance.take(1)).was_refused:
        given_out += 1
        assert allowance.remaining == limit - given_out

    assert given_out == limit


@given(st.integers(1, 500), st.lists(st.tuples(st.integers(1, 5), st.integers(0, 20_000)), max_size=200))
def test_over_any_time_a_key_gets_its_quota_once_and_what_fills_again(limit, steps):
    allowance, given_out, elapsed = Allowance(a_quota(limit)), 0, timedelta(0)
    for units, wait_ms in steps:
        wait = timedelta(milliseconds=wait_ms)
        elapsed += wait
        allowance = later(allowance, wait).take(units)
        given_out += 0 if allowance.was_refused else units

        assert given_out <= limit * (1 + elapsed / MINUTE) + 1e-3


@given(st.integers(1, 10**12), st.integers(1, 10**12), st.integers(0, 86_400))
def test_after_the_wait_that_a_refusal_names_the_same_is_allowed(limit, units, taken_s):
    quota = a_quota(limit, timedelta(days=1))
    allowance = Allowance(quota, timedelta(seconds=taken_s)).take(min(units, limit))

    assert 0 <= allowance.remaining <= limit
    if allowance.was_refused:
        wait = timedelta(seconds=allowance.retry_after_s(min(units, limit)))
        assert not later(allowance, wait).take(min(units, limit)).was_refused


def test_what_was_refused_takes_nothing():
    spent = Allowance(a_quota(2)).take(2)

    refused = spent.take(1)

    assert (refused.taken, refused.was_refused, refused.remaining) == (spent.taken, True, 0)
    assert (refused.retry_after_s(), refused.full_after_s) == (30, 60)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_of_nothing_is_refused(limit):
    with pytest.raises(NotReady, match="at least 1"):
        a_quota(limit)


def test_a_keys_own_limits_stand_before_the_services():
    limits, own = RateLimits(requests_per_minute=600), KeyLimits(requests_per_minute=7, upload_bytes_per_day=9)

    assert (limits.requests().limit, limits.requests(own).limit, limits.uploads(own).limit) == (600, 7, 9)
