"""What follows from a webhook's attempts: schedule, switch of the address, redelivery. The clock is ours."""

from __future__ import annotations

from datetime import timedelta

import pytest

from seedbed.actions.begin_attempt import begin_attempt
from seedbed.actions.cancel import cancel
from seedbed.actions.create_account import create_account
from seedbed.actions.postpone_attempt import postpone_attempt
from seedbed.actions.record_attempt import record_attempt
from seedbed.actions.redeliver import redeliver
from seedbed.actions.submit import submit
from seedbed.actions.switch_on import switch_on
from seedbed.core.errors import InvalidRequest, NotFound
from seedbed.core.retry import WEBHOOK_WAITS
from seedbed.core.webhooks import DeliveryState, StopReason
from seedbed.store import attempts, deliveries, endpoints, jobs
from seedbed.store.attempts import Attempt
from seedbed.store.database import many
from store.orders import NOON, a_request, an_order, answer_of

pytestmark = pytest.mark.server
HOOK = "https://receiver.dev/hook?token=t"
ADDRESS = "https://receiver.dev/hook"
ENTROPY = b"\1" * 32


@pytest.fixture
async def account(conn):
    return (await create_account(conn, name="Ada", credits=1000)).id


async def told(conn, account, *, url=HOOK, at=NOON, is_live=True):
    """Return the delivery of a job that has just ended."""
    order = an_order(account, request=a_request(webhook_url=url), is_live=is_live)
    await submit(conn, order, answer_of=answer_of, at=at)
    await cancel(conn, account, order.job_id, is_live=is_live, at=at)
    (delivery,) = await deliveries.of_job(conn, order.job_id)
    return delivery


async def tried(conn, delivery, status, *, at):
    return await record_attempt(
        conn, delivery.id, Attempt(at=at, status=status, latency_ms=5), chance=0.0, at=at + timedelta(milliseconds=5)
    )


async def due(conn, delivery, *, at):
    return await begin_attempt(conn, delivery.id, entropy=ENTROPY, at=at) is not None


async def tasks(conn, delivery):
    rows = await many(conn, "select 1 from procrastinate_jobs where args->>'delivery_id' = %(id)s", {"id": delivery.id})
    return len(rows)


async def test_an_attempt_is_due_at_its_moment_and_at_no_other(conn, account):
    delivery = await told(conn, account)
    assert await due(conn, delivery, at=NOON)

    after = (await tried(conn, delivery, 500, at=NOON)).delivery

    assert not await due(conn, delivery, at=NOON + timedelta(seconds=4))
    assert await due(conn, delivery, at=after.next_at)


async def test_an_attempt_that_is_recorded_twice_counts_once(conn, account):
    delivery = await told(conn, account)

    first, again = [await tried(conn, delivery, 500, at=NOON) for _ in range(2)]

    assert first.delivery == again.delivery
    assert await tasks(conn, delivery) == 2  # that of the job's end, and the next attempt's


async def test_a_late_failure_does_not_undo_a_success(conn, account):
    delivery = await told(conn, account)
    await tried(conn, delivery, 200, at=NOON)

    late = (await tried(conn, delivery, 500, at=NOON + timedelta(seconds=1))).delivery

    assert (late.state, late.attempts, late.next_at) == (DeliveryState.DELIVERED, 2, None)


async def test_every_attempt_stands_in_the_log(conn, account):
    delivery = await told(conn, account)
    await tried(conn, delivery, 500, at=NOON)
    await tried(conn, delivery, None, at=NOON + timedelta(seconds=6))

    logged = (await attempts.of_deliveries(conn, [delivery.id]))[delivery.id]

    assert [(entry.number, entry.attempt.status) for entry in logged] == [(1, 500), (2, None)]


async def test_five_days_of_failures_only_switch_an_address_off(conn, account):
    first = await told(conn, account)
    await tried(conn, first, 500, at=NOON)
    second = await told(conn, account, url=HOOK + "2")  # another query, the same address
    before = await tried(conn, second, 500, at=NOON + timedelta(days=4, hours=23))
    recorded = await tried(conn, second, 500, at=NOON + timedelta(days=5))
    again = await tried(conn, second, 500, at=NOON + timedelta(days=5, seconds=1))

    assert (before.switched_off, before.delivery.state) == (None, DeliveryState.PENDING)
    assert (recorded.switched_off, recorded.delivery.state) == (StopReason.FAILING, DeliveryState.STOPPED)
    assert again.switched_off is None  # it is off already, and that is told once
    [endpoint] = await endpoints.of_account(conn, account, is_live=True, limit=10)
    assert (endpoint.address, endpoint.failures, endpoint.off_because) == (ADDRESS, 4, StopReason.FAILING)


