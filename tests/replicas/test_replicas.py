"""Behind nginx, without sticky sessions, three API processes are one service."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import cycle

import httpx
import pytest
from PIL import Image
from replica_stage import Stage

pytestmark = pytest.mark.server
ROOT = "/api/open/v1"
ORDER = {"model": "seedance-2.0", "prompt": "slow push in", "duration": 4, "resolution": "480p", "aspectRatio": "1:1"}


@pytest.fixture(scope="module")
def key(stage: Stage) -> str:
    return stage.new_key()


@asynccontextmanager
async def client_of(url: str, key: str) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=40, trust_env=False) as client:
        yield client


@pytest.fixture
async def clients(stage: Stage, key: str) -> AsyncIterator[list[httpx.AsyncClient]]:
    """One client for each replica."""
    async with (
        client_of(stage.replicas[0].url, key) as first,
        client_of(stage.replicas[1].url, key) as second,
        client_of(stage.replicas[2].url, key) as third,
    ):
        yield [first, second, third]


def picture() -> bytes:
    """A PNG of two megabytes: more than nginx takes where it expects no picture."""
    file = io.BytesIO()
    Image.effect_noise((1600, 1400), 90).save(file, "png")
    return file.getvalue()


async def finished(client: httpx.AsyncClient, request_id: str) -> dict:
    path = f"{ROOT}/video/generations/{request_id}?wait=20"
    for _ in range(6):
        body = (await client.get(path)).json()
        if body["status"] in {"succeeded", "failed", "cancelled"}:
            return body
    raise AssertionError(body)


async def test_one_idempotency_key_is_one_job_at_whatever_replica(clients):
    async def order(client: httpx.AsyncClient) -> httpx.Response:
        return await client.post(f"{ROOT}/video/generations", json=ORDER, headers={"Idempotency-Key": "race"})

    raced = await asyncio.gather(*(order(client) for client, _ in zip(cycle(clients), range(30), strict=False)))
    replayed = [await order(client) for client in clients]

    assert {answer.status_code for answer in raced} <= {200, 409}
    assert {answer.json()["error"]["code"] for answer in raced if answer.status_code == 409} <= {
        "idempotency_in_flight"
    }
    ids = {answer.json()["requestId"] for answer in [*raced, *replayed] if answer.status_code == 200}
    assert len(ids) == 1
    assert len({answer.content for answer in replayed}) == 1


async def test_what_is_uploaded_at_one_is_used_at_another_and_loaded_from_the_third(clients):
    uploaded = await clients[0].post(f"{ROOT}/uploads", files={"file": ("first.png", picture(), "image/png")})
    assert uploaded.status_code == 200, uploaded.text
    media = {"media": [uploaded.json()["url"]]}

    ordered = await clients[1].post(f"{ROOT}/video/generations", json=ORDER | media)
    generation = await finished(clients[2], ordered.json()["requestId"])
    path = httpx.URL(generation["output"]["url"]).path
    videos = [(await client.get(path)).content for client in clients]

    assert generation["status"] == "succeeded"
    assert len({hashlib.sha256(video).hexdigest() for video in videos}) == 1
    assert videos[0][4:8] == b"ftyp"


async def events_of(
    client: httpx.AsyncClient, path: str, *, after: str = "", most: int = 1000
) -> list[tuple[str, str]]:
    """Return the names and ids of the events of a stream, to its end or to so many of them."""
    found = []
    event_id = ""
    headers = {"Last-Event-ID": after} if after else {}
    async with client.stream("GET", path, headers=headers) as stream:
        async for line in stream.aiter_lines():
            event_id = line.removeprefix("id: ") if line.startswith("id: ") else event_id
            if line.startswith("event: "):
                found.append((line.removeprefix("event: "), event_id))
            if len(found) == most:
                break
    return found


async def test_a_stream_of_events_is_resumed_at_another_replica(clients):
    ordered = await clients[0].post(f"{ROOT}/video/generations", json=ORDER)
    path = f"{ROOT}/video/generations/{ordered.json()['requestId']}/events"

    first = await events_of(clients[0], path, most=1)
    rest = await events_of(clients[1], path, after=first[-1][1])
    over = await clients[2].get(path, headers={"Last-Event-ID": rest[-1][1]})

    assert [name for name, _ in first] == ["state"]
    assert [name for name, _ in rest].count("end") == 1
    assert rest[-1][0] == "end"
    assert over.status_code == 204


async def test_a_wait_at_one_replica_ends_with_a_cancel_at_another(clients):
    ordered = await clients[0].post(f"{ROOT}/video/generations", json=ORDER | {"duration": 15})
    path = f"{ROOT}/video/generations/{ordered.json()['requestId']}"
    etag = (await clients[1].get(path)).headers["etag"]

    waiting = asyncio.create_task(clients[1].get(path + "?wait=30", headers={"If-None-Match": etag}))
    await asyncio.sleep(0.2)
    cancelled = await clients[2].post(path + "/cancel")

    assert cancelled.status_code == 200, cancelled.text
    body = (await waiting).json()
    assert body["status"] in {"processing", "cancelled"}
    assert (await clients[1].get(path)).json()["status"] == "cancelled"


async def test_a_rate_limit_is_exact_over_all_replicas(stage):
    limited = stage.new_key("--requests-per-minute", "6")
    began_s = time.monotonic()

    async def ask(url: str) -> int:
        async with client_of(url, limited) as client:
            return (await client.get(f"{ROOT}/credits")).status_code

    urls = [replica.url for replica in stage.replicas] + [stage.url]
    codes = await asyncio.gather(*(ask(url) for url in urls * 10))

    refilled = int((time.monotonic() - began_s) // 10)  # one comes back every ten seconds
    assert set(codes) == {200, 429}
    assert 6 <= codes.count(200) <= 6 + refilled


async def test_a_revoked_key_ends_at_all_replicas_at_once(stage):
    doomed = stage.new_key()
    number = next(row.split()[0] for row in stage.cli("keys", "list").splitlines() if doomed[-4:] in row)

    async def codes() -> list[int]:
        answers = []
        for replica in stage.replicas:
            async with client_of(replica.url, doomed) as client:
                answers.append((await client.get(f"{ROOT}/credits")).status_code)
        return answers

    before = await codes()
    await asyncio.to_thread(stage.cli, "keys", "revoke", number)

    assert before == [200, 200, 200]
    assert await codes() == [401, 401, 401]


async def test_nginx_lets_pictures_through_where_a_dialect_takes_them(stage, key):
    data_uri = "data:image/png;base64," + base64.b64encode(picture()).decode()
    form = {"prompt": "slow push in", "seconds": "4", "size": "1280x720"}
    content = [{"type": "text", "text": "slow push in"}, {"type": "image_url", "image_url": {"url": data_uri}}]
    async with client_of(stage.url, key) as client:
        native = await client.post(f"{ROOT}/video/generations", json=ORDER | {"media": [data_uri]})
        openai = await client.post(
            "/v1/videos", data=form, files={"input_reference": ("a.png", picture(), "image/png")}
        )
        ark = await client.post(
            "/api/v3/contents/generations/tasks", json={"model": "seedance-1-5-pro-251215", "content": content}
        )

    assert [answer.status_code for answer in (native, openai, ark)] == [200, 200, 200], (openai.text, ark.text)


class Load:
    """Customers behind nginx who order, look and list until they are told to stop. Every fault is kept."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._key = key
        self.ids: list[str] = []
        self.asked = 0
        self.faults: list[str] = []
        self.enough = asyncio.Event()

    async def customer(self) -> None:
        async with client_of(self._url, self._key) as client:
            while not self.enough.is_set():
                await self._ask(client, "GET", f"{ROOT}/credits")
                await self._ask(client, "GET", f"{ROOT}/models")
                if len(self.ids) < 40:
                    said = await self._ask(client, "POST", f"{ROOT}/video/generations", json=ORDER)
                    self.ids += [said["requestId"]] if said else []

    async def _ask(self, client: httpx.AsyncClient, method: str, path: str, **more: object) -> dict | None:
        self.asked += 1
        try:
            answer = await client.request(method, path, **more)
        except httpx.TransportError as fault:
            self.faults.append(f"{method} {path}: {fault!r}")
            return None
        if answer.status_code >= 300:
            self.faults.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
            return None
        return answer.json()


