"""How the pools stood, minute by minute: written down once however often, thinned, and deleted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from seedbed.actions.cancel import cancel
from seedbed.actions.claim import claim
from seedbed.actions.create_account import create_account
from seedbed.actions.finish import finish
from seedbed.actions.submit import submit
from seedbed.core.errors import MediaUnreachable
from seedbed.store import pool_minutes
from seedbed.store.pool_minutes import KEPT, KEPT_WHOLE, THINNED, Depth, Ended
from store.orders import LEASE_S, NOON, a_success, after, an_order, answer_of

pytestmark = pytest.mark.server
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def account(conn):
    return (await create_account(conn, name="Ada", credits=10_000, at=NOON)).id


async def submitted(conn, account, *, at=NOON):
    return (await submit(conn, an_order(account), answer_of=answer_of, at=at)).job


async def ended(conn, outcome_of, *, at):
    job = (await claim(conn, pools=["default"], worker="w", lease_s=LEASE_S, at=at)).job
    await finish(conn, job.id, job.attempt, outcome_of(job), at=at)


async def depths(conn, *, step=MINUTE, first=NOON - timedelta(days=9), pools=()):
    return await pool_minutes.depths(conn, first=first, step=step, pools=pools)


async def outcomes(conn, *, step=MINUTE, first=NOON - timedelta(days=9), pools=()):
    return await pool_minutes.outcomes(conn, first=first, step=step, pools=pools)


async def test_a_minute_has_its_last_sample_and_what_ended_in_it_once(conn, account):
    jobs = [await submitted(conn, account) for _ in range(5)]
    await ended(conn, a_success, at=after(5))
    await pool_minutes.write(conn, at=after(10))
    await ended(conn, a_success, at=after(15))
    await ended(conn, lambda _: MediaUnreachable("gone", name="mediaUrls[0]"), at=after(20))
    await cancel(conn, account, jobs[4].id, is_live=True, at=after(20))
    for _ in range(2):
        await pool_minutes.write(conn, at=after(30))

    assert await depths(conn) == [Depth(at=NOON, pool="default", queued=1, running=0, oldest_s=30)]
    assert await outcomes(conn) == [
        Ended(NOON, "default", "cancelled", 1),
        Ended(NOON, "default", "media_unreachable", 1),
        Ended(NOON, "default", "succeeded", 2),
    ]


async def test_what_ended_while_nobody_counted_is_counted_later(conn, account):
    await submitted(conn, account)
    await pool_minutes.write(conn, at=after(0))
    await ended(conn, a_success, at=after(600))

    await submitted(conn, account, at=after(3600))
    await pool_minutes.write(conn, at=after(3600))

    assert await outcomes(conn) == [Ended(after(600), "default", "succeeded", 1)]
    assert [depth.at for depth in await depths(conn)] == [NOON, after(3600)]


async def test_an_end_that_came_to_light_late_is_counted_with_its_minute(conn, account):
    await submitted(conn, account)
    await pool_minutes.write(conn, at=after(61))
    await ended(conn, a_success, at=after(59))

    await pool_minutes.write(conn, at=after(62))

    assert await outcomes(conn) == [Ended(NOON, "default", "succeeded", 1)]


async def test_steps_are_means_of_depths_and_sums_of_ends(conn, account):
    for n in range(3):
        await submitted(conn, account, at=after(60 * n))
        await pool_minutes.write(conn, at=after(60 * n))
    await ended(conn, a_success, at=after(61))
    await ended(conn, a_success, at=after(121))
    await pool_minutes.write(conn, at=after(180))

    [depth] = await depths(conn, step=timedelta(minutes=5))
    assert (depth.at, depth.queued, depth.oldest_s) == (NOON, (1 + 2 + 3 + 1) / 4, 120)
    assert await outcomes(conn, step=timedelta(minutes=5)) == [Ended(NOON, "default", "succeeded", 2)]
    assert await depths(conn, pools=["other"]) == await outcomes(conn, pools=["other"]) == []


async def test_what_is_older_than_a_day_is_thinned_and_loses_no_end(conn, account):
    for n in range(25):
        await submitted(conn, account, at=after(60 * n))
        await ended(conn, a_success, at=after(60 * n + 1))
        await submitted(conn, account, at=after(60 * n + 2))
        await pool_minutes.write(conn, at=after(60 * n + 30))
    late = NOON + KEPT_WHOLE + 2 * THINNED

    for _ in range(2):
        await pool_minutes.thin(conn, at=late)

    kept = await depths(conn)
    assert [depth.at for depth in kept] == [NOON, after(600), *(after(60 * n) for n in range(20, 25))]
    assert [depth.queued for depth in kept[:2]] == [round(sum(range(1, 11)) / 10), round(sum(range(11, 21)) / 10)]
    assert [(one.at, one.jobs) for one in await outcomes(conn)][:3] == [(NOON, 10), (after(600), 10), (after(1200), 1)]
    assert sum(one.jobs for one in await outcomes(conn)) == 25


async def test_what_is_older_than_eight_days_is_deleted(conn, account):
    await submitted(conn, account)
    await ended(conn, a_success, at=NOON)
    await submitted(conn, account)
    await pool_minutes.write(conn, at=NOON)

    await pool_minutes.thin(conn, at=NOON + KEPT)
    before = len(await depths(conn)), len(await outcomes(conn))
    await pool_minutes.thin(conn, at=NOON + KEPT + MINUTE)

    assert before == (1, 1)
    assert await depths(conn) == await outcomes(conn) == []


async def test_what_ended_is_summed_by_its_code(conn, account):
    for n in range(2):
        await submitted(conn, account)
        await ended(conn, a_success, at=after(60 * n))
    await pool_minutes.write(conn, at=after(90))

    assert await pool_minutes.ended_since(conn, NOON) == {"succeeded": 2}
    assert await pool_minutes.ended_since(conn, after(60)) == {"succeeded": 1}
