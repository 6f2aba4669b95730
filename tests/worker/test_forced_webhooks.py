"""Webhooks of test mode that go as the prompt asks: twice, lost at first, forged before the right one, or late."""

from __future__ import annotations

import pytest
from receiver import answer, receiving
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from seedbed.actions.cancel import cancel
from seedbed.core.webhooks import DeliveryState
from seedbed.store import accounts, deliveries
from seedbed.worker.deliverer import make_attempt
from seedbed.worker.turns import Turns

pytestmark = pytest.mark.server


async def ended_job(world, prompt: str, receiver, *, is_live: bool = False) -> str:
    """Return the id of the delivery of a job that has just become final."""
    job_id = await world.submit(prompt=prompt, webhook_url=receiver.url, is_live=is_live)
    async with world.pool.connection() as conn:
        await cancel(conn, world.account_id, job_id, is_live=is_live)
        [delivery] = await deliveries.of_job(conn, job_id)
    return delivery.id


async def attempt(world, delivery_id: str):
    """Make the next attempt as if its moment had come, and return how the delivery stands then."""
    await world.execute("update delivery set next_at = created_at where id = %s and state = 'pending'", delivery_id)
    await make_attempt(world.pool, world.settings, delivery_id, turns=Turns())
    async with world.pool.connection() as conn:
        return await deliveries.get(conn, delivery_id)


async def is_genuine(world, got) -> bool:
    async with world.pool.connection() as conn:
        [secret] = await accounts.webhook_secrets(conn, world.account_id, is_live=False, entropy=bytes(32))
    try:
        Webhook(secret.secret).verify(got.body, got.headers)
    except WebhookVerificationError:
        return False
    return True


@pytest.mark.parametrize(("asked", "genuine"), [("twice", [True, True]), ("forged", [False, True])])
async def test_one_attempt_posts_two_messages_of_one_id(world, asked, genuine):
    async with receiving(answer(204)) as receiver:
        delivery = await attempt(world, await ended_job(world, f"A fox. [seedbed:webhook={asked}]", receiver))

    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 1)
    assert [await is_genuine(world, got) for got in receiver.received] == genuine
    assert {got.headers["webhook-id"] for got in receiver.received} == {delivery.id}


async def test_a_receiver_that_refuses_the_forged_message_still_gets_the_right_one(world):
    async with receiving(answer(401), answer(204)) as receiver:
        delivery = await attempt(world, await ended_job(world, "A fox. [seedbed:webhook=forged]", receiver))

    assert (delivery.state, delivery.last_status) == (DeliveryState.DELIVERED, 204)


async def test_a_lost_webhook_comes_with_the_next_attempt(world):
    async with receiving(answer(204)) as receiver:
        delivery_id = await ended_job(world, "A fox. [seedbed:webhook=lost]", receiver)
        lost = await attempt(world, delivery_id)
        assert (lost.state, lost.last_status, receiver.received) == (DeliveryState.PENDING, None, [])

        found = await attempt(world, delivery_id)

    assert (found.state, found.attempts, len(receiver.received)) == (DeliveryState.DELIVERED, 2, 1)


async def test_a_late_webhook_stays_away_until_its_time_has_passed(world):
    async with receiving(answer(204)) as receiver:
        delivery_id = await ended_job(world, "A fox. [seedbed:late=500]", receiver)
        early = await attempt(world, delivery_id)
        assert (early.state, early.attempts, receiver.received) == (DeliveryState.PENDING, 0, [])

        await world.execute("update delivery set created_at = now() - interval '501 s' where id = %s", delivery_id)
        late = await attempt(world, delivery_id)

    assert (late.state, len(receiver.received)) == (DeliveryState.DELIVERED, 1)


async def test_in_live_mode_the_same_words_change_nothing(world):
    async with receiving(answer(204)) as receiver:
        delivery_id = await ended_job(world, "[seedbed:webhook=twice] [seedbed:late=500]", receiver, is_live=True)
        delivery = await attempt(world, delivery_id)

    assert (delivery.state, len(receiver.received)) == (DeliveryState.DELIVERED, 1)
