"""A duration of -1: the reference video's, found out before anything is priced; the default without one."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from fractions import Fraction
from ipaddress import ip_network

import pytest
from arks import EARLIER, get_task, media, new_task, post_task, text
from customers import ROOT

from media.media_makers import video
from seedbed.core.ark_duration import fitting_duration_s
from seedbed.core.ark_offer import ARK
from seedbed.core.models import Model

LOOPBACK = {"open_networks": (ip_network("127.0.0.0/8"),)}


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A clip of 6.1 s."""
    return video(tmp_path_factory.mktemp("clips") / "clip.mp4", frames=146).read_bytes()


@asynccontextmanager
async def _serving(*, body=b"", status="200 OK", keeps_quiet=False):
    asked = []

    async def serve(reader, writer):
        asked.append((await reader.readuntil(b"\r\n\r\n")).split()[1].decode())
        if not keeps_quiet:
            head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + body)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/clip.mp4", asked


async def _uploaded(customer, content):
    files = {"file": ("clip.mp4", content, "video/mp4")}
    return (await customer.post(f"{ROOT}/uploads", files=files)).json()["url"]


@pytest.mark.parametrize(
    ("model", "length", "duration_s"),
    [
        (ARK.models[EARLIER], "121/24", 5),  # a clip of ours, which is a frame longer than five seconds
        (ARK.models[EARLIER], "6.1", 6),
        (ARK.models[EARLIER], "6.2", 7),
        (ARK.models[EARLIER], "2.5", 4),
        (ARK.models[EARLIER], "15", 12),
        (ARK.models["doubao-seedance-2-0-260128"], "15.1", 15),
    ],
)
def test_whole_seconds_are_rounded_up_within_what_the_model_makes(model, length, duration_s):
    assert fitting_duration_s(Fraction(length), model) == duration_s


@pytest.mark.parametrize(("length", "duration_s"), [("1", 3), ("3", 3), ("4", 8), ("9", 8)])
def test_a_length_that_the_model_does_not_make_is_the_next_that_it_does(length, duration_s):
    own = Model("own", "Own", "", (3, 8))

    assert fitting_duration_s(Fraction(length), own) == duration_s


@pytest.mark.server
async def test_without_a_video_it_is_five_seconds(ada):
    task_id = await new_task(ada, text(), media("image", "a.png", "first_frame"), duration=-1)

    assert (await get_task(ada, task_id))["duration"] == 5
    assert await ada.credits() == (936, 64)


@pytest.mark.server
async def test_it_is_that_of_an_uploaded_video_and_priced_so(ada, clip):
    asset = await _uploaded(ada, clip)

    task_id = await new_task(ada, text(), media("video", asset), duration=-1)

    assert (await get_task(ada, task_id))["duration"] == 6
    assert await ada.credits() == (1000 - 77, 77)  # 6 s at 12.8


@pytest.mark.server
async def test_it_is_that_of_a_video_behind_a_url(enrol, serve, clip):
    ada = await enrol(client=serve(**LOOPBACK))
    async with _serving(body=clip) as (url, asked):
        task_id = await new_task(ada, text("a fox --dur -1"), media("video", url))

    assert (await get_task(ada, task_id))["duration"] == 6
    assert asked == ["/clip.mp4"]


@pytest.mark.server
async def test_a_replay_does_not_look_again(enrol, serve, clip):
    ada = await enrol(client=serve(**LOOPBACK))
    async with _serving(body=clip) as (url, asked):
        first, again = [
            await post_task(ada, text(), media("video", url), duration=-1, headers={"Idempotency-Key": "k"})
            for _ in range(2)
        ]

    assert (again.status_code, again.content) == (200, first.content)
    assert len(asked) == 1


@pytest.mark.server
@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"status": "404 Not Found"}, "the server answered 404"),
        ({"body": b"not a video at all"}, "duration as 4 to 15 seconds"),
        ({"keeps_quiet": True}, "broke the connection off"),
    ],
)
async def test_a_video_that_cannot_be_read_is_refused_with_advice(enrol, serve, answer, says):
    ada = await enrol(client=serve(**LOOPBACK))
    async with _serving(**answer) as (url, _):
        refused = await post_task(ada, text(), media("video", url), duration=-1)

    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (400, "InvalidParameter.duration")
    assert says in error["message"]
    assert "Send duration as 4 to 15 seconds" in error["message"]
    assert await ada.jobs() == 0


@pytest.mark.server
async def test_what_would_be_refused_anyway_is_not_fetched(enrol, serve, clip):
    ada = await enrol(client=serve(**LOOPBACK))
    async with _serving(body=clip) as (url, asked):
        refused = await post_task(ada, text(), media("video", url), duration=-1, ratio="2:1")

    assert refused.json()["error"]["code"] == "InvalidParameter.ratio"
    assert asked == []


@pytest.mark.server
async def test_an_address_that_may_not_be_called_is_not(ada):
    refused = await post_task(ada, text(), media("video", "https://10.0.0.1/clip.mp4"), duration=-1)

    assert refused.status_code == 400
    assert await ada.jobs() == 0
