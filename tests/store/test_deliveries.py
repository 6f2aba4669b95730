"""Webhooks at rest, and the task that procrastinate will find."""

from __future__ import annotations

import pytest
from procrastinate import App, PsycopgConnector

from seedbed.actions.cancel import cancel
from seedbed.actions.create_account import create_account
from seedbed.actions.submit import submit
from seedbed.core.job import State
from seedbed.store import attempts, deliveries
from seedbed.store.attempts import Attempt
from seedbed.store.database import many
from seedbed.store.deliveries import DeliveryState
from store.orders import NOON, a_request, after, an_order, answer_of

pytestmark = pytest.mark.server
HOOK = "https://receiver.dev/hook"


async def _cancelled_with_webhook(conn):
    account = (await create_account(conn, name="Ada", credits=100)).id
    order = an_order(account, request=a_request(webhook_url=HOOK))
    await submit(conn, order, answer_of=answer_of, at=NOON)
    return await cancel(conn, account, order.job_id, is_live=True, at=NOON)


async def test_an_attempt_is_counted_and_what_follows_is_stored(conn):
    job = await _cancelled_with_webhook(conn)
    (new,) = await deliveries.of_job(conn, job.id)

    recorded = await deliveries.record(
        conn, new.id, status=503, latency_ms=12, state=DeliveryState.PENDING, next_at=after(5), at=after(1)
    )

    assert recorded == await deliveries.get(conn, new.id)
    assert (recorded.attempts, recorded.last_status, recorded.last_latency_ms) == (1, 503, 12)
    assert (recorded.attempted_at, recorded.next_at) == (after(1), after(5))


async def test_the_beginning_of_an_answer_is_kept_and_the_same_attempt_is_written_once(conn):
    job = await _cancelled_with_webhook(conn)
    (new,) = await deliveries.of_job(conn, job.id)
    attempt = Attempt(at=NOON, status=503, latency_ms=12, excerpt="busy\x00" + "x" * 5000)

    written = [await attempts.insert(conn, new.id, number, attempt) for number in (1, 2)]

    [logged] = (await attempts.of_deliveries(conn, [new.id]))[new.id]
    assert written == [True, False]
    assert (logged.number, logged.attempt.at, logged.attempt.status) == (1, NOON, 503)
    assert (logged.attempt.excerpt[:7], len(logged.attempt.excerpt)) == ("busyxxx", 1023)


async def test_a_delivery_names_the_event_and_starts_pending(conn):
    job = await _cancelled_with_webhook(conn)

    (new,) = await deliveries.of_job(conn, job.id)

    assert new.id.startswith("msg_")
    assert (new.event, new.state, new.attempts, new.url) == (State.CANCELLED, DeliveryState.PENDING, 0, HOOK)


async def test_a_later_attempt_is_scheduled_for_its_moment(conn):
    await deliveries.schedule(conn, "msg_1", after(300))

    rows = await many(conn, "select task_name, scheduled_at, args from procrastinate_jobs", {})

    assert rows == [{"task_name": "deliver", "scheduled_at": after(300), "args": {"delivery_id": "msg_1"}}]


async def test_a_procrastinate_worker_runs_the_task_that_the_commit_enqueued(open_connection, database):
    job = await _cancelled_with_webhook(await open_connection())
    app, told = App(connector=PsycopgConnector(conninfo=database)), []

    @app.task(name=deliveries.TASK, queue=deliveries.QUEUE)
    async def deliver(delivery_id: str) -> None:
        told.append(delivery_id)

    async with app.open_async():
        await app.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)

    assert told == [d.id for d in await deliveries.of_job(await open_connection(), job.id)]
