"""`POST /uploads`: one file of a form becomes an `asset://` URL. Source: CONTRACT 1.7."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from seedbed.api.auth import principal
from seedbed.api.forms import FILE_FIELD, receive_file
from seedbed.api.keeping import examine, keep
from seedbed.api.native.answers import json_response
from seedbed.api.native.wire import Uploaded
from seedbed.api.service import Service
from seedbed.core.errors import InvalidRequest, Refusal, UnsupportedMediaType
from seedbed.core.faults import Fault, MediaFault
from seedbed.core.urls import ASSET_SCHEME


async def upload(service: Service, request: Request) -> Response:
    who = await principal(service, request)
    limit_bytes = service.settings.max_data_body_bytes
    folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="seedbed-upload-")
    try:
        received = await receive_file(request, Path(folder.name) / "upload", limit_bytes=limit_bytes)
        try:
            probe = await examine(service, received.path, size_bytes=received.size_bytes)
        except MediaFault as fault:
            raise refusal_of(fault) from fault
        asset = await keep(service, who, received.path, probe, sha256=received.sha256)
    finally:
        await asyncio.to_thread(folder.cleanup)
    return json_response(
        Uploaded(
            url=ASSET_SCHEME + asset.id,
            kind=probe.kind.value,
            format=probe.format.value,
            size_bytes=probe.size_bytes,
            expires_at=asset.expires_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        )
    )


def refusal_of(fault: MediaFault) -> Refusal:
    """Return a fault of the uploaded file as the answer to its request."""
    if fault.fault is Fault.UNSUPPORTED:
        return UnsupportedMediaType(f"{FILE_FIELD}: {fault.reason}")
    return InvalidRequest(f"{FILE_FIELD}: {fault.reason}", param=FILE_FIELD)
