"""How many jobs there are is counted as they move, and comes out as if they were counted one by one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from seedbed.actions.cancel import cancel
from seedbed.actions.claim import claim
from seedbed.actions.create_account import create_account
from seedbed.actions.erase import erase
from seedbed.actions.finish import finish
from seedbed.actions.submit import submit
from seedbed.core.errors import EngineFailed, Expired
from seedbed.core.job import State
from seedbed.store.database import many, one
from seedbed.store.migrate import migrations
from seedbed.store.task_pages import Filter, page
from store.orders import LEASE_S, NOON, a_request, a_success, after, an_order, answer_of

pytestmark = pytest.mark.server

HOUR_S = 3600


@pytest.fixture
async def account(conn):
    return (await create_account(conn, name="Ada", credits=10_000, at=NOON)).id


async def _some_of_each(conn, account):
    """Make jobs within five hours: two that wait, one in progress, and one of each end."""
    for number, ends in enumerate((a_success, EngineFailed("It broke."), Expired("Too late."), None)):
        at = after(number * HOUR_S + 60)
        job = (await submit(conn, an_order(account), answer_of=answer_of, at=at)).job
        claimed = await claim(conn, pools=["default"], worker="w", lease_s=LEASE_S, at=at)
        if ends:
            outcome = ends(claimed.job) if ends is a_success else ends
            await finish(conn, job.id, claimed.job.attempt, outcome, at=at)
    wishes = {"request": a_request(is_flexible=True, echo={"model": "seen"})}
    waiting = [
        (await submit(conn, an_order(account, **wishes), answer_of=answer_of, at=after(4 * HOUR_S))).job
        for _ in range(3)
    ]
    await cancel(conn, account, waiting[0].id, is_live=True, at=after(4 * HOUR_S))


async def _total(conn, account, wanted, *, since):
    return (await page(conn, account, wanted, is_live=True, since=since, limit=100, skip=0)).total


FILTERS = [
    Filter(),
    *(Filter(state=state) for state in State),
    Filter(state=State.FAILED, is_expired=True),
    Filter(state=State.FAILED, is_expired=False),
    Filter(models=["seen"]),
    Filter(is_flexible=True, state=State.QUEUED),
]


@pytest.mark.parametrize("minutes", [-1, 0, 1, 2, 59, 60, 150, 239, 241])
async def test_a_total_is_that_of_the_jobs_wherever_the_window_begins(conn, account, minutes):
    await _some_of_each(conn, account)
    since = NOON + timedelta(minutes=minutes)

    for wanted in FILTERS:
        found = await page(conn, account, wanted, is_live=True, since=since, limit=100, skip=0)

        assert found.total == len(found.jobs), wanted
    assert await _total(conn, account, Filter(), since=NOON) == 7


async def test_an_erased_job_is_not_counted_any_more(conn, account):
    await _some_of_each(conn, account)
    found = await page(conn, account, Filter(state=State.SUCCEEDED), is_live=True, since=NOON, limit=1, skip=0)

    await erase(conn, account, found.jobs[0].id, is_live=True)

    assert await _total(conn, account, Filter(), since=NOON) == 6
    assert await many(conn, "select * from job_count_proof", {}) == []


async def test_the_jobs_that_were_there_before_are_counted_by_the_migration(conn, account):
    await _some_of_each(conn, account)
    await conn.execute("drop view job_count_proof; drop table job_count; drop function count_job cascade")
    [step] = [step for step in migrations() if step.name == "0013_job_counts.sql"]

    await conn.execute(step.sql)

    assert await many(conn, "select * from job_count_proof", {}) == []
    assert (await one(conn, "select sum(jobs) as jobs from job_count", {}))["jobs"] == 7
