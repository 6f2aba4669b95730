"""Webhooks from the end of a job to the receiver: signed, written down, and tried again on the schedule."""

import json
from datetime import timedelta

import pytest
from receiver import answer, receiving
from standardwebhooks import Webhook
from world import picture

from seedbed.actions.record_attempt import record_attempt
from seedbed.core.native_view import native_view
from seedbed.core.retry import WEBHOOK_WAITS
from seedbed.core.webhooks import DeliveryState
from seedbed.store import accounts, deliveries
from seedbed.store.attempts import Attempt
from seedbed.store.database import moment
from seedbed.store.deliveries import Delivery
from seedbed.worker.deliverer import make_attempt
from seedbed.worker.turns import Turns

pytestmark = pytest.mark.server


async def only_delivery(world, job_id: str) -> Delivery:
    async with world.pool.connection() as conn:
        [delivery] = await deliveries.of_job(conn, job_id)
    return delivery


async def recorded(world, delivery: Delivery, status: int, *, retry_after: timedelta | None = None) -> Delivery:
    async with world.pool.connection() as conn:
        attempt = Attempt(at=await moment(conn, None), status=status, latency_ms=12, excerpt="no")
        return (await record_attempt(conn, delivery.id, attempt, chance=0.0, retry_after=retry_after)).delivery


async def attempted(world, delivery: Delivery) -> Delivery:
    """Make the attempt that comes next, as if its moment had come."""
    await world.execute("update delivery set next_at = created_at where id = %s and state = 'pending'", delivery.id)
    await make_attempt(world.pool, world.settings, delivery.id, turns=Turns())
    return await only_delivery(world, delivery.job_id)


async def secrets_of(world) -> list[str]:
    async with world.pool.connection() as conn:
        found = await accounts.webhook_secrets(conn, world.account_id, is_live=True, entropy=bytes(32))
    return [secret.secret for secret in found]


@pytest.fixture
async def pending(world):
    """A delivery whose first attempt is still to be made."""
    job_id = await world.submit(webhook_url="http://127.0.0.1:9/hook")
    await world.cancel(job_id)
    return await only_delivery(world, job_id)


async def test_a_finished_job_is_told_to_its_receiver_with_a_signature_that_verifies(world):
    async with receiving(answer(204)) as receiver:
        job_id = await world.submit(webhook_url=receiver.url)
        async with world.worker():
            job = await world.ended(job_id)
            await world.eventually(lambda: delivered(world, job_id))

    [got] = receiver.received
    [secret] = await secrets_of(world)
    verified = Webhook(secret).verify(got.body, got.headers)
    assert verified == json.loads(json.dumps(native_view(job, base_url=world.settings.base_url)))
    assert got.headers["webhook-id"] == (await only_delivery(world, job_id)).id


async def test_a_failed_job_is_told_too(world):
    async with receiving(answer(200)) as receiver:
        job_id = await world.submit(webhook_url=receiver.url, references=picture("https://10.0.0.1/a.jpg"))
        async with world.worker():
            await world.ended(job_id)
            await world.eventually(lambda: delivered(world, job_id))

    assert json.loads(receiver.received[0].body)["error"]["code"] == "media_forbidden"


async def test_an_attempt_again_bears_the_same_id_and_a_fresh_signature(world):
    async with receiving(answer(500), answer(200)) as receiver:
        job_id = await world.submit(webhook_url=receiver.url)
        await world.cancel(job_id)
        delivery = await only_delivery(world, job_id)
        await attempted(world, delivery)
        after = await attempted(world, delivery)

    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == delivery.id
    assert (after.state, after.attempts, after.last_status) == (DeliveryState.DELIVERED, 2, 200)


async def test_a_delivered_webhook_is_not_sent_again(world):
    async with receiving(answer(200)) as receiver:
        job_id = await world.submit(webhook_url=receiver.url)
        await world.cancel(job_id)
        delivery = await only_delivery(world, job_id)
        await attempted(world, delivery)
        await attempted(world, delivery)

    assert len(receiver.received) == 1


async def test_an_attempt_before_its_moment_is_not_made(world):
    async with receiving(answer(500)) as receiver:
        job_id = await world.submit(webhook_url=receiver.url)
        await world.cancel(job_id)
        delivery = await only_delivery(world, job_id)
        for _ in range(3):  # a second task, as a rescue or a redelivery may leave one behind
            await make_attempt(world.pool, world.settings, delivery.id, turns=Turns())

    assert len(receiver.received) == 1


async def test_a_refused_attempt_is_scheduled_again_and_written_down(world, pending):
    after = await recorded(world, pending, 500)

    assert (after.state, after.attempts, after.last_status) == (DeliveryState.PENDING, 1, 500)
    assert after.last_latency_ms == 12
    assert timedelta(seconds=4) < after.next_at - after.attempted_at < timedelta(seconds=6)
    assert await scheduled(world, pending) == 2  # the first one of the job's end, and this one


async def test_a_receivers_wish_to_wait_is_honoured(world, pending):
    after = await recorded(world, pending, 503, retry_after=timedelta(hours=3))

    assert after.next_at - after.attempted_at > timedelta(hours=2, minutes=59)


async def test_a_receiver_that_is_gone_is_left_alone(world, pending):
    after = await recorded(world, pending, 410)

    assert (after.state, after.next_at) == (DeliveryState.STOPPED, None)
    assert await scheduled(world, pending) == 1


async def test_no_attempt_is_left_after_the_last_of_the_schedule(world, pending):
    delivery = pending
    for _ in WEBHOOK_WAITS[:-1]:
        delivery = await recorded(world, delivery, 500)
    last = await recorded(world, delivery, 500)

    assert (delivery.state, delivery.attempts) == (DeliveryState.PENDING, len(WEBHOOK_WAITS) - 1)
    assert (last.state, last.next_at) == (DeliveryState.EXHAUSTED, None)


async def test_attempts_whose_worker_died_are_made_again(world):
    async with receiving(answer(200)) as receiver:
        job_id = await world.submit(webhook_url=receiver.url)
        await world.cancel(job_id)
        # What a killed worker leaves behind: a task in hand, and a worker that was last heard of an hour ago.
        await world.execute("insert into procrastinate_workers (last_heartbeat) values (now() - interval '1 hour')")
        await world.execute(
            "update procrastinate_jobs set status = 'doing', worker_id = (select id from procrastinate_workers)"
        )
        async with world.worker():
            await world.eventually(lambda: delivered(world, job_id))

    assert len(receiver.received) == 1


async def delivered(world, job_id: str) -> bool:
    return (await only_delivery(world, job_id)).state is DeliveryState.DELIVERED


async def scheduled(world, delivery: Delivery) -> int:
    async with world.pool.connection() as conn:
        found = await conn.execute(
            "select count(*) as n from procrastinate_jobs where args->>'delivery_id' = %s", [delivery.id]
        )
        return (await found.fetchone())["n"]
