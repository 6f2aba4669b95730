"""Creates a video from a multipart form: the way of the official client, with or without a file. Source: CONTRACT 3.

A form is streamed to the disk, and its file becomes an asset only when everything else of the request is right. What no
job came to use is deleted again.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.requests import Request

from seedbed.api.allowances import paid_upload, spend
from seedbed.api.arrival import declared_bytes
from seedbed.api.forms import ReceivedFile, ReceivedForm, receive_form
from seedbed.api.idempotency import claim_of, in_flight, known_answer
from seedbed.api.json_body import parse_object
from seedbed.api.keeping import drop, examine, put
from seedbed.api.openai.drafts import draft_of
from seedbed.api.openai.errors import UNKNOWN
from seedbed.api.ordering import Dialect, Ordered, judged, order_job
from seedbed.api.service import Service
from seedbed.core.errors import InvalidJson, InvalidRequest
from seedbed.core.faults import MediaFault
from seedbed.core.openai_offer import REFERENCE
from seedbed.core.request import Draft, DraftReference
from seedbed.core.urls import ASSET_SCHEME
from seedbed.store import assets
from seedbed.store.assets import Asset
from seedbed.store.idempotency import IdempotencyClaim
from seedbed.store.keys import Principal

FORM_TYPE = "multipart/form-data"
# A smaller form takes no place among the large ones: the official client sends a form whether there is a file or not.
SMALL_BYTES = 256 * 1024
_MEMBER = re.compile(rf"({REFERENCE})\[([a-z_]{{1,40}})\]")
_WHOLE = re.compile(r"-?[0-9]{1,12}", re.ASCII)
_TRUTHS = {"true": True, "false": False}


def is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM_TYPE


async def order_from_form(service: Service, request: Request, who: Principal, dialect: Dialect) -> Ordered:
    """Create the job that a form asks for. Raises what `receive_form` and `order_job` raise."""
    rules = service.settings
    folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="seedbed-form-")
    try:
        async with _place(service, request, who) as pay:
            form = await receive_form(
                request,
                Path(folder.name) / REFERENCE,
                what="A form",
                file_field=REFERENCE,
                limit_bytes=rules.max_data_body_bytes,
                timeout_s=rules.body_timeout_s,
            )
            await pay(form.file.size_bytes if form.file else 0)
            async with service.intake.parsed() if form.text_bytes > SMALL_BYTES else nullcontext():
                return await _ordered(service, request, who, dialect, form)
    finally:
        await asyncio.to_thread(folder.cleanup)


@asynccontextmanager
async def _place(service: Service, request: Request, who: Principal) -> AsyncIterator[Callable[[int], Awaitable[None]]]:
    """Hold a place for the form. What is given takes the bytes of its file, once they are known, from the quota."""
    if 0 < declared_bytes(request) <= SMALL_BYTES:

        async def pay(size_bytes: int) -> None:
            if size_bytes:
                await spend(service, who, service.rate_limits.uploads(who.limits), size_bytes)

        yield pay
        return
    async with service.intake.arriving(who.account_id), paid_upload(service, request, who) as came:

        async def settle(size_bytes: int) -> None:
            came(size_bytes)

        yield settle


async def _ordered(service: Service, request: Request, who: Principal, dialect: Dialect, form: ReceivedForm) -> Ordered:
    texts = await asyncio.to_thread(form.read_texts, limit_bytes=service.settings.max_body_bytes)
    body = body_of(texts)
    claim = claim_of(request, form.digest)
    offer = service.offer(dialect.name)
    if form.file is None:
        return await order_job(service, who, dialect, draft_of(body, offer=offer), claim)
    if form.file.field != REFERENCE:
        raise InvalidRequest(f"{UNKNOWN}'{form.file.field[:80]}'.", param=form.file.field[:80])
    if REFERENCE in body:
        raise _twice(REFERENCE)
    return await _ordered_with_file(service, who, dialect, draft_of(body, offer=offer), form.file, claim)


def body_of(texts: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return a form's text fields as the JSON body that says the same. Raises InvalidRequest."""
    body: dict[str, Any] = {}
    for name, text in texts:
        found = _MEMBER.fullmatch(name)
        into = body.setdefault(found[1], {}) if found else body
        member = found[2] if found else name
        if not isinstance(into, dict) or member in into:
            raise _twice(name)
        into[member] = _READ[name](name, text) if name in _READ else text
    return body


def _object(name: str, text: str) -> dict[str, Any]:
    try:
        return parse_object(text.encode())
    except (InvalidJson, InvalidRequest) as exc:
        raise InvalidRequest(f'{name} must be a JSON object in a form, such as {{"steps": 30}}.', param=name) from exc


def _whole(name: str, text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise InvalidRequest(f"{name} must be an integer; got '{text[:40]}'.", param=name)
    return int(text)


def _truth(name: str, text: str) -> bool:
    if text.lower() not in _TRUTHS:
        raise InvalidRequest(f"{name} must be true or false; got '{text[:40]}'.", param=name)
    return _TRUTHS[text.lower()]


_READ: dict[str, Callable[[str, str], Any]] = {
    "seed": _whole,
    "generate_audio": _truth,
    "return_last_frame": _truth,
    "engine_options": _object,
}


async def _ordered_with_file(
    service: Service,
    who: Principal,
    dialect: Dialect,
    draft: Draft,
    file: ReceivedFile,
    claim: IdempotencyClaim | None,
) -> Ordered:
    known = await known_answer(service, who, claim)
    if known is not None:
        return Ordered(known, is_replay=True)
    async with in_flight(service, who, claim):
        await judged(
            service, who, service.offer(dialect.name), draft
        )  # so that nothing is stored for a request that is refused
        asset = await _kept(service, who, file)
        try:
            reference = DraftReference(ASSET_SCHEME + asset.id, name=REFERENCE)
            return await order_job(service, who, dialect, replace(draft, references=(reference,)), claim)
        finally:
            await drop(service, [asset])


async def _kept(service: Service, who: Principal, file: ReceivedFile) -> Asset:
    try:
        probe = await examine(service, file.path, size_bytes=file.size_bytes)
    except MediaFault as fault:
        raise InvalidRequest(f"{REFERENCE}: {fault.reason}.", param=REFERENCE) from fault
    asset = await put(service, who, file.path, probe, sha256=file.sha256)
    async with service.connection() as conn:
        await assets.insert(conn, asset)
    return asset


def _twice(name: str) -> InvalidRequest:
    return InvalidRequest(f"{name[:80]} stands twice in the form; send it once.", param=name[:80])
