"""Hands out finished videos and last frames at `/open-api-results/`, and previews while a video is made.

A request id is itself the capability to its result; with the setting `results=key` a key of its account is needed as
well. Bytes are never changed once a job has succeeded, so a strong ETag holds for as long as they exist. A preview does
change, until its job ends: nobody may keep it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import structlog
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seedbed.api.auth import principal
from seedbed.api.dialect import dialect_app
from seedbed.api.job_ids import is_job_id
from seedbed.api.native.errors import answer
from seedbed.api.ranges import Span, Version, is_unchanged, requested_span
from seedbed.api.redirects import send_on
from seedbed.api.service import Service
from seedbed.api.streaming import BlobResponse
from seedbed.core import keys
from seedbed.core.errors import Gone, NotFound
from seedbed.core.job import Job, State, preview_key
from seedbed.settings import ResultAccess, ResultUrls
from seedbed.store import jobs
from seedbed.store.keys import Principal

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Length, Content-Range, ETag, X-Request-Id",
}
# Any page may show a result, and a browser that opens one by itself makes a page around it.
EMBEDDED = {
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'",
}
PREFLIGHT = CORS | {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, If-Match, If-None-Match, If-Range, Range",
    "Access-Control-Max-Age": "86400",
    "Allow": "GET, HEAD, OPTIONS",
}
NOTHING_HERE = "There is no result at this URL."


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One of the files of a finished job."""

    key: str
    etag: str
    media_type: str
    name: str


def results_app(service: Service) -> ASGIApp:
    methods = ["GET", "OPTIONS"]
    routes = [
        Route("/{job_id}-last.png", partial(_last_frame, service), methods=methods),
        Route("/{job_id}-preview.jpg", partial(_preview, service), methods=methods),
        Route("/{job_id}.mp4", partial(_video, service), methods=methods),
    ]
    app: Starlette = dialect_app(routes, answer=answer)
    return _OpenToBrowsers(app)


async def _video(service: Service, request: Request) -> Response:
    return await _file(service, request, video_of)


async def _last_frame(service: Service, request: Request) -> Response:
    return await _file(service, request, _last_frame_of)


async def _preview(service: Service, request: Request) -> Response:
    """Send the newest preview of a job in progress. It changes while it is made, so nobody may keep it."""
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=PREFLIGHT)
    job = await _find(service, request)
    if job.state is not State.PROCESSING or not job.has_preview:
        raise NotFound(NOTHING_HERE)
    try:
        picture = await service.blobs.read(preview_key(job))
    except NotFound as exc:
        raise NotFound(NOTHING_HERE) from exc
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(picture, media_type="image/jpeg", headers=headers)


async def _file(service: Service, request: Request, choose: Callable[[Job], StoredFile | None]) -> Response:
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=PREFLIGHT)
    job = await _find(service, request)
    file = choose(job) if job.state is State.SUCCEEDED else None
    if file is None:
        raise NotFound(NOTHING_HERE)
    if service.settings.result_urls is ResultUrls.PRESIGN:
        return await send_on(service, request, key=file.key, etag=file.etag)
    return await send_file(service, request, file, is_private=service.settings.results is ResultAccess.KEY)


async def send_file(service: Service, request: Request, file: StoredFile, *, is_private: bool) -> Response:
    """Send a stored file, or the part or the 304 that the request asks for. `is_private`: for no shared cache.

    Raises Gone and RangeNotSatisfiable.
    """
    try:
        info = await service.blobs.head(file.key)
    except NotFound as exc:
        raise Gone("This result is past its retention and was deleted.") from exc
    version = Version(file.etag, info.modified_at)
    headers = _headers(file, version, is_private=is_private)
    if is_unchanged(request.headers, version):
        return Response(status_code=304, headers=headers)
    span = None
    if request.method == "GET":
        span = requested_span(request.headers, size_bytes=info.size_bytes, version=version)
    if span is None:
        whole = Span(0, info.size_bytes)
        return BlobResponse(service.blobs, file.key, whole, status=200, headers=headers)
    content_range = {"Content-Range": f"bytes {span.start}-{span.end - 1}/{info.size_bytes}"}
    return BlobResponse(service.blobs, file.key, span, status=206, headers=headers | content_range)


async def _find(service: Service, request: Request) -> Job:
    job_id = request.path_params["job_id"]
    who = await _owner(service, request) if service.settings.results is ResultAccess.KEY else None
    if not is_job_id(job_id):
        raise NotFound(NOTHING_HERE)
    structlog.contextvars.bind_contextvars(job_id=job_id)
    async with service.connection() as conn:
        if who is None:
            job = await jobs.find(conn, job_id)
        else:
            job = await jobs.get(conn, who.account_id, job_id, is_live=who.is_live)
    if job is None:
        raise NotFound(NOTHING_HERE)
    return job


async def _owner(service: Service, request: Request) -> Principal:
    # Not counted: players load a video in many ranges, and bytes are for the proxy in front to limit.
    return await principal(service, request, scope=keys.Scope.READ, is_counted=False)


def video_of(job: Job) -> StoredFile | None:
    """Return where a job's video is, or None."""
    if job.output is None:
        return None
    return StoredFile(job.output.key, f'"{job.output.sha256}"', "video/mp4", f"{job.id}.mp4")


def _last_frame_of(job: Job) -> StoredFile | None:
    if job.output is None or job.output.last_frame_key is None:
        return None
    etag = f'"{job.output.sha256}-last"'
    return StoredFile(job.output.last_frame_key, etag, "image/png", f"{job.id}-last.png")


def _headers(file: StoredFile, version: Version, *, is_private: bool) -> dict[str, str]:
    kept_by = "private" if is_private else "public"
    return {
        "Content-Type": file.media_type,
        "Content-Disposition": f'inline; filename="{file.name}"',
        "Cache-Control": f"{kept_by}, max-age=3600, immutable",
        "ETag": version.etag,
        "Last-Modified": version.last_modified,
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
    }


class _OpenToBrowsers:
    """Lets any page's script read results, refusals too: a capability URL needs no other fence."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def opened(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(CORS | EMBEDDED)
            await send(message)

        await self._app(scope, receive, opened)
