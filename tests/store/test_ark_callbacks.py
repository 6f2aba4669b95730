"""A job of the Ark dialect tells each of its states, in the commit that brought it there."""

from __future__ import annotations

import pytest

from seedbed.actions.begin_attempt import begin_attempt
from seedbed.actions.cancel import cancel
from seedbed.actions.claim import claim
from seedbed.actions.create_account import create_account
from seedbed.actions.finish import finish
from seedbed.actions.hand_back import hand_back
from seedbed.actions.reap import reap
from seedbed.actions.record_attempt import record_attempt
from seedbed.actions.redeliver import redeliver
from seedbed.actions.submit import submit
from seedbed.core.errors import ContentRejected, EngineFailed
from seedbed.core.retry import ARK_CALLBACK_WAITS
from seedbed.store import audit, deliveries
from seedbed.store.attempts import Attempt
from seedbed.store.deliveries import DeliveryState
from store.orders import LEASE_S, NOON, a_request, a_success, after, an_order, answer_of

pytestmark = pytest.mark.server
HOOK = "https://receiver.dev/hook"


async def _submitted(conn, *, dialect="ark", url=HOOK):
    account = (await create_account(conn, name="Ada", credits=100)).id
    order = an_order(account, request=a_request(webhook_url=url), dialect=dialect)
    return (await submit(conn, order, answer_of=answer_of, at=NOON)).job


async def _claimed(conn, *, at=NOON):
    return (await claim(conn, pools=["default"], worker="w", lease_s=LEASE_S, at=at)).job


async def _processing(conn, **wishes):
    await _submitted(conn, **wishes)
    return await _claimed(conn)


async def _told(conn, job):
    return [delivery.event.value for delivery in await deliveries.of_job(conn, job.id)]


async def _ended(conn, job, outcome):
    return await finish(conn, job.id, job.attempt, outcome, at=after(2))


MOVES = {
    "a success": (lambda conn, job: _ended(conn, job, a_success(job)), ["processing", "succeeded"]),
    "a failure": (lambda conn, job: _ended(conn, job, ContentRejected("No.")), ["processing", "failed"]),
    "a retry": (lambda conn, job: _ended(conn, job, EngineFailed("No.")), ["processing", "queued"]),
    "a hand-back": (lambda conn, job: hand_back(conn, job.id, 1, at=after(2)), ["processing", "queued"]),
    "a lost lease": (lambda conn, _: reap(conn, at=after(LEASE_S)), ["processing", "queued"]),
    "the deadline": (lambda conn, _: reap(conn, at=after(300_000)), ["processing", "failed"]),
    "a cancel": (
        lambda conn, job: cancel(conn, job.account_id, job.id, is_live=True, at=after(2)),
        ["processing", "cancelled"],
    ),
}


@pytest.mark.parametrize("what", MOVES)
async def test_every_move_is_told(conn, what):
    move, told = MOVES[what]
    job = await _processing(conn)

    await move(conn, job)

    assert await _told(conn, job) == told


async def test_each_attempt_is_told_anew(conn):
    job = await _processing(conn)
    await hand_back(conn, job.id, 1, at=after(1))

    again = await _claimed(conn, at=after(2))
    await finish(conn, job.id, again.attempt, a_success(again), at=after(3))

    assert await _told(conn, job) == ["processing", "queued", "processing", "succeeded"]
    assert await audit.findings(conn, at=after(4)) == []


@pytest.mark.parametrize(("wishes", "told"), [({"dialect": "native"}, ["succeeded"]), ({"url": None}, [])])
async def test_others_hear_only_of_the_end_or_nothing(conn, wishes, told):
    job = await _processing(conn, **wishes)

    await _ended(conn, job, a_success(job))

    assert await _told(conn, job) == told


async def _failed(conn, delivery, *, at):
    attempt = Attempt(at=at, status=500, latency_ms=9, excerpt="")
    return (await record_attempt(conn, delivery.id, attempt, chance=0.0, at=at)).delivery


async def test_three_tries_are_made_and_no_more(conn):
    job = await _submitted(conn)
    await cancel(conn, job.account_id, job.id, is_live=True, at=NOON)
    [delivery] = await deliveries.of_job(conn, job.id)

    first, second, third = [await _failed(conn, delivery, at=after(seconds)) for seconds in (0, 5, 20)]

    assert [first.next_at, second.next_at, third.next_at] == [after(5), after(20), None]
    assert third.state is DeliveryState.EXHAUSTED
    assert len(ARK_CALLBACK_WAITS) == 3


async def test_what_was_missed_is_not_told_once_the_task_has_gone_on(conn):
    job = await _processing(conn)
    [begun] = await deliveries.of_job(conn, job.id)
    await _failed(conn, begun, at=after(1))
    await _ended(conn, job, a_success(job))

    due = await begin_attempt(conn, begun.id, entropy=bytes(32), at=after(6))

    assert due is None
    assert (await deliveries.get(conn, begun.id)).state is DeliveryState.EXHAUSTED


async def test_what_was_missed_is_told_when_it_is_asked_for_again(conn):
    job = await _processing(conn)
    [begun] = await deliveries.of_job(conn, job.id)
    await _failed(conn, begun, at=after(1))
    await _ended(conn, job, a_success(job))

    await redeliver(conn, job.account_id, begun.id, is_live=True, at=after(3))

    assert await begin_attempt(conn, begun.id, entropy=bytes(32), at=after(3)) is not None


async def test_a_state_is_told_although_the_job_has_gone_on_before_the_first_try(conn):
    job = await _processing(conn)
    [begun] = await deliveries.of_job(conn, job.id)
    await _ended(conn, job, a_success(job))

    due = await begin_attempt(conn, begun.id, entropy=bytes(32), at=after(3))

    assert due is not None
