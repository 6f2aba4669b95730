"""What happens to a generation: waited for, or told as it happens, resumed where it broke off."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from seedbed_client.errors import ApiError, ConnectionFailed, MethodNotAllowed, NotFound, WaitTimedOut
from seedbed_client.exchange import Call, Service, Stream, Trouble, json_of, path_of, retry_after_s
from seedbed_client.values import Event, Generation, read
from seedbed_client.videos import succeeded

LONGEST_HOLD_S = 30
LOOK_AGAIN_S = 2.0

Look = Callable[[Generation], object]


async def wait(
    service: Service, request_id: str, *, timeout_s: float = 3600, poll_s: float | None = None, tell: Look | None = None
) -> Generation:
    """Return the generation once it has succeeded. `tell` is called with every look at it, the last included.

    Without `poll_s` the service is asked to hold its answer; one that cannot is asked again when it says.
    Raises GenerationFailed, GenerationCancelled and WaitTimedOut.
    """
    async for look in _looks(service, request_id, timeout_s=timeout_s, poll_s=poll_s):
        generation = service.shown(Generation, look.data)
        if tell:
            tell(generation)
    return succeeded(generation)


async def events(
    service: Service, request_id: str, *, timeout_s: float = 3600, poll_s: float = 1.0, last_event_id: str | None = None
) -> Stream[Event]:
    """Yield how things stand now, and then every change until the generation is final, that one included.

    A service without live events is asked every `poll_s`. Raises WaitTimedOut, ApiError, ConnectionFailed.
    """
    deadline_s, fruitless = service.now_s() + timeout_s, 0

    def is_over() -> bool:
        return service.now_s() >= deadline_s

    while True:
        resume = {"Last-Event-ID": last_event_id} if last_event_id else {}
        call = Call(path=path_of(request_id, "/events"), headers={"Accept": "text/event-stream"} | resume)
        lost: Trouble = ConnectionFailed(service.base_url, "it ended the events before the generation was final")
        try:
            async with service.open(call) as answer:
                if answer.status_code == 204:
                    return  # the end was told before `last_event_id`
                if not answer.headers.get("content-type", "").startswith("text/event-stream"):
                    break
                async for event in told(answer.aiter_bytes(), is_over):
                    fruitless, last_event_id = 0, event.id or last_event_id
                    yield event
                    if event.is_final:
                        return
        except (NotFound, MethodNotAllowed):
            break  # it knows no events, or no such generation, which a plain look will say
        except (ApiError, ConnectionFailed) as exc:
            lost = exc
        if is_over():
            raise WaitTimedOut(request_id, waited_s=timeout_s)
        await service.rest(call, lost, tried=fruitless)
        fruitless += 1
    before = None
    async for look in _looks(service, request_id, timeout_s=deadline_s - service.now_s(), poll_s=poll_s):
        if (look.status, look.progress, look.queue) != before:
            yield look
        before = (look.status, look.progress, look.queue)


async def _looks(service: Service, request_id: str, *, timeout_s: float, poll_s: float | None) -> Stream[Event]:
    """Yield every look at a generation until it is final: each `poll_s`, or as long as the service holds its answer."""
    started_s, hold_s, before = service.now_s(), 0, None
    while True:
        asked_s = service.now_s()
        call = Call(path=path_of(request_id), params={"wait": hold_s or None}, hold_s=hold_s)
        answer = await service.exchange(call)
        data = json_of(answer)
        look = service.shown(Event, data | {"data": data})
        yield look
        if look.is_final:
            return
        left_s = started_s + timeout_s - service.now_s()
        if left_s <= 0:
            raise WaitTimedOut(request_id, waited_s=timeout_s - left_s)
        if poll_s is not None:
            await service.pause(min(poll_s, left_s))
            continue
        was_held = look.status is not before or service.now_s() - asked_s >= hold_s / 2
        if left_s < 1 or not was_held:
            await service.pause(min(left_s, retry_after_s(answer.headers) or LOOK_AGAIN_S))
        hold_s, before = min(LONGEST_HOLD_S, int(left_s)), look.status


async def told(chunks: AsyncIterator[bytes], is_over: Callable[[], bool]) -> AsyncIterator[Event]:
    """Yield the events in bytes that come in any pieces, until it is over.

    Source: the HTML standard, 9.2.6, for UTF-8 and LF or CRLF.
    """
    rest = b""
    async for chunk in chunks:
        *blocks, rest = (rest + chunk).replace(b"\r\n", b"\n").split(b"\n\n")
        for block in blocks:
            if event := _event(block.decode(errors="replace")):
                yield event
        if is_over():
            return


def _event(block: str) -> Event | None:
    """Return what a block says, if it says something. Raises ConnectionFailed for what the service would not send."""
    lines = [(name, value.removeprefix(" ")) for name, _, value in (line.partition(":") for line in block.split("\n"))]
    said, texts = dict(lines), [value for name, value in lines if name == "data"]
    if not texts:
        return None
    kind = said.get("event", "message")
    try:
        data: dict[str, Any] = json.loads("\n".join(texts))
        # These two hold one member of the whole, and imply the status.
        part = {"progress": {"progress": data, "status": "processing"}, "queue": {"queue": data, "status": "queued"}}
        return read(Event, part.get(kind, data) | {"type": kind, "id": said.get("id"), "data": data})
    except (ValueError, TypeError) as exc:
        raise ConnectionFailed("the events", f"one is not what was asked for ({exc})") from exc
