"""Tells a supervisor whether this process lives, and whether the service can do its work.

`/healthz` asks nobody, so that a database that is down does not get every API process restarted. `/readyz` asks for
everything, workers too; `/readyz/orders` for what orders need to be taken. A balancer asks the latter: where a fleet
goes to nothing while nobody orders, no worker would ever come back if no worker meant no orders.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from seedbed.api.native.answers import json_response
from seedbed.api.service import Service
from seedbed.core.errors import SeedbedError
from seedbed.store import workers
from seedbed.store.workers import WorkerState

PART_TIMEOUT_S = 5.0
Check = Callable[[Service], Awaitable[str | None]]  # what is wrong with a part, or None


def health_routes(service: Service) -> list[Route]:
    return [
        Route("/healthz", _alive),
        Route("/readyz", partial(_ready, service, _CHECKS)),
        Route("/readyz/orders", partial(_ready, service, {name: _CHECKS[name] for name in ("database", "blobs")})),
    ]


async def _alive(_: Request) -> Response:
    return json_response({"status": "ok"})


async def _ready(service: Service, checks: Mapping[str, Check], _: Request) -> Response:
    if service.stopping.is_set():
        return json_response({"status": "stopping", "parts": {}}, status=503, headers={"Retry-After": "5"})
    faults = await asyncio.gather(*(_fault(check(service)) for check in checks.values()))
    parts = {
        name: {"ok": True} if fault is None else {"ok": False, "message": fault}
        for name, fault in zip(checks, faults, strict=True)
    }
    is_ready = all(fault is None for fault in faults)
    content = {"status": "ready" if is_ready else "unavailable", "parts": parts}
    return json_response(content, status=200 if is_ready else 503, headers={} if is_ready else {"Retry-After": "5"})


async def _fault(check: Awaitable[str | None]) -> str | None:
    """Return what is wrong with one part, or None."""
    try:
        async with asyncio.timeout(PART_TIMEOUT_S):
            return await check
    except SeedbedError as exc:
        return str(exc)
    except TimeoutError:
        return f"It did not answer within {PART_TIMEOUT_S:.0f} s."


async def _check_database(service: Service) -> None:
    async with service.connection() as conn:
        await workers.alive(conn, 0)


async def _check_blobs(service: Service) -> None:
    await service.blobs.check()


async def _check_worker(service: Service) -> str | None:
    async with service.connection() as conn:
        found = await workers.alive(conn)
    if not found:
        return "No worker was heard of lately; start one with `seedbed work`."
    if all(worker.state is WorkerState.QUARANTINED for worker in found):
        return f"The engine of every worker ({len(found)}) fails its self-test; `seedbed doctor` says how."
    return None


_CHECKS: Mapping[str, Check] = {"database": _check_database, "blobs": _check_blobs, "worker": _check_worker}
