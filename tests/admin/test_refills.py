"""Monthly refills: up to the amount, once a month whatever happens, late after downtime but never twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from seedbed.actions.change_account import change_account
from seedbed.actions.create_account import create_account
from seedbed.actions.disable_account import disable_account, enable_account
from seedbed.actions.grant import grant
from seedbed.actions.refill import refill
from seedbed.core.operators import COMMAND_LINE
from seedbed.store import ledger, operator_log
from seedbed.store.database import connect, connect_pool
from seedbed.store.operator_log import Wanted
from seedbed.worker.chores import refill_once

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
async def conn(database):
    async with await connect(database, name="test") as conn:
        yield conn


async def an_account(conn, *, credits=100, refill_credits=300, at=NOW) -> int:  # noqa: A002 - the word of the contract
    return (await create_account(conn, name="Ada", credits=credits, refill_credits=refill_credits, at=at)).id


async def available(conn, account_id: int) -> int:
    return (await ledger.balance(conn, account_id, is_live=True)).available_credits


async def test_an_account_is_filled_up_on_the_first_of_the_next_month_and_once(conn):
    account = await an_account(conn)

    filled = [await refill(conn, at=DECEMBER + timedelta(seconds=s)) for s in (-1, 0, 1, 30 * 86_400)]

    assert filled == [0, 1, 0, 0]
    assert await available(conn, account) == 300


async def test_many_at_once_fill_it_once(database, conn):
    account = await an_account(conn)
    others = [await connect(database, name="test") for _ in range(5)]

    filled = await asyncio.gather(*(refill(one, at=DECEMBER) for one in others))

    for one in others:
        await one.close()
    assert sum(filled) == 1
    assert await available(conn, account) == 300


async def test_what_was_missed_for_months_is_made_up_for_once(conn):
    account = await an_account(conn)

    assert await refill(conn, at=DECEMBER + timedelta(days=100)) == 1
    assert await refill(conn, at=DECEMBER + timedelta(days=100)) == 0
    assert await available(conn, account) == 300


async def test_who_has_more_gets_nothing_and_loses_nothing(conn):
    account = await an_account(conn, credits=500)

    assert await refill(conn, at=DECEMBER) == 1
    await grant(conn, account, credits=-500, note="all of it", at=DECEMBER)

    assert await refill(conn, at=DECEMBER + timedelta(days=1)) == 0
    assert await available(conn, account) == 0


async def test_a_refill_that_is_taken_away_and_given_again_is_not_due_twice_in_a_month(conn):
    account = await an_account(conn)
    await refill(conn, at=DECEMBER)
    for amount in (None, 1000):
        await change_account(
            conn, account, lambda t, a=amount: replace(t, refill_credits=a), by=COMMAND_LINE, at=DECEMBER
        )

    assert await refill(conn, at=DECEMBER + timedelta(days=9)) == 0
    assert await refill(conn, at=DECEMBER + timedelta(days=31)) == 1
    assert await available(conn, account) == 1000


async def test_a_disabled_account_waits_for_its_refill(conn):
    account = await an_account(conn)
    await disable_account(conn, account, because="why", by=COMMAND_LINE, at=NOW)

    assert await refill(conn, at=DECEMBER) == 0
    await enable_account(conn, account, by=COMMAND_LINE)
    assert await refill(conn, at=DECEMBER) == 1


async def test_a_refill_is_in_the_ledger_and_in_the_log(conn):
    account = await an_account(conn)

    await refill(conn, at=DECEMBER)

    [entry, _] = await ledger.page(conn, account, is_live=True, limit=9, before=2**62)
    [told] = await operator_log.page(conn, Wanted(action="account.refilled"), limit=9, before=2**62)
    assert (entry.amount_credits, entry.note) == (200, "refill of 2026-12")
    assert (told.actor, told.account_id, told.changes) == (
        "service",
        account,
        {"month": "2026-12", "upTo": 300, "given": 200},
    )
    assert await ledger.unsound(conn) == []


async def test_workers_refill_as_one_of_their_chores(database, conn):
    account = await an_account(conn)
    async with connect_pool(database, min_size=1, max_size=1, name="test") as pool:
        await refill_once(pool, at=DECEMBER)

    assert await available(conn, account) == 300
