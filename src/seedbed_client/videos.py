"""Videos: ordered, looked up, cancelled. Every order has an Idempotency-Key: sent twice, it costs once."""

from __future__ import annotations

import hashlib
import mimetypes
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Required, TypedDict, Unpack

from seedbed_client.errors import GenerationCancelled, GenerationFailed, class_of
from seedbed_client.exchange import GENERATIONS, ROOT, Call, Service, Stream, path_of
from seedbed_client.files import upload
from seedbed_client.values import Credits, Estimate, Generation, Model, Page, Reference, Status, camel

States = str | Sequence[str] | None  # one of them, several, or all


class Changes(TypedDict, total=False):
    """The contract's fields; None is the same as leaving one out. `duration` and `expires_after` are seconds.

    `media` are URLs, local files (as Path; they are uploaded first) or References, which have a role.
    """

    prompt: str
    model: str
    media: Sequence[str | Path | Reference] | None
    aspect_ratio: str | None
    duration: int | None
    resolution: str | None
    seed: int | None
    generate_audio: bool | None
    return_last_frame: bool | None
    priority: int | None
    expires_after: int | None
    webhook_url: str | None
    metadata: Mapping[str, Any] | None
    engine_options: Mapping[str, Any] | None


class Order(Changes, total=False):
    prompt: Required[str]  # type: ignore[misc]  # narrower than in what it extends


async def create(service: Service, *, idempotency_key: str | None = None, **order: Unpack[Order]) -> Generation:
    """Ask for a video. The same `idempotency_key` with the same order and files is the same generation, paid once.

    The model is seedance-2.0 unless you say another. Raises ApiError, ConnectionFailed.
    """
    key = idempotency_key or str(uuid.uuid4())
    body = {"model": "seedance-2.0"} | await _body(service, order, key)
    answer = await service.ask_json(Call(method="POST", path=GENERATIONS, body=body, key=key))
    return service.shown(Generation, body | answer)


async def estimate(service: Service, **order: Unpack[Order]) -> Estimate:
    """Check and price an order, without a job. Local files are not uploaded: their kind alone has a price."""
    body = {"model": "seedance-2.0"} | await _body(service, order, None)
    call = Call(method="POST", path=f"{ROOT}/video/estimate", body=body, is_repeatable=True)
    return await service.ask(call, Estimate)


async def rerun(
    service: Service, request_id: str, *, idempotency_key: str | None = None, **changes: Unpack[Changes]
) -> Generation:
    """Ask for the same again, with changes: another seed, a larger resolution."""
    key = idempotency_key or str(uuid.uuid4())
    body = await _body(service, changes, key)
    return await service.ask(Call(method="POST", path=path_of(request_id, "/rerun"), body=body, key=key), Generation)


async def get(service: Service, request_id: str) -> Generation:
    return await service.ask(Call(path=path_of(request_id)), Generation)


async def cancel(service: Service, request_id: str) -> Generation:
    """Stop a job that is not final. Idempotent. Raises NotCancellable if it has succeeded or failed."""
    return await service.ask(Call(method="POST", path=path_of(request_id, "/cancel"), is_repeatable=True), Generation)


async def page(
    service: Service, *, limit: int = 20, cursor: str | None = None, status: States = None, model: str | None = None
) -> Page[Generation]:
    """List generations, the newest first."""
    wanted = {"limit": limit, "cursor": cursor, "status": status, "model": model}
    return await service.ask_page(Call(path=GENERATIONS, params=wanted), Generation)


async def every(service: Service, *, status: States = None, model: str | None = None) -> Stream[Generation]:
    """Yield all generations, the newest first, page by page."""
    cursor: str | None = ""
    while cursor is not None:
        found = await page(service, limit=100, cursor=cursor or None, status=status, model=model)
        for generation in found:
            yield generation
        cursor = found.cursor


def succeeded(generation: Generation) -> Generation:
    """Return a final generation. Raises GenerationFailed or GenerationCancelled if it has no video."""
    if generation.status is Status.CANCELLED:
        raise GenerationCancelled(generation.request_id)
    if generation.status is Status.FAILED:
        error = generation.error
        code, message = (error.code, error.message) if error else ("failed", "the service does not say why")
        raise class_of(GenerationFailed, code)(generation.request_id, code=code, message=message)
    return generation


async def credit_balance(service: Service) -> Credits:
    return await service.ask(Call(path=f"{ROOT}/credits"), Credits)


async def list_models(service: Service) -> tuple[Model, ...]:
    """Return the catalogue, for which no key is needed."""
    body = await service.ask_json(Call(path=f"{ROOT}/models"))
    return tuple(service.shown(Model, {**item, "data": item}) for item in body.get("data") or ())


async def _body(service: Service, order: Mapping[str, Any], key: str | None) -> dict[str, Any]:
    """Return the body of an order, after its local files are uploaded, or with their kinds alone if there is no key."""
    unknown = set(order) - set(Order.__annotations__)
    if unknown:
        raise TypeError(f"unexpected {', '.join(sorted(unknown))}; known are {', '.join(Order.__annotations__)}")
    given = {name: value for name, value in order.items() if value is not None}
    references = [one if isinstance(one, Reference) else Reference(one) for one in given.pop("media", ())]
    body = {camel(name): value for name, value in given.items()}
    urls = [await _url(service, one.source, f"{key}.{n}" if key else None) for n, one in enumerate(references)]
    if any(one.role for one in references):
        pairs = zip(urls, references, strict=True)
        return body | {"references": [{"url": url} | ({"role": one.role} if one.role else {}) for url, one in pairs]}
    return body | ({"mediaUrls": urls} if urls else {})


async def _url(service: Service, source: str | Path, key: str | None) -> str:
    if isinstance(source, str):
        return source
    if key is None:
        return f"data:{mimetypes.guess_type(source.name)[0] or 'image/png'};base64,AAAA"
    # The key is the order's own, hashed to a length that every service takes: an order sent again names the same file.
    return (await upload(service, source, idempotency_key=hashlib.sha256(key.encode()).hexdigest())).url
