"""What a key has charged in a month: exact in every race, in the month of the hold, no cost to those without."""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC, datetime, timedelta

import pytest

from seedbed.actions.cancel import cancel
from seedbed.actions.create_account import create_account
from seedbed.actions.create_key import create_key
from seedbed.actions.submit import submit
from seedbed.core.credits import check_cap, month_of, next_month
from seedbed.core.errors import InsufficientCredits, SpendingCapReached
from seedbed.core.keys import Mode, Scope
from seedbed.store import ledger, spending
from seedbed.store.database import connect
from store.orders import an_order, answer_of

NOVEMBER = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
DECEMBER = NOVEMBER + timedelta(seconds=1)
STATEMENTS = 6  # of a create: the moment, the lane twice, the job, the balance, the hold


@pytest.fixture
async def conn(database):
    async with await connect(database, name="test") as conn:
        yield conn


async def a_customer(conn, **terms) -> dict:
    """Return what an order needs to know of an account with credits, and of its key."""
    account = await create_account(conn, name="Ada", **{"credits": 10_000} | terms)
    key = await create_key(
        conn, account.id, mode=Mode.LIVE, name="k", scopes=[Scope.GENERATE], entropy=secrets.token_bytes(32)
    )
    return {"account_id": account.id, "api_key_id": key.id, "queue_limit_jobs": 1000}


async def order(conn, customer, *, at=None, **wishes):
    return (await submit(conn, an_order(**customer | wishes), answer_of=answer_of, at=at)).job


async def charged(conn, customer, *, at=None) -> int:
    return await spending.charged(conn, customer["api_key_id"], month=month_of(at or datetime.now(UTC)))


async def test_of_many_orders_at_once_just_those_pass_that_the_cap_allows(database, conn):
    customer = await a_customer(conn) | {"key_cap_credits": 40 * 5}
    others = [await connect(database, name="test") for _ in range(4)]

    async def order_on(one, pool: str) -> int:
        passed = 0
        for _ in range(4):
            try:
                await order(one, customer, pool=pool)
                passed += 1
            except SpendingCapReached:
                pass
        return passed

    # Lanes of their own, so that nothing but the balance stands between them.
    passed = await asyncio.gather(*(order_on(one, f"pool-{n}") for n, one in enumerate(others)))

    for one in others:
        await one.close()
    assert sum(passed) == 5
    assert await charged(conn, customer) == 200


async def test_what_is_released_goes_back_to_the_month_of_its_hold(conn):
    customer = await a_customer(conn)
    early = await order(conn, customer, at=NOVEMBER)
    late = await order(conn, customer, at=DECEMBER)

    await cancel(conn, customer["account_id"], early.id, is_live=True, at=DECEMBER)

    assert await charged(conn, customer, at=NOVEMBER) == 0
    assert await charged(conn, customer, at=DECEMBER) == 40 == late.charged_credits


async def test_a_month_begins_with_nothing_charged(conn):
    customer = await a_customer(conn) | {"key_cap_credits": 40}
    await order(conn, customer, at=NOVEMBER)

    with pytest.raises(SpendingCapReached) as refused:
        await order(conn, customer, at=NOVEMBER)
    job = await order(conn, customer, at=DECEMBER)

    assert (refused.value.begins_anew, refused.value.available_credits) == (DECEMBER.date(), 0)
    assert job.charged_credits == 40


async def test_an_order_that_is_refused_for_want_of_credits_was_not_charged(conn):
    customer = await a_customer(conn, credits=39)

    with pytest.raises(InsufficientCredits):
        await order(conn, customer)

    assert await charged(conn, customer) == 0


async def test_a_job_of_before_the_counting_gives_back_no_more_than_was_counted(conn):
    customer = await a_customer(conn)
    job = await order(conn, customer)
    await conn.execute("update key_spending set charged_credits = 10")

    await cancel(conn, customer["account_id"], job.id, is_live=True)

    assert await charged(conn, customer) == 0


async def test_a_free_job_is_within_every_cap(conn):
    customer = await a_customer(conn) | {"key_cap_credits": 1}

    assert (await order(conn, customer, price=0)).charged_credits == 0


@pytest.mark.parametrize(("wishes", "more"), [({}, 0), ({"key_cap_credits": 1000}, 2), ({"is_unlimited": True}, 1)])
async def test_a_create_takes_no_statement_more_than_it_needs(conn, monkeypatch, wishes, more):
    customer = await a_customer(conn)
    told: list[int] = []
    for asked in ({}, wishes):
        await order(conn, customer | asked)  # opens the lane and the month
        statements: list[object] = []
        execute = type(conn).execute

        async def counting(self, statement, *args, _execute=execute, _statements=statements, **options):
            _statements.append(statement)
            return await _execute(self, statement, *args, **options)

        with monkeypatch.context() as patched:
            patched.setattr(type(conn), "execute", counting)
            await order(conn, customer | asked)
        told.append(len(statements))

    assert told == [STATEMENTS, STATEMENTS + more]


async def test_the_ledger_is_sound_after_all_of_it(conn):
    customer = await a_customer(conn, credits=50, is_unlimited=True) | {"is_unlimited": True}
    jobs = [await order(conn, customer) for _ in range(3)]

    await cancel(conn, customer["account_id"], jobs[0].id, is_live=True)

    assert await ledger.unsound(conn) == []
    assert await charged(conn, customer) == 80


def test_a_cap_is_reached_by_the_first_credit_too_much():
    check_cap(100, charged_credits=60, price_credits=40, at=NOVEMBER)

    with pytest.raises(
        SpendingCapReached, match=r"may charge 100 credits a month, and has charged 61; .* on 2026-12-01"
    ):
        check_cap(100, charged_credits=61, price_credits=40, at=NOVEMBER)


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_has_a_next_one(month):
    first = month_of(datetime(2026, month, 28, tzinfo=UTC))

    assert (next_month(first) - first).days in range(28, 32)
    assert next_month(first).day == 1
