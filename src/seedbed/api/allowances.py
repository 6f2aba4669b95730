"""Keeps keys within their quotas, and says on every keyed answer what is left of them.

The fields follow the IETF's draft (draft-ietf-httpapi-ratelimit-headers), refusals included: what a key has is known
when it is let in, and written when its answer begins, whichever dialect answers. `t` is the time until the whole quota
is there again, and in a refusal the same as `Retry-After`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seedbed.api.service import Service
from seedbed.core.errors import QueueFull, RateLimited, Refusal, TooLarge
from seedbed.core.rate_limits import SECOND, Allowance, Policy, Quota
from seedbed.store import rates
from seedbed.store.keys import Admission, Principal


@dataclass(frozen=True, slots=True)
class Shown:
    """One policy as the fields tell it. A count, such as that of waiting jobs, has no window and no reset."""

    limit: int
    remaining: int
    window_s: int | None = None
    reset_s: int | None = None

    def policy(self, name: str) -> str:
        return f'"{name}";q={self.limit}' + (f";w={self.window_s}" if self.window_s else "")

    def state(self, name: str) -> str:
        return f'"{name}";r={self.remaining}' + (f";t={self.reset_s}" if self.reset_s is not None else "")


# What is known of the key whose request this task handles.
_noted: ContextVar[dict[str, Shown]] = ContextVar("noted allowances")


class AllowanceFields:
    """Pure ASGI middleware around all dialects: writes the fields of what was noted while the request was handled."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        noted: dict[str, Shown] = {}
        _noted.set(noted)

        async def with_fields(message: Message) -> None:
            if message["type"] == "http.response.start" and noted:
                headers = MutableHeaders(scope=message)
                headers["RateLimit-Policy"] = ", ".join(shown.policy(name) for name, shown in noted.items())
                headers["RateLimit"] = ", ".join(shown.state(name) for name, shown in noted.items())
            await send(message)

        await self._app(scope, receive, with_fields)


def admit(service: Service, admission: Admission) -> None:
    """Note what the key has left. Raises RateLimited if this request was one too many."""
    own, limit = admission.principal.limits, service.settings.queue_limit_jobs
    free = limit - admission.queued_jobs
    if own.queued_jobs is not None:
        limit, free = min(limit, own.queued_jobs), min(free, own.queued_jobs - admission.key_queued_jobs)
    if admission.requests is not None:
        _note(admission.requests)
        _noted.get()[Policy.QUEUE] = Shown(limit, max(0, free))
        if admission.requests.was_refused:
            raise admission.requests.refusal()


async def spend(service: Service, who: Principal, quota: Quota, units: int = 1) -> None:
    """Take so many units of the key's quota. Raises RateLimited, or TooLarge for more bytes than the quota ever has."""
    if units > quota.limit:
        raise TooLarge("What this key may upload in a day", limit_bytes=quota.limit)
    async with service.connection() as conn:
        allowance = await rates.take(conn, who.key_id, quota, units=units)
    _note(allowance)
    if allowance.was_refused:
        raise allowance.refusal(units)


@asynccontextmanager
async def paid_upload(service: Service, request: Request, who: Principal) -> AsyncIterator[Callable[[int], None]]:
    """Take an upload's bytes before any of them is read; one that does not say its length costs the most there is.

    Call what is given with the bytes that came, so that what was taken too much goes back at the end of the block.
    """
    quota = service.rate_limits.uploads(who.limits)
    most_bytes = service.settings.max_data_body_bytes
    told = request.headers.get("content-length", "")
    paid_bytes = min(int(told), most_bytes) if told.isdecimal() else min(most_bytes, quota.limit)
    spent_bytes = paid_bytes
    await spend(service, who, quota, paid_bytes)

    def came(size_bytes: int) -> None:
        nonlocal spent_bytes
        spent_bytes = size_bytes

    yield came
    if spent_bytes < paid_bytes:
        async with service.connection() as conn:
            await rates.give_back(conn, who.key_id, quota, units=paid_bytes - spent_bytes)


def note_queued() -> None:
    """Note that the request put one more job into the queue."""
    noted = _noted.get()
    if queue := noted.get(Policy.QUEUE):
        noted[Policy.QUEUE] = replace(queue, remaining=max(0, queue.remaining - 1))


def note_refusal(refusal: Refusal) -> None:
    """Note that a quota is spent, if that is why the request was refused."""
    noted = _noted.get()
    match refusal:
        case RateLimited() if refusal.policy in noted:
            noted[refusal.policy] = replace(noted[refusal.policy], remaining=0, reset_s=refusal.retry_after_s)
        case QueueFull():
            noted[Policy.QUEUE] = Shown(refusal.limit_jobs, 0, reset_s=refusal.retry_after_s)


def _note(allowance: Allowance) -> None:
    quota = allowance.quota
    shown = Shown(quota.limit, allowance.remaining, quota.window // SECOND, allowance.full_after_s)
    _noted.get()[quota.policy] = shown
