"""`seedbed mcp` and the protocol's own client, over stdio and over HTTP, against a running service."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from PIL import Image

import seedbed
from seedbed.testing.service import TestServer

PHOTOGRAPH = Path(seedbed.__file__).parent / "samples" / "dandelion.jpg"
TOOLS = {"generate_video", "get_video", "cancel_video", "list_models", "estimate"}
SMALL = {"prompt": "A fox in the snow.", "duration": 4, "resolution": "480p"}


def environment(server: TestServer) -> dict[str, str]:
    return {"SEEDBED_CLIENT_URL": server.base_url, "SEEDBED_CLIENT_KEY": server.key}


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("shared")
    (folder / "photo.jpg").write_bytes(PHOTOGRAPH.read_bytes())
    return folder


@pytest.fixture(scope="module")
def http_url(seedbed_server) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "seedbed.cli", "mcp", "--http", str(port)]
    with subprocess.Popen(command, env=environment(seedbed_server), stderr=subprocess.DEVNULL) as process:
        try:
            await_listening(port)
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            process.terminate()


def await_listening(port: int) -> None:
    deadline_s = time.monotonic() + 60
    while time.monotonic() < deadline_s:
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens at {port}")


@pytest.fixture(params=["stdio", "http"])
async def client(request, seedbed_server, shared):
    if request.param == "http":
        target = request.getfixturevalue("http_url")
    else:
        arguments = ["-m", "seedbed.cli", "mcp", "--files", str(shared)]
        target = stdio_client(
            StdioServerParameters(command=sys.executable, args=arguments, env=environment(seedbed_server))
        )
    return target


def said(result) -> dict:
    assert not result.is_error, result.content
    return result.structured_content


async def test_its_tools_say_what_they_take(client):
    async with Client(client) as session:
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}

    assert set(tools) == TOOLS
    fields = tools["generate_video"].input_schema["properties"]
    assert all("description" in field for field in fields.values())
    assert tools["generate_video"].input_schema["required"] == ["prompt"]


async def test_a_video_is_made_with_progress_a_link_and_a_thumbnail(client, seedbed_server):
    told = []

    async def tell(progress, total, message):
        told.append(message)

    async with Client(client) as session:
        made = await session.call_tool("generate_video", SMALL, progress_callback=tell)
        again = await session.call_tool("get_video", {"request_id": said(made)["requestId"]})

    facts, link, picture = made.content
    assert json.loads(facts.text) == said(made) == said(again)
    assert said(made)["status"] == "succeeded"
    assert (link.type, link.uri) == ("resource_link", said(made)["videoUrl"])
    async with httpx.AsyncClient() as http:
        assert (await http.get(str(link.uri))).headers["content-type"] == "video/mp4"
    assert Image.open(BytesIO(base64.b64decode(picture.data))).size == (320, 184)
    assert told[-1] == "succeeded"


async def test_a_video_may_be_left_waiting_and_cancelled(client):
    async with Client(client) as session:
        begun = said(
            await session.call_tool("generate_video", SMALL | {"prompt": "A fox. [seedbed:queue=600]", "wait_s": 0})
        )
        ended = said(await session.call_tool("cancel_video", {"request_id": begun["requestId"]}))
        seen = await session.call_tool("get_video", {"request_id": begun["requestId"]})

    assert (begun["status"], ended["status"]) == ("queued", "cancelled")
    assert "get_video" in begun["next"]
    assert seen.is_error
    assert seen.structured_content["creditsRefunded"] == begun["creditsCharged"]


async def test_prices_and_models_are_told(client):
    async with Client(client) as session:
        estimate = said(
            await session.call_tool("estimate", {"prompt": "A fox.", "media": ["https://example.com/a.jpg"]})
        )
        models = said(await session.call_tool("list_models", {}))

    assert estimate["credits"] == 64
    assert "seedance-2.0" in {model["id"] for model in models["models"]}


@pytest.mark.parametrize(
    ("tool", "wrong", "why"),
    [
        ("generate_video", {"prompt": "A fox.", "duration": 99}, "duration"),
        ("generate_video", {"prompt": "A fox.", "media": ["../../etc/passwd"]}, "no "),
        ("get_video", {"request_id": "req_" + 32 * "0"}, "not_found"),
        ("cancel_video", {"request_id": "nonsense"}, "not_found"),
    ],
)
async def test_an_error_is_told_to_the_assistant(client, tool, wrong, why):
    async with Client(client) as session:
        result = await session.call_tool(tool, wrong)

    assert result.is_error
    assert why in result.content[0].text


async def test_a_failed_video_says_why(client):
    async with Client(client) as session:
        result = await session.call_tool("generate_video", SMALL | {"prompt": "[seedbed:fail=content_rejected]"})

    assert result.is_error
    assert result.structured_content["error"].startswith("content_rejected")


async def test_a_file_is_sent_from_the_shared_folder_and_from_nowhere_else(seedbed_server, shared, tmp_path):
    (tmp_path / "private.jpg").write_bytes(PHOTOGRAPH.read_bytes())
    (shared / "way-out.jpg").symlink_to(tmp_path / "private.jpg")
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "seedbed.cli", "mcp", "--files", str(shared)],
        env=environment(seedbed_server),
    )

    async with Client(stdio_client(parameters)) as session:
        made = await session.call_tool("generate_video", SMALL | {"media": ["photo.jpg"]})
        refused = [
            await session.call_tool("generate_video", SMALL | {"media": [name]})
            for name in ("way-out.jpg", str(tmp_path / "private.jpg"), "../private.jpg", "none.jpg")
        ]

    assert said(made)["status"] == "succeeded"
    assert all(result.is_error and "shared folder" in result.content[0].text for result in refused)


def test_no_web_page_can_call_it_over_http(http_url):
    headers = {"Accept": "application/json, text/event-stream", "Origin": "https://evil.example"}
    answer = httpx.post(http_url, json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, headers=headers)

    assert answer.status_code == 403
