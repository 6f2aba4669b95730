"""Videos, step by step: create, look, wait, cancel. Every create has an Idempotency-Key: sent twice, it costs once."""

from __future__ import annotations

import hashlib
import mimetypes
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Required, TypedDict, Unpack
from urllib.parse import quote

from seedbed_client.account import upload
from seedbed_client.errors import GenerationCancelled, WaitTimedOut, failure_class
from seedbed_client.exchange import ROOT, Call, Emit, Now, Pause, Service, Steps, Stream, retry_after_s
from seedbed_client.shapes import camel
from seedbed_client.values import Estimate, Generation, Page, Reference, Status

GENERATIONS = f"{ROOT}/video/generations"
PATIENCE_S = 3600.0
LONGEST_HOLD_S = 30
LOOK_AGAIN_S = 2.0

Medium = str | Path | Reference


class Changes(TypedDict, total=False):
    """The contract's fields; None is the same as leaving one out. `duration` and `expires_after` are seconds.

    `media` are URLs, local files (as Path; they are uploaded first) or References, which have a role.
    """

    prompt: str
    model: str
    media: Sequence[Medium] | None
    references: Sequence[Reference] | None
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


class Order(Changes, total=False):
    prompt: Required[str]  # type: ignore[misc]  # narrower than in what it extends


def create(service: Service, *, idempotency_key: str | None = None, **order: Unpack[Order]) -> Steps[Generation]:
    """Ask for a video. The same `idempotency_key` with the same order and files is the same generation, paid once.

    The model is seedance-2.0 unless you say another. Raises ApiError, ConnectionFailed.
    """
    key = idempotency_key or str(uuid.uuid4())
    body = {"model": "seedance-2.0"} | (yield from _body(service, order, key))
    answer = yield from service.ask_json(Call(method="POST", path=GENERATIONS, body=body, key=key))
    return service.shown(Generation, body | answer)


def estimate(service: Service, **order: Unpack[Order]) -> Steps[Estimate]:
    """Check and price an order, without a job. Local files are not uploaded: their kind alone has a price."""
    body = {"model": "seedance-2.0"} | (yield from _body(service, order, None))
    call = Call(method="POST", path=f"{ROOT}/video/estimate", body=body, is_repeatable=True)
    return (yield from service.ask(call, Estimate))


def rerun(
    service: Service, request_id: str, *, idempotency_key: str | None = None, **changes: Unpack[Changes]
) -> Steps[Generation]:
    """Ask for the same again, with changes: another seed, a larger resolution."""
    key = idempotency_key or str(uuid.uuid4())
    body = yield from _body(service, changes, key)
    return (
        yield from service.ask(Call(method="POST", path=path_of(request_id, "/rerun"), body=body, key=key), Generation)
    )


def get(service: Service, request_id: str) -> Steps[Generation]:
    return (yield from service.ask(Call(path=path_of(request_id)), Generation))


def cancel(service: Service, request_id: str) -> Steps[Generation]:
    """Stop a job that is not final. Idempotent. Raises NotCancellable if it has succeeded or failed."""
    call = Call(method="POST", path=path_of(request_id, "/cancel"), is_repeatable=True)
    return (yield from service.ask(call, Generation))


def page(
    service: Service,
    *,
    limit: int | None = None,
    cursor: str | None = None,
    status: str | Sequence[str] | None = None,
    model: str | None = None,
) -> Steps[Page[Generation]]:
    """List generations, the newest first."""
    wanted = {"limit": limit, "cursor": cursor, "status": status, "model": model}
    call = Call(path=GENERATIONS, params={name: value for name, value in wanted.items() if value is not None})
    return (yield from service.ask_page(call, Generation))


def every(
    service: Service, *, status: str | Sequence[str] | None = None, model: str | None = None
) -> Stream[Generation]:
    """Yield all generations, the newest first, page by page."""
    cursor = None
    while True:
        found = yield from page(service, limit=100, cursor=cursor, status=status, model=model)
        for generation in found:
            yield Emit(generation)
        cursor = found.cursor
        if cursor is None:
            return


def wait(
    service: Service,
    request_id: str,
    *,
    timeout_s: float = PATIENCE_S,
    poll_s: float | None = None,
    tell: Callable[[Generation], object] | None = None,
) -> Steps[Generation]:
    """Return the generation once it has succeeded. `tell` is called with every look at it, the last included.

    Without `poll_s` the service is asked to hold its answer; one that cannot is asked again when it says.
    Raises GenerationFailed, GenerationCancelled and WaitTimedOut.
    """
    started_s: float = yield Now()
    hold_s, before = 0, None
    while True:
        asked_s: float = yield Now()
        params = {"wait": hold_s} if hold_s else {}
        answer = yield from service.exchange(Call(path=path_of(request_id), params=params, hold_s=hold_s))
        generation = service.shown(Generation, answer.json() or {})
        if tell:
            tell(generation)
        if generation.status.is_final:
            return succeeded(generation)
        now_s: float = yield Now()
        left_s = started_s + timeout_s - now_s
        if left_s <= 0:
            raise WaitTimedOut(request_id, waited_s=now_s - started_s)
        was_held = generation.status is not before or now_s - asked_s >= hold_s / 2
        if poll_s is not None:
            yield Pause(min(poll_s, left_s))
        elif left_s < 1 or not was_held:
            yield Pause(min(left_s, retry_after_s(answer.headers) or LOOK_AGAIN_S))
        hold_s = 0 if poll_s is not None else min(LONGEST_HOLD_S, int(left_s))
        before = generation.status


def succeeded(generation: Generation) -> Generation:
    """Return a final generation. Raises GenerationFailed or GenerationCancelled if it has no video."""
    if generation.status is Status.CANCELLED:
        raise GenerationCancelled(generation.request_id)
    if generation.status is Status.FAILED:
        error = generation.error
        code, message = (error.code, error.message) if error else ("failed", "the service does not say why")
        raise failure_class(code)(generation.request_id, code=code, message=message)
    return generation


def path_of(request_id: str, below: str = "") -> str:
    return f"{GENERATIONS}/{quote(request_id, safe='')}{below}"


def _body(service: Service, order: Mapping[str, Any], key: str | None) -> Steps[dict[str, Any]]:
    """Return the body of an order, after its local files are uploaded, or with their kinds alone if there is no key."""
    unknown = set(order) - set(Order.__annotations__) - set(Changes.__annotations__)
    if unknown:
        raise TypeError(f"unexpected {', '.join(sorted(unknown))}; known are {', '.join(Changes.__annotations__)}")
    given = {name: value for name, value in order.items() if value is not None}
    media = [one if isinstance(one, Reference) else Reference(one) for one in given.pop("media", ())]
    references = [*media, *given.pop("references", ())]
    body = {camel(name): value for name, value in given.items()}
    urls = []
    for number, reference in enumerate(references):
        urls.append((yield from _url(service, reference.source, f"{key}.{number}" if key else None)))
    if any(reference.role for reference in references):
        roles = [{"role": one.role} if one.role else {} for one in references]
        return body | {"references": [{"url": url} | role for url, role in zip(urls, roles, strict=True)]}
    return body | ({"mediaUrls": urls} if urls else {})


def _url(service: Service, source: str | Path, key: str | None) -> Steps[str]:
    if isinstance(source, str):
        return source
    if key is None:
        return f"data:{mimetypes.guess_type(source.name)[0] or 'image/png'};base64,AAAA"
    # The key is the order's own, hashed to a length that every service takes: an order sent again names the same file.
    asset = yield from upload(service, source, idempotency_key=hashlib.sha256(key.encode()).hexdigest())
    return asset.url