async def test_a_replica_that_is_taken_out_and_stopped_fails_no_request(stage, key):
    load = Load(stage.url, key)
    customers = [asyncio.create_task(load.customer()) for _ in range(6)]
    await asyncio.sleep(1)
    leaving, staying = stage.replicas[0], stage.replicas[1:]
    engines = stage.worker.children

    leaving.signal(signal.SIGTERM)
    await asyncio.sleep(0.5)
    async with httpx.AsyncClient(trust_env=False) as client:
        ready = await client.get(f"{leaving.url}/readyz")
        alive = await client.get(f"{leaving.url}/healthz")
    await asyncio.to_thread(stage.balance_over, staying)
    status = await asyncio.to_thread(leaving.stop)
    stage.replicas[0] = stage.new_replica(0)
    await asyncio.to_thread(stage.replicas[0].await_up)
    await asyncio.to_thread(stage.balance_over, stage.replicas)
    await asyncio.sleep(1)
    load.enough.set()
    await asyncio.gather(*customers)

    assert (ready.status_code, ready.json()["status"]) == (503, "stopping")
    assert (alive.status_code, alive.headers["connection"]) == (200, "close")
    assert status == 0
    assert load.faults == []
    assert engines
    assert stage.worker.children == engines  # the model that an engine holds stays where it is
    assert load.asked > 100
    async with client_of(stage.url, key) as client:
        ended = await asyncio.gather(*(finished(client, request_id) for request_id in load.ids))
    assert {generation["status"] for generation in ended} == {"succeeded"}
    assert stage.cli("audit", "--checksums") == "All is sound.\n"


async def test_a_replica_that_is_killed_costs_a_customer_who_asks_again_nothing(stage, key):
    path = f"{ROOT}/video/generations"

    async def insist(client: httpx.AsyncClient, number: int) -> str:
        for _ in range(30):
            try:
                answer = await client.post(path, json=ORDER, headers={"Idempotency-Key": f"insist-{number}"})
                if answer.status_code == 200:
                    return answer.json()["requestId"]
                assert answer.status_code in {409, 502, 503, 504}, answer.text
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.2)
        raise AssertionError(number)

    async with client_of(stage.url, key) as client:
        orders = [asyncio.create_task(insist(client, number)) for number in range(24)]
        await asyncio.sleep(0.05)
        stage.replicas[2].signal(signal.SIGKILL)
        ids = await asyncio.gather(*orders)
        listed = (await client.get(path, params={"limit": 100})).json()["data"]
        ended = await asyncio.gather(*(finished(client, request_id) for request_id in ids))

    assert len(set(ids)) == 24
    assert {generation["requestId"] for generation in listed} >= set(ids)
    assert {generation["status"] for generation in ended} == {"succeeded"}
    assert stage.cli("audit") == "All is sound.\n"
    stage.replicas[2] = stage.new_replica(2)
    await asyncio.to_thread(stage.replicas[2].await_up)
    await asyncio.to_thread(stage.balance_over, stage.replicas)
