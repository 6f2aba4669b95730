"""Pools of workers: list them, hold their jobs back, let them go again."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from seedbed.actions.pause_pool import pause_pool, resume_pool
from seedbed.api.admin.gate import body_object, fields_of, no_fields, operator
from seedbed.api.admin.pool_views import check_pool, known_pools, pool_views
from seedbed.api.admin.pool_wire import PausingBody, PoolAnswer, PoolList
from seedbed.api.native.answers import json_response
from seedbed.api.service import Service
from seedbed.store.database import Connection

PATH = "/pools"


def pool_routes(service: Service) -> list[Route]:
    one = PATH + "/{pool}"
    return [
        Route(PATH, partial(list_pools, service)),
        Route(one, partial(show, service)),
        Route(one + "/pause", partial(pause, service), methods=["POST"]),
        Route(one + "/resume", partial(resume, service), methods=["POST"]),
    ]


async def list_pools(service: Service, request: Request) -> Response:
    await operator(service, request)
    async with service.connection() as conn:
        pools = await known_pools(conn, service.deployment)
        return json_response(PoolList(data=await pool_views(conn, service.deployment, pools)))


async def show(service: Service, request: Request) -> Response:
    await operator(service, request)
    async with service.connection() as conn:
        return await _answer(conn, service, request)


async def pause(service: Service, request: Request) -> Response:
    """Hold the pool's jobs back, from the commit on. Idempotent: the first moment stays, the reason is the new one."""
    caller = await operator(service, request)
    async with body_object(service, request, caller) as said:
        body = fields_of(said, PausingBody)
    async with service.connection() as conn:
        await check_pool(conn, service.deployment, _name(request))
        await pause_pool(conn, _name(request), reason=body.reason, by=caller.by)
        return await _answer(conn, service, request)


async def resume(service: Service, request: Request) -> Response:
    """Let the pool's jobs go again. Idempotent."""
    caller = await operator(service, request)
    await no_fields(service, request, caller)
    async with service.connection() as conn:
        await check_pool(conn, service.deployment, _name(request))
        await resume_pool(conn, _name(request), by=caller.by)
        return await _answer(conn, service, request)


async def _answer(conn: Connection, service: Service, request: Request) -> Response:
    await check_pool(conn, service.deployment, _name(request))
    [view] = await pool_views(conn, service.deployment, [_name(request)])
    return json_response(PoolAnswer(pool=view))


def _name(request: Request) -> str:
    return str(request.path_params["pool"])
