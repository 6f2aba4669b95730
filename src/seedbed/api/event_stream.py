"""An answer that tells what happens to a job as server-sent events (WHATWG HTML, 9.2), until the job is final.

Nothing is queued for a client: one that is slow, or was away, is told the present. While nothing happens a comment is
sent now and then, so that a proxy keeps the connection and a client that has left is noticed.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from seedbed.api.live import Follower, LiveFeed, Watched
from seedbed.core.errors import Unavailable
from seedbed.core.job import Job

HEARTBEAT_S = 15.0
LONGEST_S = 600.0  # then the client comes again, and its key is looked at again
STALLED_S = 30.0  # a client that takes nothing for so long has gone
RETRY_MS = 2000
MAX_STREAMS = 10_000
MAX_STREAMS_AN_ACCOUNT = 4_000
HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Streams:
    """Counts the streams of this process, so that one account cannot have them all. Raises Unavailable over that."""

    def __init__(self, *, most: int = MAX_STREAMS, most_an_account: int = MAX_STREAMS_AN_ACCOUNT) -> None:
        self._most = most
        self._most_an_account = most_an_account
        self._of_account: Counter[int] = Counter()

    @contextmanager
    def taken(self, account_id: int) -> Iterator[None]:
        if self._of_account.total() >= self._most or self._of_account[account_id] >= self._most_an_account:
            raise Unavailable("Too many event streams are open; close some, or ask with ?wait= instead.")
        self._of_account[account_id] += 1
        try:
            yield
        finally:
            self._of_account[account_id] -= 1
            if not self._of_account[account_id]:
                del self._of_account[account_id]


Tell = Callable[[Watched], bytes]


class EventStream(Response):
    """`tell` returns the events that are new to this client, and is called again whenever there may be some."""

    def __init__(
        self,
        live: LiveFeed,
        streams: Streams,
        job: Job,
        tell: Tell,
        *,
        heartbeat_s: float = HEARTBEAT_S,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(None, 200, headers={**HEADERS, **(headers or {})})
        del self.headers["Content-Length"]
        self._live = live
        self._streams = streams
        self._job = job
        self._tell = tell
        self._heartbeat_s = heartbeat_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._streams.taken(self._job.account_id), self._live.following(self._job) as follower:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            if scope["method"] != "HEAD":
                try:
                    await self._send_events(follower, Request(scope, receive), send)
                except TimeoutError:
                    return  # it takes nothing, so it could not be told the end either; the server closes the connection
            await send({"type": "http.response.body", "body": b""})

    async def _send_events(self, follower: Follower, request: Request, send: Send) -> None:
        until_s = time.monotonic() + LONGEST_S
        events = b"retry: %d\n\n" % RETRY_MS + self._tell(follower.watched)
        while True:
            if events:
                async with asyncio.timeout(STALLED_S):
                    await send(_chunk(events))
            job = follower.watched.job
            if job is None or job.state.is_final or self._live.is_stopping or time.monotonic() > until_s:
                return
            is_news = await follower.news(within_s=self._heartbeat_s)
            if await request.is_disconnected():
                return
            events = self._tell(follower.watched) if is_news else b": still here\n\n"


def _chunk(data: bytes) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": True}


def event(name: str, data: bytes, *, id_: str | None = None) -> bytes:
    """Return one event. `data` is JSON without line breaks."""
    return (b"id: %b\n" % id_.encode() if id_ else b"") + b"event: %b\ndata: %b\n\n" % (name.encode(), data)
