"""What only shows on connections of their own: each test commits for real, and lets two or more race."""

from __future__ import annotations

import asyncio
import os
from collections import Counter

import psycopg
import pytest

from seedbed.actions.cancel import cancel
from seedbed.actions.claim import claim
from seedbed.actions.create_account import create_account
from seedbed.actions.finish import finish
from seedbed.actions.hand_back import hand_back
from seedbed.actions.reap import reap
from seedbed.actions.submit import submit
from seedbed.core.credits import Balance
from seedbed.core.errors import IdempotencyInFlight, InsufficientCredits, NotCancellable
from seedbed.core.job import State
from seedbed.store import jobs, ledger
from seedbed.store.database import many, one
from store.orders import LEASE_S, a_request, a_success, an_order, answer_of

pytestmark = pytest.mark.server
DEADLINE_S = 60
POOLS = ["default", "another"]
RACES = 1000 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 100


async def _race(*racers):
    """Run them at once and return what became of each: its value or its exception."""
    return await asyncio.wait_for(asyncio.gather(*racers, return_exceptions=True), DEADLINE_S)


async def _account(conn, amount=1000):
    return (await create_account(conn, name="Ada", credits=amount)).id


async def _assert_sound(conn):
    assert await ledger.unsound(conn) == []
    wrong = """
        select from lane_proof join lane using (account_id, is_live, pool)
        where (queued_drift, running_drift) <> (0, 0) or running > max_running"""
    assert await many(conn, wrong, {}) == []
    assert await many(conn, "select * from job_count_proof", {}) == []


async def test_one_key_sent_twice_at_once_makes_one_job(open_connection):
    conns = [await open_connection() for _ in range(4)]
    account = await _account(conns[0])

    results = await _race(*(submit(c, an_order(account, key="k"), answer_of=answer_of) for c in conns))

    made = [r for r in results if not isinstance(r, Exception)]
    assert all(isinstance(r, IdempotencyInFlight) for r in results if isinstance(r, Exception))
    assert [r.is_replay for r in made].count(False) == 1
    assert len({r.job.id for r in made}) == 1
    assert await ledger.balance(conns[0], account, is_live=True) == Balance(960, 40)


async def test_one_key_from_fifty_sides_at_once_makes_one_job_and_one_charge(open_connection):
    conns = [await open_connection() for _ in range(50)]
    account = await _account(conns[0])

    answers = await _race(*(_insist(c, account) for c in conns))

    assert len({(a.job.id, a.answer.body) for a in answers}) == 1
    assert [a.is_replay for a in answers].count(False) == 1
    assert await ledger.balance(conns[0], account, is_live=True) == Balance(960, 40)
    assert (await one(conns[0], "select count(*) as jobs from job", {}))["jobs"] == 1


async def _insist(conn, account):
    """Send the same request until it is not refused as still in flight."""
    while True:
        try:
            return await submit(conn, an_order(account, key="k"), answer_of=answer_of)
        except IdempotencyInFlight:
            await asyncio.sleep(0.01)


async def test_a_key_is_in_flight_until_the_first_request_commits(open_connection):
    first, second = await open_connection(), await open_connection()
    account = await _account(first)
    order = an_order(account, key="k")

    async with first.transaction():
        await submit(first, order, answer_of=answer_of)
        with pytest.raises(IdempotencyInFlight):
            await submit(second, an_order(account, key="k"), answer_of=answer_of)

    assert (await submit(second, an_order(account, key="k"), answer_of=answer_of)).job.id == order.job_id


async def test_two_submits_cannot_spend_the_same_credits(open_connection):
    conns = [await open_connection() for _ in range(4)]
    account = await _account(conns[0], amount=100)

    results = await _race(
        *(submit(c, an_order(account, pool=f"p{i}"), answer_of=answer_of) for i, c in enumerate(conns))
    )

    assert [type(r) for r in results].count(InsufficientCredits) == 2
    assert await ledger.balance(conns[0], account, is_live=True) == Balance(20, 80)


async def test_of_cancel_and_finish_exactly_one_wins_and_money_moves_once(open_connection):
    owner, worker = await open_connection(), await open_connection()
    account = await _account(owner, amount=40 * RACES)
    request = a_request(webhook_url="https://receiver.dev/hook")
    winners = Counter()
    for turn in range(RACES):
        await submit(owner, an_order(account, request=request), answer_of=answer_of)
        job = (await claim(worker, pools=["default"], worker="w", lease_s=LEASE_S)).job
        winners[await _cancel_against_finish(owner, worker, job, is_cancel_first=turn % 2 == 0)] += 1

    assert set(winners) == {State.CANCELLED, State.SUCCEEDED}
    spent = 40 * winners[State.SUCCEEDED]
    assert await ledger.balance(owner, account, is_live=True) == Balance(40 * RACES - spent, 0)
    await _assert_sound(owner)
    told = await one(owner, "select count(*) as deliveries, count(distinct job_id) as jobs from delivery", {})
    assert told == {"deliveries": RACES, "jobs": RACES}


