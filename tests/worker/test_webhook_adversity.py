"""Webhooks under fire: dead receivers, workers that are killed, secrets that change, names that point inside."""

import asyncio
import random
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from receiver import answer, receiving
from standardwebhooks import Webhook
from structlog.testing import capture_logs

from seedbed.actions.rotate_secret import rotate_secret
from seedbed.core.webhooks import DeliveryState
from seedbed.outbound.webhooks import post_webhook
from seedbed.store import accounts, attempts, deliveries
from seedbed.worker.beside import beside
from seedbed.worker.deliverer import deliver_webhooks, make_attempt
from seedbed.worker.switchboard import Switchboard
from seedbed.worker.turns import FOR_RECEIVER, Turns

pytestmark = pytest.mark.server
HERE = Path(__file__).parent
OVERLAP_S = 86_400


async def told(world, url: str) -> str:
    """Return the id of the delivery of a job that has just ended."""
    job_id = await world.submit(webhook_url=url)
    await world.cancel(job_id)
    async with world.pool.connection() as conn:
        return (await deliveries.of_job(conn, job_id))[0].id


async def is_delivered(world, delivery_id: str) -> bool:
    async with world.pool.connection() as conn:
        return (await deliveries.get(conn, delivery_id)).state is DeliveryState.DELIVERED


@asynccontextmanager
async def silent():
    """A receiver that takes requests and never answers. Yields its URL and its open connections."""
    held = []

    async def hold(_reader, writer):
        held.append(writer)

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook", held
        for writer in held:
            writer.close()


@asynccontextmanager
async def delivering(world, **changes):
    switchboard, settings = Switchboard(), replace(world.settings, **changes)
    async with beside(switchboard.listen(world.pool), deliver_webhooks(world.url, world.pool, settings, switchboard)):
        yield


async def test_a_dead_receiver_holds_up_nobody_else(world):
    async with silent() as (dead_url, held), receiving(answer(204)) as alive:
        for _ in range(80):  # more than there are places, all of them before the other one
            await told(world, dead_url)
        delivery_id = await told(world, alive.url.replace("127.0.0.1", "localhost"))
        async with delivering(world, webhook_timeout_s=600):  # a place that it took would be lost for this test
            await world.eventually(lambda: is_delivered(world, delivery_id))

            assert 0 < len(held) <= FOR_RECEIVER


async def test_a_worker_killed_between_sending_and_recording_costs_no_webhook(world, tmp_path):
    async with silent() as (_, held), receiving(answer(204)) as later:
        hold = await asyncio.start_server(lambda _r, writer: held.append(writer), "127.0.0.1", 0)
        port = hold.sockets[0].getsockname()[1]
        delivery_id = await told(world, f"http://127.0.0.1:{port}/hook")
        script = str(HERE / "lone_deliverer.py")
        doomed = await asyncio.create_subprocess_exec(sys.executable, script, world.url, str(tmp_path))
        await world.eventually(lambda: true_of(held))  # it was sent, and will never be answered
        doomed.kill()
        await doomed.wait()
        hold.close()
        await world.execute("update delivery set url = %s where id = %s", later.url, delivery_id)
        await world.execute("update procrastinate_workers set last_heartbeat = now() - interval '1 hour'")

        async with delivering(world):
            await world.eventually(lambda: is_delivered(world, delivery_id))

    assert [got.headers["webhook-id"] for got in later.received] == [delivery_id]


async def true_of(values: list) -> bool:
    return bool(values)


async def test_whatever_a_rotation_does_meanwhile_a_delivery_verifies_with_a_secret_of_its_moment(world):
    async with receiving(answer(204)) as receiver:
        ids = [await told(world, receiver.url) for _ in range(12)]
        async with world.pool.connection() as conn:
            await accounts.webhook_secrets(conn, world.account_id, is_live=True, entropy=bytes(32))

        async def rotations():
            for _ in range(4):
                async with world.pool.connection() as conn:
                    entropy = random.randbytes(32)
                    await rotate_secret(conn, world.account_id, is_live=True, entropy=entropy, overlap_s=OVERLAP_S)
                await asyncio.sleep(0.01)

        turns = Turns(for_account=100, for_receiver=100)
        making = (make_attempt(world.pool, world.settings, delivery_id, turns=turns) for delivery_id in ids)
        await asyncio.gather(rotations(), *making)

    assert sorted(got.headers["webhook-id"] for got in receiver.received) == sorted(ids)
    for got in receiver.received:
        good = await secrets_at(world, got.headers["webhook-id"])
        Webhook(good[0]).verify(got.body, got.headers)  # what a receiver knows that was not changed yet
        assert len(got.headers["webhook-signature"].split(" ")) >= len(good) - 1  # one may be committed a moment later


async def secrets_at(world, delivery_id: str) -> list[str]:
    """The secrets that were good at the moment of the delivery's attempt, the oldest first."""
    async with world.pool.connection() as conn:
        [logged] = (await attempts.of_deliveries(conn, [delivery_id]))[delivery_id]
        rows = await conn.execute(
            "select secret from webhook_secret where created_at <= %(at)s"
            " and (retires_at is null or retires_at > %(at)s) order by id",
            {"at": logged.attempt.at},
        )
        return [row["secret"] for row in await rows.fetchall()]


async def test_a_name_that_points_inside_is_refused_and_the_log_says_so(world):
    with capture_logs() as lines:
        delivery_id = await told(world, "https://10.0.0.1/hook?token=hush")
        await make_attempt(world.pool, world.settings, delivery_id, turns=Turns())

    async with world.pool.connection() as conn:
        [logged] = (await attempts.of_deliveries(conn, [delivery_id]))[delivery_id]
    [line] = [line for line in lines if line["event"] == "delivery.attempted"]
    assert (logged.attempt.status, line["host"]) == (None, "10.0.0.1")
    assert "private or reserved address" in logged.attempt.error == line["error"]
    assert "hush" not in str(lines)


async def test_a_public_name_that_resolves_inside_sees_no_connection():
    async def inside(_host, _port):
        return [ip_address("127.0.0.1")]

    async with receiving(answer(200)) as receiver:
        told = await post_webhook(
            f"https://hook.dev:{receiver.port}/", body=b"{}", headers={}, timeout_s=5, resolve=inside,
            opened=(ip_network("10.0.0.0/8"),),
        )  # fmt: skip

    assert (told.status, receiver.received) == (None, [])
    assert "private or reserved address" in told.error


async def test_an_address_that_is_gone_is_told_once_in_the_log_without_its_path(world):
    async with receiving(answer(410)) as receiver:
        first, second = await told(world, receiver.url), await told(world, receiver.url)
        with capture_logs() as lines:
            for delivery_id in (first, second):
                await make_attempt(world.pool, world.settings, delivery_id, turns=Turns())

    [line] = [line for line in lines if line["event"] == "webhook.switched_off"]
    assert (line["account_id"], line["reason"], line["host"]) == (world.account_id, "gone", "127.0.0.1")
    assert len(receiver.received) == 1
