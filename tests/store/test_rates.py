"""Quotas in PostgreSQL: the same arithmetic as in core, and exact however many ask at the same time."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.actions.authenticate import authenticate
from seedbed.actions.change_key import change_key
from seedbed.actions.create_account import create_account
from seedbed.actions.create_key import create_key
from seedbed.core.errors import NotFound
from seedbed.core.keys import Mode, Scope, parse_key
from seedbed.core.operators import SERVICE
from seedbed.core.rate_limits import Allowance, KeyLimits, Policy, Quota, RateLimits
from seedbed.store import keys, rates
from seedbed.store.database import connect
from store.orders import NOON, after

pytestmark = pytest.mark.server
MINUTE = timedelta(minutes=1)
LIMITS = RateLimits(requests_per_minute=3)


async def a_key(conn, **wishes):
    account = await create_account(conn, name="Ada")
    facts = {"mode": Mode.LIVE, "name": "laptop", "scopes": [Scope.GENERATE], "entropy": b"\7" * 32}
    return await create_key(conn, account.id, **facts | wishes)


def quota(limit: int) -> Quota:
    return Quota(Policy.UPLOADS, limit, MINUTE)


async def request(conn, key, *, at, limits=LIMITS) -> Allowance:
    return (await authenticate(conn, parse_key(key.key), limits=limits, at=at)).requests


async def test_a_quota_is_given_once_and_fills_again_steadily(conn):
    key = await a_key(conn)

    seen = [(await request(conn, key, at=after(s))) for s in (0, 0, 1, 2, 19, 20, 21)]

    assert [allowance.was_refused for allowance in seen] == [False, False, False, True, True, False, True]
    assert [allowance.remaining for allowance in seen[:4]] == [2, 1, 0, 0]
    assert seen[3].retry_after_s() == 18


async def test_keys_and_policies_have_quotas_of_their_own(conn):
    ada, bob = await a_key(conn), await a_key(conn, entropy=b"\1" * 32)
    for _ in range(4):
        spent = await request(conn, ada, at=NOON)

    assert spent.was_refused
    assert not (await request(conn, bob, at=NOON)).was_refused
    assert not (await rates.take(conn, ada.id, quota(3), at=NOON)).was_refused


async def test_who_is_not_counted_takes_nothing(conn):
    key = await a_key(conn)

    admissions = [await authenticate(conn, parse_key(key.key), at=NOON) for _ in range(5)]

    assert {admission.requests for admission in admissions} == {None}
    assert (await request(conn, key, at=NOON)).remaining == 2


async def test_what_was_given_back_may_be_taken_again(conn):
    key = await a_key(conn)
    await rates.take(conn, key.id, quota(10), units=10, at=NOON)

    await rates.give_back(conn, key.id, quota(10), units=4)

    assert (await rates.take(conn, key.id, quota(10), units=4, at=NOON)).remaining == 0
    assert (await rates.take(conn, key.id, quota(10), units=1, at=NOON)).was_refused


async def test_a_key_may_have_limits_of_its_own(conn):
    key = await a_key(conn, limits=KeyLimits(requests_per_minute=1, queued_jobs=5))
    first, second = [await request(conn, key, at=NOON) for _ in range(2)]

    await change_key(conn, key.id, lambda old: replace(old, limits=KeyLimits(requests_per_minute=100)), by=SERVICE)

    assert (first.was_refused, second.was_refused, first.quota.limit) == (False, True, 1)
    assert (await request(conn, key, at=NOON)).quota.limit == 100
    assert (await keys.get(conn, key.id)).limits == KeyLimits(requests_per_minute=100)
    assert (await authenticate(conn, parse_key(key.key))).principal.limits.requests_per_minute == 100
    with pytest.raises(NotFound):
        await change_key(conn, 10**9, lambda key: key, by=SERVICE)


async def test_the_table_writes_no_log(conn):
    cursor = await conn.execute("select relpersistence from pg_class where relname = 'rate'")

    assert (await cursor.fetchone())["relpersistence"] == "u"


@pytest.mark.parametrize("limit", [7, 60, 599])
async def test_a_quota_is_exact_over_several_processes(open_connection, limit):
    connections = [await open_connection() for _ in range(8)]
    key = await a_key(connections[0])

    async def ask(conn) -> Counter[bool]:
        answers = Counter[bool]()
        for _ in range(limit // 8 + 10):
            answers[(await request(conn, key, at=NOON, limits=RateLimits(requests_per_minute=limit))).was_refused] += 1
        return answers

    answers = sum(await asyncio.gather(*map(ask, connections)), Counter())

    assert (answers[False], answers[True]) == (limit, 8 * (limit // 8 + 10) - limit)


@settings(max_examples=30, deadline=None)
@given(
    limit=st.integers(1, 50),
    steps=st.lists(st.tuples(st.integers(1, 60), st.integers(0, 40_000_000)), min_size=1, max_size=15),
)
def test_the_database_counts_as_core_does(shared_database, limit, steps):
    async def compare() -> None:
        async with await connect(shared_database, name="test") as conn, conn.transaction(force_rollback=True):
            key, model, at = await a_key(conn), Allowance(quota(limit)), NOON
            for units, wait_us in steps:
                fits, wait = min(units, limit), timedelta(microseconds=wait_us)
                at += wait
                model = Allowance(model.quota, max(model.taken - wait, timedelta(0))).take(fits)

                assert await rates.take(conn, key.id, quota(limit), units=fits, at=at) == model

    asyncio.run(compare())