async def _cancel_against_finish(owner, worker, job, *, is_cancel_first):
    """Return the state in which the job ends, after a look that both sides were told the truth."""
    sides = [cancel(owner, job.account_id, job.id, is_live=True), finish(worker, job.id, 1, a_success(job))]
    told = await _race(*(sides if is_cancel_first else reversed(sides)))
    cancelled, finished = told if is_cancel_first else reversed(told)
    state = (await jobs.find(owner, job.id)).state
    if state is State.CANCELLED:
        assert (cancelled.state, finished) == (State.CANCELLED, None)
    else:
        assert isinstance(cancelled, NotCancellable)
        assert finished.job.state is state
    return state


async def test_many_claimers_never_exceed_a_limit_or_take_a_job_twice(open_connection):
    conns = [await open_connection() for _ in range(8)]
    accounts = [await _account(conns[0], amount=10_000) for _ in range(3)]
    for account in accounts:
        for _ in range(10):
            await submit(conns[0], an_order(account, running_limit_jobs=2), answer_of=answer_of)

    rounds = [await _race(*(_claim(c) for c in conns)) for _ in range(2)]

    claims = [r.job for results in rounds for r in results if r is not None]
    assert sorted(job.account_id for job in claims) == sorted(accounts * 2)
    assert len({job.id for job in claims}) == 6
    await _assert_sound(conns[0])


async def test_no_claimer_goes_away_empty_while_a_job_could_be_had(open_connection):
    conns = [await open_connection() for _ in range(8)]
    account = await _account(conns[0])
    for _ in range(8):
        await submit(conns[0], an_order(account, running_limit_jobs=8), answer_of=answer_of)

    claims = await _race(*(_claim(c) for c in conns))

    assert len({c.job.id for c in claims}) == 8


async def test_everything_at_once_ends_without_a_deadlock_and_with_sound_books(open_connection):
    conns = [await open_connection() for _ in range(16)]
    accounts = [await _account(conns[0], amount=20_000) for _ in range(2)]

    results = await _race(*(_live(conn, number, accounts) for number, conn in enumerate(conns)))

    assert results == [None] * len(conns)
    await _assert_sound(conns[0])
    running = await one(conns[0], "select count(*) as n from job where state = 'processing'", {})
    assert running["n"] == 0


async def _claim(conn):
    return await claim(conn, pools=["default"], worker="w", lease_s=LEASE_S)


async def _live(conn, number, accounts):
    """Submit, claim, then finish, cancel or lose the job: a different mix for every connection."""
    for turn in range(12):
        account = accounts[(number + turn) % len(accounts)]
        order = an_order(account, running_limit_jobs=3, pool=POOLS[turn % 2], queue_limit_jobs=1000)
        await submit(conn, order, answer_of=answer_of)
        claimed = await claim(conn, pools=POOLS, worker=f"w{number}", lease_s=0 if turn % 4 == 0 else LEASE_S)
        if claimed and turn % 3 == 0:
            await _cancel_or_find_it_lost(conn, claimed.job)
        elif claimed and turn % 5 == 0:
            await hand_back(conn, claimed.job.id, claimed.job.attempt)
        elif claimed:
            await finish(conn, claimed.job.id, claimed.job.attempt, a_success(claimed.job))
        await reap(conn)


async def _cancel_or_find_it_lost(conn, job):
    try:
        await cancel(conn, job.account_id, job.id, is_live=True)
    except NotCancellable as refusal:
        assert refusal.state in {State.SUCCEEDED, State.FAILED}  # noqa: PT017 - a race may end either way


async def test_who_was_frozen_while_it_held_a_lane_keeps_no_one_elses_job_from_being_brought_back(open_connection):
    frozen, conn = await open_connection(), await open_connection()
    await conn.execute("set lock_timeout = '200ms'")
    first, second = await _account(conn), await _account(conn)
    for account in (first, second):
        await submit(conn, an_order(account), answer_of=answer_of)
        assert await claim(conn, pools=POOLS, worker="w", lease_s=0)

    async with frozen.transaction():
        await frozen.execute("select from lane where account_id = %s for update", [first])
        with pytest.raises(psycopg.errors.LockNotAvailable):
            await reap(conn)
        attempts = "select account_id, failures from job order by account_id"
        assert [row["failures"] for row in await many(conn, attempts, {})] == [0, 1]

    assert (await reap(conn)).retried == 1
    await _assert_sound(conn)
