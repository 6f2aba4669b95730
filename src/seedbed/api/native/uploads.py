"""`POST /uploads`: one file of a form becomes an `asset://` URL. Source: CONTRACT 1.7."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from seedbed.actions.answer_once import Answered, answer_once
from seedbed.api.allowances import paid_upload
from seedbed.api.auth import orderer
from seedbed.api.forms import FILE_FIELD, ReceivedFile, receive_file
from seedbed.api.idempotency import REPLAYED, claim_of, idempotency_key, in_flight, known_answer
from seedbed.api.keeping import drop, examine, put
from seedbed.api.native.answers import raw_json
from seedbed.api.native.wire import Uploaded
from seedbed.api.service import Service
from seedbed.core.errors import (
    IdempotencyInFlight,
    IdempotencyMismatch,
    InvalidRequest,
    Refusal,
    UnsupportedMediaType,
)
from seedbed.core.faults import Fault, MediaFault
from seedbed.core.urls import ASSET_SCHEME
from seedbed.store import assets
from seedbed.store.assets import Asset
from seedbed.store.idempotency import IdempotencyClaim, StoredAnswer
from seedbed.store.keys import Principal


async def upload(service: Service, request: Request) -> Response:
    """Take a file. With an Idempotency-Key it is looked into and stored once, and has one asset."""
    who = await orderer(service, request)
    idempotency_key(request)  # one that cannot be used is refused before the body is read
    folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="seedbed-upload-")
    try:
        async with service.intake.arriving(who.account_id), paid_upload(service, request, who) as came:
            received = await receive_file(
                request,
                Path(folder.name) / "upload",
                limit_bytes=service.settings.max_data_body_bytes,
                timeout_s=service.settings.body_timeout_s,
            )
            came(received.size_bytes)
            answered = await _taken_once(service, who, received, claim_of(request, received.digest))
    finally:
        await asyncio.to_thread(folder.cleanup)
    return raw_json(answered.body, headers=REPLAYED if answered.is_replay else {})


async def _taken_once(
    service: Service, who: Principal, received: ReceivedFile, claim: IdempotencyClaim | None
) -> Answered:
    known = await known_answer(service, who, claim)
    if known is not None:
        return Answered(known.body, is_replay=True)
    async with in_flight(service, who, claim):
        known = await known_answer(service, who, claim)  # another may have landed just before this one took off
        return Answered(known.body, is_replay=True) if known else await _taken(service, who, received, claim)


async def _taken(service: Service, who: Principal, received: ReceivedFile, claim: IdempotencyClaim | None) -> Answered:
    try:
        probe = await examine(service, received.path, size_bytes=received.size_bytes)
    except MediaFault as fault:
        raise refusal_of(fault) from fault
    asset = await put(service, who, received.path, probe, sha256=received.sha256)

    async def insert() -> StoredAnswer:
        await assets.insert(conn, asset)
        return StoredAnswer(None, _answer_of(asset))

    try:
        async with service.connection() as conn:
            answered = await answer_once(conn, claim, who.account_id, is_live=who.is_live, act=insert)
    except (IdempotencyInFlight, IdempotencyMismatch):  # not Unavailable: its commit may have happened all the same
        await drop(service, [asset])
        raise
    if answered.is_replay:
        await drop(service, [asset])
    return answered


def _answer_of(asset: Asset) -> bytes:
    uploaded = Uploaded(
        url=ASSET_SCHEME + asset.id,
        kind=asset.kind.value,
        format=asset.format,
        size_bytes=asset.size_bytes,
        expires_at=asset.expires_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    )
    return msgspec.json.encode(uploaded)


def refusal_of(fault: MediaFault) -> Refusal:
    """Return a fault of the uploaded file as the answer to its request."""
    if fault.fault is Fault.UNSUPPORTED:
        return UnsupportedMediaType(f"{FILE_FIELD}: {fault.reason}")
    return InvalidRequest(f"{FILE_FIELD}: {fault.reason}", param=FILE_FIELD)
