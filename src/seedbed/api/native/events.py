"""`GET /video/generations/{id}/events`: what happens to a generation, as it happens. Source: CONTRACT 1.7.

Events are snapshots, not a history: `state` and, as the last one, `end` hold the body of GET, `progress` and `queue`
what has changed of it. An id says which snapshot it was, so whoever comes back is told the present, once.
"""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from seedbed.api.auth import principal
from seedbed.api.event_stream import EventStream, event
from seedbed.api.live import Watched
from seedbed.api.native.generations import step_of
from seedbed.api.native.own_jobs import job_id_of, own_job
from seedbed.api.service import Service
from seedbed.core.job import QueuePlace
from seedbed.core.keys import Scope
from seedbed.core.native_view import native_view, progress_view


async def follow(service: Service, request: Request) -> Response:
    """Stream events until the generation is final. `Last-Event-ID` may be anything: the present is told.

    Only whoever has been told the end already gets 204, which is how a browser is told not to come back.
    """
    who = await principal(service, request, scope=Scope.READ)
    job = await own_job(service, who, job_id_of(request))
    if job.state.is_final and request.headers.get("last-event-id") == step_of(job):
        return Response(status_code=204)
    told = _Told(service.settings.base_url)
    return EventStream(service.live, service.streams, job, told.news)


class _Told:
    """What one client has been told, so that it is told only what is new."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._version = 0
        self._step = ""
        self._queue: QueuePlace | None = None

    def news(self, watched: Watched) -> bytes:
        job, queue = watched.job, watched.queue
        if job is None:
            return b""
        step = step_of(job)
        if job.version != self._version:
            self._version, self._step, self._queue = job.version, step, queue
            name = "end" if job.state.is_final else "state"
            return event(name, msgspec.json.encode(native_view(job, base_url=self._base_url, queue=queue)), id_=step)
        events = b""
        if step != self._step:
            self._step = step
            assert job.progress is not None  # a step within a version is progress
            progress = progress_view(job, job.progress, base_url=self._base_url)
            events += event("progress", msgspec.json.encode(progress), id_=step)
        if queue is not None and queue != self._queue:
            self._queue = queue
            place = {"position": queue.position, "etaSeconds": queue.eta_s}
            events += event("queue", msgspec.json.encode(place))
        return events
