"""What happens to a generation, as it happens: server-sent events, resumed where they broke off, or else polling."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from typing import Any

from seedbed_client.errors import ConnectionFailed, MethodNotAllowed, NotFound, WaitTimedOut
from seedbed_client.exchange import Call, Emit, Now, Pause, Read, Service, Steps, Stream, pause_s
from seedbed_client.shapes import read
from seedbed_client.values import Event
from seedbed_client.videos import PATIENCE_S, path_of


def events(
    service: Service,
    request_id: str,
    *,
    timeout_s: float = PATIENCE_S,
    poll_s: float = 1.0,
    last_event_id: str | None = None,
) -> Stream[Event]:
    """Yield how things stand now, and then every change until the generation is final, that one included.

    A service without live events is asked every `poll_s`. Raises WaitTimedOut, ApiError, ConnectionFailed.
    """
    deadline_s = (yield Now()) + timeout_s
    fruitless = 0
    while True:
        resume = {"Last-Event-ID": last_event_id} if last_event_id else {}
        call = Call(path=path_of(request_id, "/events"), headers={"Accept": "text/event-stream"} | resume)
        try:
            answer = yield from service.exchange(call, is_open=True)
        except (NotFound, MethodNotAllowed):
            break  # it knows no events, or no such generation, which a plain look will say
        if answer.status == 204:
            return  # the end was told before `last_event_id`
        if not answer.headers.get("content-type", "").startswith("text/event-stream"):
            break
        lines = EventLines()
        fruitless += 1
        lost = ConnectionFailed(service.base_url, "it ended the events before the generation was final")
        try:
            while chunk := (yield Read(answer)):
                for event in lines.feed(chunk):
                    fruitless, last_event_id = 0, event.id or last_event_id
                    yield Emit(event)
                    if event.is_final:
                        return
                yield from _in_time(request_id, deadline_s, timeout_s)
        except ConnectionFailed as exc:
            lost = exc
        yield from _in_time(request_id, deadline_s, timeout_s)
        pause = pause_s(service, call, lost, tried=fruitless, chance=random.random())
        if pause is None:
            raise lost
        yield Pause(pause)
    yield from _looks(service, request_id, deadline_s=deadline_s, timeout_s=timeout_s, poll_s=poll_s)


def _looks(service: Service, request_id: str, *, deadline_s: float, timeout_s: float, poll_s: float) -> Stream[Event]:
    before = None
    while True:
        data = yield from service.ask_json(Call(path=path_of(request_id)))
        event = service.shown(Event, data | {"data": data})
        now = (event.status, event.progress, event.queue)
        if now != before:
            yield Emit(event)
        if event.is_final:
            return
        before = now
        yield from _in_time(request_id, deadline_s, timeout_s)
        yield Pause(poll_s)


def _in_time(request_id: str, deadline_s: float, timeout_s: float) -> Steps[None]:
    if (yield Now()) >= deadline_s:
        raise WaitTimedOut(request_id, waited_s=timeout_s)


class EventLines:
    """Reads events from bytes that come in any pieces. Source: the HTML standard, 9.2.6, for UTF-8 and LF or CRLF."""

    def __init__(self) -> None:
        self._rest = b""
        self._fields: dict[str, list[str]] = {}

    def feed(self, chunk: bytes) -> Iterator[Event]:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in (raw.decode(errors="replace").rstrip("\r") for raw in lines):
            name, _, value = line.partition(":")
            if line:
                self._fields.setdefault(name, []).append(value.removeprefix(" "))
                continue
            fields, self._fields = self._fields, {}
            if "data" in fields:
                yield _event(fields)


def _event(fields: Mapping[str, list[str]]) -> Event:
    """Raises ConnectionFailed for what the service would not have sent."""
    said = {name: values[-1] for name, values in fields.items() if name in ("id", "event")}
    try:
        data: dict[str, Any] = json.loads("\n".join(fields["data"]))
        kind = said.get("event", "message")
        # These two hold one member of the whole, and imply the status.
        part = {"progress": {"progress": data, "status": "processing"}, "queue": {"queue": data, "status": "queued"}}
        return read(Event, part.get(kind, data) | {"type": kind, "id": said.get("id"), "data": data})
    except (ValueError, TypeError) as exc:
        raise ConnectionFailed("the events", f"one is not what was asked for ({exc})") from exc
