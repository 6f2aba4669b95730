"""Behind nginx with TLS, at an odd port and under a path prefix, every place that the service names can be reached."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from path_stage import PathStage, staged_under_a_path
from test_replicas import ORDER, ROOT, finished, picture

from seedbed_client import Seedbed

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def path_stage() -> Iterator[PathStage]:
    with staged_under_a_path() as stage:
        yield stage


@pytest.fixture(scope="module")
def login(path_stage) -> str:
    """Make an account with credits, and return its key."""
    made = path_stage.cli("keys", "create")
    path_stage.cli("credits", "grant", re.search(r"account (\d+)", made).group(1), "10000")
    return re.search(r"sd2_\w+", made).group()


@pytest.fixture
async def client(path_stage, login) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {login}"}
    async with httpx.AsyncClient(
        base_url=path_stage.url, headers=headers, timeout=40, trust_env=False, verify=path_stage.trust
    ) as client:
        yield client


@asynccontextmanager
async def receiving() -> AsyncIterator[tuple[str, asyncio.Queue[dict]]]:
    """Take webhooks: give the address for them and the bodies that came."""
    bodies: asyncio.Queue[dict] = asyncio.Queue()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        size = re.search(r"content-length: (\d+)", head)
        bodies.put_nowait(json.loads(await reader.readexactly(int(size.group(1)))))
        writer.write(b"HTTP/1.1 204 Taken\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook", bodies


async def test_an_order_is_followed_from_its_location_to_its_video_and_its_webhook(path_stage, client):
    async with receiving() as (hook, bodies):
        uploaded = await client.post(f"{ROOT}/uploads", files={"file": ("first.png", picture(), "image/png")})
        assert uploaded.status_code == 200, uploaded.text
        body = ORDER | {"media": [uploaded.json()["url"]], "webhookUrl": hook, "returnLastFrame": True}
        ordered = await client.post(f"{ROOT}/video/generations", json=body)
        assert ordered.status_code == 200, ordered.text
        place = urljoin(str(ordered.request.url), ordered.headers["location"])
        polled = await client.get(place)
        generation = await finished(client, ordered.json()["requestId"])
        told = await asyncio.wait_for(bodies.get(), 30)

    assert place == f"{path_stage.url}{ROOT}/video/generations/{ordered.json()['requestId']}"
    assert polled.json()["requestId"] == ordered.json()["requestId"]
    output = generation["output"]
    assert told["output"] == output
    assert output["url"] == f"{path_stage.url}/open-api-results/{ordered.json()['requestId']}.mp4"
    assert (await client.get(output["url"])).content[4:8] == b"ftyp"
    part = await client.get(output["url"], headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert (await client.get(output["lastFrameUrl"])).headers["content-type"] == "image/png"


async def test_events_come_as_they_happen(client):
    ordered = await client.post(f"{ROOT}/video/generations", json=ORDER)
    path = f"{ROOT}/video/generations/{ordered.json()['requestId']}/events"
    names = []
    async with client.stream("GET", path) as stream:
        assert stream.http_version == "HTTP/1.1"
        async for line in stream.aiter_lines():
            names += [line.removeprefix("event: ")] if line.startswith("event: ") else []

    assert names[0] == "state"
    assert names[-1] == "end"


async def test_the_other_dialects_work_under_the_prefix(path_stage, client):
    data_uri = "data:image/png;base64," + base64.b64encode(picture()).decode()
    content = [{"type": "text", "text": "slow push in"}, {"type": "image_url", "image_url": {"url": data_uri}}]
    ark = await client.post(
        "/api/v3/contents/generations/tasks", json={"model": "seedance-1-5-pro-251215", "content": content}
    )
    form = {"prompt": "slow push in", "seconds": "4", "size": "1280x720"}
    openai = await client.post("/v1/videos", data=form, files={"input_reference": ("a.png", picture(), "image/png")})
    shown = await client.get(urljoin(str(openai.request.url), openai.headers["location"]))

    assert [answer.status_code for answer in (ark, openai, shown)] == [200, 200, 200], (ark.text, openai.text)
    assert shown.json()["id"] == openai.json()["id"]
    task = f"/api/v3/contents/generations/tasks/{ark.json()['id']}"
    for _ in range(100):
        if (made := (await client.get(task)).json())["status"] not in {"queued", "running"}:
            break
        await asyncio.sleep(0.2)
    assert made["content"]["video_url"].startswith(f"{path_stage.url}/open-api-results/")


async def test_the_sdk_takes_the_address_with_its_prefix(path_stage, login, tmp_path):
    def use() -> bytes:
        with httpx.Client(verify=path_stage.trust, trust_env=False) as http:
            client = Seedbed(login, path_stage.url, http_client=http)
            created = client.videos.create(model="seedance-2.0", prompt="slow push in", duration=4, resolution="480p")
            generation = client.videos.wait(created.request_id, timeout_s=60)
            client.videos.download(generation, tmp_path / "clip.mp4")
        return (tmp_path / "clip.mp4").read_bytes()

    assert (await asyncio.to_thread(use))[4:8] == b"ftyp"


async def test_the_reference_and_all_that_it_loads_are_under_the_prefix(path_stage, client):
    page = await client.get("/docs")
    named = [urljoin(str(page.url), name) for name in re.findall(r'(?:src|href|data-document)="([^"#]+)"', page.text)]

    assert len(named) == 7
    for place in named:
        answer = await client.get(place)
        assert place.startswith(f"{path_stage.url}/")
        assert answer.status_code == 200
        if place.endswith(".json"):
            assert answer.json()["servers"][0]["url"].startswith(path_stage.url)


async def test_what_is_not_under_the_prefix_is_not_the_service(path_stage, client):
    assert (await client.get(path_stage.host_url + f"{ROOT}/models")).status_code == 404
    assert (await client.get(path_stage.host_url + "/video")).headers["location"] == "/video/"


async def test_who_speaks_http_to_the_port_is_sent_to_https(path_stage):
    async with httpx.AsyncClient(trust_env=False) as plain:
        answer = await plain.get(f"http://localhost:{path_stage.port}/video/api/open/v1/models?limit=1")

    assert answer.status_code == 308
    assert answer.headers["location"] == f"{path_stage.url}/api/open/v1/models?limit=1"


async def test_nothing_is_refused_for_its_size_that_the_service_would_take(client):
    big = await client.post(f"{ROOT}/video/estimate", json=ORDER | {"prompt": "x" * 900_000})
    too_big = await client.post(f"{ROOT}/webhooks/secret", content=b"x" * 1_100_000)

    assert (big.status_code, big.json()["error"]["param"]) == (400, "prompt")  # the service's own words
    assert too_big.status_code == 413
    assert urlsplit(str(too_big.request.url)).path.startswith("/video/")
