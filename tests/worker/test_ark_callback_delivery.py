"""Callbacks of the Ark dialect on the wire: the task object of every state, signed."""

import json

import pytest
from receiver import answer, receiving
from standardwebhooks import Webhook

from seedbed.core.ark_view import ark_view
from seedbed.core.webhooks import webhook_body
from seedbed.store import accounts, deliveries
from seedbed.store.deliveries import DeliveryState

pytestmark = pytest.mark.server


async def _all_delivered(world, job_id):
    async with world.pool.connection() as conn:
        found = await deliveries.of_job(conn, job_id)
    return len(found) == 2 and all(delivery.state is DeliveryState.DELIVERED for delivery in found)


async def test_a_task_tells_that_it_runs_and_that_it_succeeded(world):
    async with receiving(answer(200)) as receiver:
        job_id = await world.submit(dialect="ark", webhook_url=receiver.url)
        async with world.worker():
            job = await world.ended(job_id)
            await world.eventually(lambda: _all_delivered(world, job_id))

    async with world.pool.connection() as conn:
        [secret] = await accounts.webhook_secrets(conn, world.account_id, is_live=True, entropy=bytes(32))
    told = {}
    for got in receiver.received:
        body = Webhook(secret.secret).verify(got.body, got.headers)
        told[body["status"]] = body
    assert set(told) == {"running", "succeeded"}
    assert told["succeeded"] == ark_view(job, base_url=world.settings.base_url)
    assert told["running"]["id"] == told["succeeded"]["id"]
    assert "content" not in told["running"]


async def test_what_a_listener_is_shown_is_the_task_too(world):
    job_id = await world.submit(dialect="ark")

    body = webhook_body(await world.job(job_id), base_url=world.settings.base_url)

    assert json.loads(body)["id"] == job_id.replace("req_", "cgt-")