async def test_one_success_begins_the_five_days_anew(conn, account):
    delivery = await told(conn, account)
    await tried(conn, delivery, 500, at=NOON)
    await tried(conn, await told(conn, account), 204, at=NOON + timedelta(days=3))

    recorded = await tried(conn, delivery, 500, at=NOON + timedelta(days=6))

    assert recorded.switched_off is None
    [endpoint] = await endpoints.of_account(conn, account, is_live=True, limit=10)
    assert (endpoint.failures, endpoint.failing_since > NOON + timedelta(days=5)) == (1, True)


async def test_a_410_switches_off_at_once_and_only_that_accounts_mode_and_address(conn, account):
    other = (await create_account(conn, name="Grace", credits=1000)).id
    recorded = await tried(conn, await told(conn, account), 410, at=NOON)

    later = await told(conn, account)
    others = [
        await told(conn, other),
        await told(conn, account, is_live=False),
        await told(conn, account, url="https://receiver.dev/other"),
        await told(conn, account, url="https://receiver.dev:8443/hook"),
    ]

    assert (recorded.switched_off, recorded.delivery.stopped_because) == (StopReason.GONE, StopReason.GONE)
    assert (later.state, later.stopped_because, later.next_at) == (DeliveryState.STOPPED, StopReason.GONE, None)
    assert await tasks(conn, later) == 0
    assert {delivery.state for delivery in others} == {DeliveryState.PENDING}


async def test_the_job_itself_says_that_its_webhook_was_not_called(conn, account):
    await tried(conn, await told(conn, account), 410, at=NOON)

    later = await told(conn, account)

    job = await jobs.find(conn, later.job_id)
    assert "switched off" in job.warnings[-1]
    assert "token" not in str(job.warnings)


async def test_what_was_scheduled_before_the_switch_is_stopped_when_it_falls_due(conn, account):
    waiting = await told(conn, account)
    await tried(conn, await told(conn, account), 410, at=NOON)

    assert not await due(conn, waiting, at=NOON)

    stopped = await deliveries.get(conn, waiting.id)
    assert (stopped.state, stopped.stopped_because) == (DeliveryState.STOPPED, StopReason.GONE)


async def test_switched_on_again_it_is_called_again_and_what_was_stopped_can_be_sent(conn, account):
    stopped = await told(conn, account)
    await tried(conn, stopped, 410, at=NOON)
    with pytest.raises(InvalidRequest, match=r"receiver\.dev/hook is switched off"):
        await redeliver(conn, account, stopped.id, is_live=True, at=NOON)

    addresses = [await switch_on(conn, account, HOOK, is_live=True) for _ in range(2)]  # idempotent
    again = await redeliver(conn, account, stopped.id, is_live=True, at=NOON)

    assert addresses == [ADDRESS, ADDRESS]
    assert (again.id, again.state) == (stopped.id, DeliveryState.PENDING)
    assert await due(conn, again, at=NOON)
    assert (await told(conn, account)).state is DeliveryState.PENDING


@pytest.mark.parametrize(
    "url", ["", "receiver.dev/hook", "ftp://receiver.dev/", "https:///x", "https://a:b/", "https://a/\x00"]
)
async def test_only_a_url_can_be_switched_on(conn, account, url):
    with pytest.raises(InvalidRequest, match="URL of a webhook"):
        await switch_on(conn, account, url, is_live=True)


async def test_a_redelivery_begins_the_whole_schedule_anew(conn, account):
    delivery = await told(conn, account)
    for attempt in range(len(WEBHOOK_WAITS)):
        exhausted = (await tried(conn, delivery, 500, at=NOON + timedelta(seconds=attempt))).delivery
    assert exhausted.state is DeliveryState.EXHAUSTED

    await redeliver(conn, account, delivery.id, is_live=True, at=NOON)
    after = (await tried(conn, delivery, 500, at=NOON + timedelta(minutes=1))).delivery

    assert (after.state, after.attempts) == (DeliveryState.PENDING, len(WEBHOOK_WAITS) + 1)
    assert after.next_at - after.attempted_at == WEBHOOK_WAITS[1]


async def test_a_redelivery_of_what_is_due_already_does_nothing(conn, account):
    delivery = await told(conn, account)

    await redeliver(conn, account, delivery.id, is_live=True, at=NOON)

    assert await tasks(conn, delivery) == 1


async def test_anothers_delivery_and_that_of_another_mode_do_not_exist(conn, account):
    delivery = await told(conn, account)

    for account_id, is_live in ((account + 1, True), (account, False)):
        with pytest.raises(NotFound):
            await redeliver(conn, account_id, delivery.id, is_live=is_live)


async def test_what_is_postponed_is_due_later_and_not_counted(conn, account):
    delivery = await told(conn, account)

    await postpone_attempt(conn, delivery.id, timedelta(seconds=30), at=NOON)

    assert not await due(conn, delivery, at=NOON + timedelta(seconds=29))
    assert await due(conn, delivery, at=NOON + timedelta(seconds=30))
    assert (await deliveries.get(conn, delivery.id)).attempts == 0
