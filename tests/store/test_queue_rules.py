"""Whose turn it is: fair share, ageing, the limits of keys, and what an attempt costs its lane."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from seedbed.actions.cancel import cancel
from seedbed.actions.claim import claim
from seedbed.actions.create_account import create_account
from seedbed.actions.finish import finish
from seedbed.actions.hand_back import hand_back
from seedbed.actions.reap import reap
from seedbed.actions.submit import submit
from seedbed.core.errors import EngineCrashed, EngineKilledForMemory, MediaUnreachable, QueueFull
from seedbed.core.fairness import LIVE_WEIGHT, MOST_ESTIMATES
from seedbed.core.job import QueuePlace, State
from seedbed.store import jobs, lanes
from seedbed.store.database import many, one
from store.orders import LEASE_S, NOON, a_request, a_success, after, an_order, answer_of

pytestmark = pytest.mark.server


@pytest.fixture
async def account(conn):
    return (await create_account(conn, name="Ada", credits=10_000, at=NOON)).id


@pytest.fixture
async def key(conn, account):
    """A key of the account that may have one job running."""
    made = """
        insert into api_key (account_id, is_live, digest, last_four, name, scopes, running_limit_jobs)
        values (%(account)s, true, sha256('it'), 'abcd', 'limited', '{generate}', 1) returning id"""
    return (await one(conn, made, {"account": account}))["id"]


async def _submitted(conn, account, *, at=NOON, **wishes):
    return (await submit(conn, an_order(account, **wishes), answer_of=answer_of, at=at)).job


async def _claimed(conn, *, at=NOON, pools=("default",)):
    claimed = await claim(conn, pools=pools, worker="w", lease_s=LEASE_S, at=at)
    return claimed and claimed.job


async def _vtime_ms(conn, account, *, is_live=True):
    facts = {"account": account, "is_live": is_live}
    lane = "select vtime_ms from lane where account_id = %(account)s and is_live = %(is_live)s"
    return (await one(conn, lane, facts))["vtime_ms"]


async def _assert_no_drift(conn):
    assert await many(conn, "select * from lane_proof where (queued_drift, running_drift) <> (0, 0)", {}) == []


LEAVES = {
    "finish": lambda conn, job, at: finish(conn, job.id, 1, a_success(job), at=at),
    "fail": lambda conn, job, at: finish(conn, job.id, 1, MediaUnreachable("404", name="mediaUrls[0]"), at=at),
    "try again": lambda conn, job, at: finish(conn, job.id, 1, EngineCrashed("It died."), at=at),
    "hand back": lambda conn, job, at: hand_back(conn, job.id, 1, at=at),
    "cancel": lambda conn, job, at: cancel(conn, job.account_id, job.id, is_live=True, at=at),
    "reap": lambda conn, _job, at: reap(conn, at=at),
}


@pytest.mark.parametrize("way", LEAVES)
async def test_however_an_attempt_ends_its_lane_is_charged_what_it_took(conn, account, way):
    await _submitted(conn, account, request=a_request(duration_s=15))
    job = await _claimed(conn)
    estimated_ms = await _vtime_ms(conn, account)

    await LEAVES[way](conn, job, after(LEASE_S + 5))

    assert estimated_ms == job.estimate_ms // LIVE_WEIGHT
    assert abs(await _vtime_ms(conn, account) - 20_000 // LIVE_WEIGHT) <= 1
    await _assert_no_drift(conn)


async def test_a_job_that_is_cancelled_at_once_costs_its_lane_nothing(conn, account):
    job = await _submitted(conn, account)
    await _claimed(conn)

    await cancel(conn, account, job.id, is_live=True, at=NOON)

    assert await _vtime_ms(conn, account) == 0


async def test_a_worker_that_froze_for_a_day_cannot_ruin_a_lane(conn, account):
    await _submitted(conn, account)
    job = await _claimed(conn)

    await finish(conn, job.id, 1, a_success(job), at=after(86_400))

    assert await _vtime_ms(conn, account) <= MOST_ESTIMATES * job.estimate_ms // LIVE_WEIGHT


async def test_a_retry_is_charged_for_its_own_time_alone(conn, account):
    await _submitted(conn, account)
    job = await _claimed(conn)
    await hand_back(conn, job.id, 1, at=after(2))

    await _claimed(conn, at=after(60))
    await hand_back(conn, job.id, 2, at=after(61))

    assert await _vtime_ms(conn, account) == pytest.approx((2000 + 1000) // LIVE_WEIGHT, abs=1)


@pytest.mark.parametrize("is_of_another_key", [False, True])
@pytest.mark.parametrize(("later_s", "comes_first"), [(29 * 60, True), (31 * 60, False)])
async def test_priority_is_a_head_start_that_waiting_makes_good(
    conn, account, key, later_s, comes_first, is_of_another_key
):
    patient = await _submitted(conn, account)
    wishes = {"request": a_request(priority=3), "api_key_id": key if is_of_another_key else None}
    urgent = await _submitted(conn, account, at=after(later_s), **wishes)

    claimed = await _claimed(conn, at=after(later_s))

    assert claimed.id == (urgent.id if comes_first else patient.id)


async def test_the_place_in_the_queue_goes_by_rank(conn, account):
    patient = await _submitted(conn, account)
    await _submitted(conn, account, request=a_request(priority=9), at=after(60))

    assert await jobs.queue_place(conn, patient) == QueuePlace(position=2, eta_s=4)


async def test_a_key_at_its_running_limit_is_passed_over_and_others_are_not(conn, account, key):
    await _submitted(conn, account, api_key_id=key)
    await _submitted(conn, account, api_key_id=key)
    other = await _submitted(conn, account, at=after(1))

    claims = [await _claimed(conn, at=after(2)) for _ in range(3)]

    assert [c and c.api_key_id for c in claims] == [key, None, None]
    assert claims[1].id == other.id
    assert claims[2] is None


async def test_a_key_may_go_on_when_its_job_is_over(conn, account, key):
    first = await _submitted(conn, account, api_key_id=key)
    second = await _submitted(conn, account, api_key_id=key)
    await _claimed(conn)

    await cancel(conn, account, first.id, is_live=True, at=NOON)

    assert (await _claimed(conn)).id == second.id


async def test_a_key_has_one_running_limit_over_all_pools(conn, account, key):
    await _submitted(conn, account, api_key_id=key)
    await _submitted(conn, account, api_key_id=key, pool="another")

    claims = [await _claimed(conn, pools=["default", "another"]) for _ in range(2)]

    assert [c is None for c in claims] == [False, True]


async def test_more_jobs_of_a_key_than_may_wait_are_refused(conn, account, key):
    limits = {"api_key_id": key, "key_queue_limit_jobs": 2}
    for pool in ("default", "another"):
        await _submitted(conn, account, pool=pool, **limits)

    with pytest.raises(QueueFull, match="This API key already has 2 jobs waiting"):
        await _submitted(conn, account, **limits)

    await _submitted(conn, account)
    await _assert_no_drift(conn)


@pytest.mark.parametrize("fault", [EngineCrashed("It died."), EngineKilledForMemory("Out of memory.")])
async def test_a_job_that_killed_two_engines_fails_and_kills_no_third(conn, account, fault):
    job = await _submitted(conn, account)

    for attempt in (1, 2):
        await _claimed(conn, at=after(60 * attempt))
        ended = (await finish(conn, job.id, attempt, fault, at=after(60 * attempt))).job

    assert (ended.state, ended.failures, ended.kills, ended.failure.code) == (State.FAILED, 2, 2, fault.code)
    assert ended.refunded_credits == ended.charged_credits


@pytest.mark.parametrize("is_claimed", [False, True])
async def test_a_deadline_strikes_at_its_moment_and_not_before(conn, account, is_claimed):
    job = await _submitted(conn, account, request=a_request(expires_after_s=3600))
    if is_claimed:
        await claim(conn, pools=["default"], worker="w", lease_s=7200, at=NOON)

    assert (await reap(conn, at=after(3600) - timedelta(microseconds=1))).expired == 0
    assert (await reap(conn, at=after(3600))).expired == 1
    assert (await jobs.find(conn, job.id)).failure.code == "expired"


async def test_a_pool_that_was_idle_saves_up_no_turns(conn, account):
    busy, late = account, (await create_account(conn, name="Bo", credits=10_000)).id
    for _ in range(4):
        await _submitted(conn, busy)
    for _ in range(2):
        await _claimed(conn, pools=["default", "another"])

    for _ in range(2):
        await _submitted(conn, late, pool="another")
    turns = [(await _claimed(conn, pools=["default", "another"])).account_id for _ in range(4)]

    assert sorted(turns[:2]) == [busy, late]
    assert Counter(turns) == {busy: 2, late: 2}


async def test_test_mode_gets_a_fifth_against_as_many_live_lanes(conn, account):
    for is_live in (True, False):
        await _queue_many(conn, account, jobs=40, is_live=is_live)

    turns = Counter([(await _claimed(conn)).is_live for _ in range(40)])

    assert turns[False] == pytest.approx(40 / (LIVE_WEIGHT + 1), abs=1)


async def test_nineteen_small_accounts_get_their_share_beside_a_queue_of_ten_thousand(conn, account):
    small = [(await create_account(conn, name=f"{number}")).id for number in range(19)]
    await _queue_many(conn, account, jobs=10_000, duration_s=15)
    for number, one_of_them in enumerate(small):
        await _queue_many(conn, one_of_them, jobs=50, duration_s=(4, 5, 10)[number % 3])

    given_ms = Counter()
    while sum(given_ms.values()) < 20 * 75_000:
        job = await _claimed(conn)
        given_ms[job.account_id] += job.estimate_ms

    share_ms = sum(given_ms.values()) / 20
    assert len(given_ms) == 20
    assert all(abs(given_ms[one_of_them] - share_ms) <= 0.1 * share_ms for one_of_them in small)
    await _assert_no_drift(conn)


async def _queue_many(conn, account, *, jobs, is_live=True, duration_s=5):
    """Submit one job, and copy it as often as wanted, through the same counters."""
    request = a_request(duration_s=duration_s)
    wishes = {"price": 0, "is_live": is_live, "queue_limit_jobs": 20_000, "running_limit_jobs": 20_000}
    first = await _submitted(conn, account, request=request, **wishes)
    facts = {"id": first.id, "more": jobs - 1}
    await conn.execute(_COPIES, facts)
    await lanes.change(conn, lanes.lane_of(first), queued=jobs - 1)


_COPIES = """
insert into job (id, account_id, is_live, dialect, pool, request, priority, rank_at, price_credits, estimate_ms,
    run_at, deadline_at, created_at)
select 'req_' || md5(id || copy), account_id, is_live, dialect, pool, request, priority, rank_at, 0, estimate_ms,
    run_at, deadline_at, created_at
from job cross join generate_series(1, %(more)s) copy where id = %(id)s
"""
