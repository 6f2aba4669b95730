"""Maintenance: take no new orders for a while, in words that customers read."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from seedbed.actions.maintain import begin_maintenance, end_maintenance
from seedbed.api.admin.gate import body_object, fields_of, no_fields, operator
from seedbed.api.described import says
from seedbed.api.native.answers import json_response
from seedbed.api.native.moments import parse_moment, shown, shown_or_null
from seedbed.api.native.wire import Wire
from seedbed.api.service import Service
from seedbed.core.lines import MAX_NOTE_CHARACTERS
from seedbed.store import operations
from seedbed.store.database import Connection
from seedbed.store.operations import Maintenance

PATH = "/maintenance"
_NOTE = {"minLength": 1, "maxLength": MAX_NOTE_CHARACTERS}
_MOMENT = {"format": "date-time"}


class MaintenanceView(Wire, frozen=True, kw_only=True):
    message: Annotated[str, says("What customers read.")]
    since: str
    until: Annotated[str | None, says("When it ends by itself; null: when an operator ends it.")]
    by: Annotated[str, says("The name of the key that said so, as it was then; `cli`: the command line.")]


class MaintenanceAnswer(Wire, frozen=True, kw_only=True):
    success: Literal[True] = True
    maintenance: Annotated[MaintenanceView | None, says("null: orders are taken.")]


class MaintenanceBody(Wire, frozen=True, kw_only=True):
    message: Annotated[str, says("What customers read in the 503 that they get.", **_NOTE)]
    until: Annotated[str | None, says("When it ends by itself. It is the Retry-After of the refusals.", **_MOMENT)] = (
        None
    )


def maintenance_routes(service: Service) -> list[Route]:
    return [
        Route(PATH, partial(show, service)),
        Route(PATH + "/begin", partial(begin, service), methods=["POST"]),
        Route(PATH + "/end", partial(end, service), methods=["POST"]),
    ]


async def show(service: Service, request: Request) -> Response:
    await operator(service, request)
    async with service.connection() as conn:
        return await _answer(conn)


async def begin(service: Service, request: Request) -> Response:
    """Take no new orders, in every process, from the commit on. If none are taken already, the words are changed."""
    caller = await operator(service, request)
    async with body_object(service, request, caller) as said:
        body = fields_of(said, MaintenanceBody)
    until = None if body.until is None else parse_moment(body.until, param="until")
    async with service.connection() as conn:
        await begin_maintenance(conn, message=body.message, until=until, by=caller.by)
        return await _answer(conn)


async def end(service: Service, request: Request) -> Response:
    """Take orders again. Idempotent."""
    caller = await operator(service, request)
    await no_fields(service, request, caller)
    async with service.connection() as conn:
        await end_maintenance(conn, by=caller.by)
        return await _answer(conn)


def maintenance_view(now: Maintenance) -> MaintenanceView:
    return MaintenanceView(message=now.message, since=shown(now.since), until=shown_or_null(now.until), by=now.actor)


async def _answer(conn: Connection) -> Response:
    now = await operations.maintenance(conn)
    return json_response(MaintenanceAnswer(maintenance=maintenance_view(now) if now else None))
