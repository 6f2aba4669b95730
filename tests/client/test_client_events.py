"""Live events: read in any pieces, resumed where they broke off, and replaced by looks where there are none."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.either import KINDS, Broken, Script, events, refused, shown
from seedbed_client import ConnectionFailed, Event, NotFound, Progress, QueuePlace, Seedbed, Status, WaitTimedOut
from seedbed_client.watching import told

both = pytest.mark.parametrize("kind", KINDS)
QUEUED = 'id: 1\nevent: state\ndata: {"requestId":"req_1","status":"queued","queue":{"position":2,"etaSeconds":9}}'
PLACE = 'event: queue\ndata: {"position":1,"etaSeconds":3}'
PROGRESS = 'id: 2.rendering.0.5\nevent: progress\ndata: {"stage":"rendering","fraction":0.5}'
END = "id: 3\nevent: end\ndata: " + json.dumps({"requestId": "req_1", "status": "succeeded"})
BEAT = ": still here"


@both
async def test_events_say_how_the_generation_stands(kind: type) -> None:
    script = Script(events("retry: 2000", QUEUED, PLACE, BEAT, PROGRESS, END))

    seen = await script.either(kind).all(lambda c: c.videos.events("req_1"))

    assert [(one.type, one.status) for one in seen] == [
        ("state", Status.QUEUED),
        ("queue", Status.QUEUED),
        ("progress", Status.PROCESSING),
        ("end", Status.SUCCEEDED),
    ]
    assert [seen[0].queue, seen[1].queue, seen[2].progress] == [
        QueuePlace(2, 9),
        QueuePlace(1, 3),
        Progress("rendering", 0.5),
    ]
    assert (seen[-1].is_final, seen[-1].generation.request_id, seen[2].generation) == (True, "req_1", None)
    assert script.asked[0].headers["Accept"] == "text/event-stream"


@both
async def test_events_that_broke_off_go_on_after_the_last_one_that_came(kind: type) -> None:
    script = Script(events(QUEUED, PROGRESS, tail=[b"id: 9\nevent: sta"]), events(END))

    seen = await script.either(kind).all(lambda c: c.videos.events("req_1", last_event_id="0"))

    assert [one.type for one in seen] == ["state", "progress", "end"]
    assert [request.headers.get("Last-Event-ID") for request in script.asked] == ["0", "2.rendering.0.5"]


@both
async def test_a_stream_that_only_breaks_is_given_up(kind: type) -> None:
    script = Script(events(QUEUED), *[events(BEAT)] * 2)

    with pytest.raises(ConnectionFailed):
        await script.either(kind, max_retries=1).all(lambda c: c.videos.events("req_1"))

    assert len(script.asked) == 2


@both
@pytest.mark.parametrize(
    "answer", [refused(404, "not_found"), refused(405, "method_not_allowed"), httpx.Response(200, text="<html>")]
)
async def test_a_service_without_events_is_looked_at_instead(kind: type, answer: httpx.Response) -> None:
    half = shown("processing", progress={"stage": "rendering", "fraction": 0.5})
    script = Script(answer, shown("queued"), shown("queued"), half, shown())

    seen = await script.either(kind).all(lambda c: c.videos.events("req_1", poll_s=0))

    assert [one.status for one in seen] == ["queued", "processing", "succeeded"]
    assert seen[1].progress == Progress("rendering", 0.5)
    assert seen[-1].generation.output is not None


@both
async def test_a_generation_that_is_not_there_is_an_error(kind: type) -> None:
    script = Script(refused(404, "not_found"), refused(404, "not_found"))

    with pytest.raises(NotFound):
        await script.either(kind).all(lambda c: c.videos.events("req_1"))


@both
async def test_who_has_been_told_the_end_is_told_nothing_more(kind: type) -> None:
    script = Script(httpx.Response(204))

    assert await script.either(kind).all(lambda c: c.videos.events("req_1", last_event_id="3")) == []


@both
async def test_events_end_at_their_deadline(kind: type) -> None:
    script = Script(events(QUEUED, BEAT))

    with pytest.raises(WaitTimedOut):
        await script.either(kind).all(lambda c: c.videos.events("req_1", timeout_s=0))


@both
async def test_whoever_has_seen_enough_leaves_no_connection_open(kind: type) -> None:
    body = Broken(f"{QUEUED}\n\n".encode(), f"{PROGRESS}\n\n".encode())
    script = Script(httpx.Response(200, headers={"Content-Type": "text/event-stream"}, stream=body))
    stream = script.either(kind).client.videos.events("req_1")

    if kind is Seedbed:
        assert next(stream).type == "state"
        stream.close()
    else:
        assert (await anext(stream)).type == "state"
        await stream.aclose()

    assert body.is_closed


async def said_by(*pieces: bytes) -> list[Event]:
    async def chunks() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    return [event async for event in told(chunks(), lambda: False)]


@given(cuts=st.lists(st.integers(0, 200), max_size=8), newline=st.sampled_from(["\n", "\r\n"]))
def test_events_come_out_the_same_however_they_are_cut(cuts: list[int], newline: str) -> None:
    said = 'data: {"a":\ndata: "가"}'
    raw = f"{QUEUED}\n\n:\n\n{BEAT}\n\n{said}\n\n".replace("\n", newline).encode()
    ends = sorted({min(cut, len(raw)) for cut in [*cuts, len(raw)]})

    seen = asyncio.run(said_by(*(raw[begin:end] for begin, end in itertools.pairwise([0, *ends]))))

    assert [(one.type, one.id) for one in seen] == [("state", "1"), ("message", None)]
    assert seen[1].data == {"a": "가"}


@pytest.mark.parametrize("data", ["{", "[1]", "7", '{"status": "elsewhere"}', '{"progress": 3}'])
async def test_an_event_that_means_nothing_is_an_error(data: str) -> None:
    with pytest.raises(ConnectionFailed):
        await said_by(f"data: {data}\n\n".encode())


async def test_a_service_that_only_says_that_it_is_there_is_left_when_it_is_time() -> None:
    async def beats() -> AsyncIterator[bytes]:
        while True:
            yield f"{BEAT}\n\n".encode()

    times = iter([False, False, True])

    assert [event async for event in told(beats(), lambda: next(times))] == []
