"""`GET /video/generations/{id}/references/{position}`: a small picture of a reference, as long as its bytes are here.

It is made anew for whoever has none yet and kept nowhere: so nothing of a reference outlives it. What is shown is an
upload, or what the worker kept of a URL; a file that is only elsewhere is not fetched for this.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from seedbed.api.auth import principal
from seedbed.api.native.own_jobs import job_id_of, own_job
from seedbed.api.ranges import matches
from seedbed.api.service import Service
from seedbed.core.errors import NotFound
from seedbed.core.faults import MediaFault
from seedbed.core.job import Job
from seedbed.core.keys import Scope
from seedbed.core.references import Kind
from seedbed.core.urls import ASSET_SCHEME
from seedbed.media.sandbox import poster_in_child
from seedbed.store import assets, kept_references
from seedbed.store.assets import Asset
from seedbed.store.keys import Principal

KEPT = "private, max-age=3600"
_POSITION = re.compile(r"[0-9]{1,2}")


async def show_reference(service: Service, request: Request) -> Response:
    """Send a JPEG of at most 480 pixels. Raises NotFound for a sound, and for what is not here any more."""
    # Not counted: they are parts of one page, and bytes are for the proxy in front to limit.
    who = await principal(service, request, scope=Scope.READ, is_counted=False)
    job = await own_job(service, who, job_id_of(request))
    asset = await _asset_of(service, who, job, request.path_params["position"])
    headers = {"ETag": f'"{asset.sha256}-small"', "Cache-Control": KEPT, "X-Content-Type-Options": "nosniff"}
    known = request.headers.get("if-none-match")
    if known is not None and matches(known, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(await _picture_of(service, asset), media_type="image/jpeg", headers=headers)


async def _asset_of(service: Service, who: Principal, job: Job, said: str) -> Asset:
    position = int(said) if _POSITION.fullmatch(said) else len(job.request.references)
    if position >= len(job.request.references):
        raise _nothing_there()
    url = job.request.references[position].url
    async with service.connection() as conn:
        if url.startswith(ASSET_SCHEME):
            asset = await assets.get(conn, who.account_id, url.removeprefix(ASSET_SCHEME), is_live=who.is_live)
        else:
            asset = (await kept_references.of_job(conn, job.id)).get(position)
    if asset is None or asset.kind is Kind.AUDIO:
        raise _nothing_there()
    return asset


async def _picture_of(service: Service, asset: Asset) -> bytes:
    folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="seedbed-reference-")
    try:
        path = Path(folder.name) / "reference"
        async with service.probes:
            await service.blobs.copy_to(asset.blob_key, path)
            return await poster_in_child(path)
    except (NotFound, MediaFault) as exc:
        raise _nothing_there() from exc
    finally:
        await asyncio.to_thread(folder.cleanup)


def _nothing_there() -> NotFound:
    return NotFound("There is no picture of this reference, or not any more.")
