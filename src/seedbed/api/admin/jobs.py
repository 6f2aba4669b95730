"""Everybody's jobs: list, show, cancel, queue again and reprioritise them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from seedbed.actions.cancel import cancel_anybodys
from seedbed.actions.reprioritise import reprioritise
from seedbed.actions.requeue import requeue
from seedbed.api.admin.gate import LARGEST_ID, body_object, fields_of, no_fields, operator, wanted_mode
from seedbed.api.admin.job_views import job_details, job_view
from seedbed.api.admin.job_wire import JobAnswer, JobList, PriorityBody
from seedbed.api.native.answers import json_response
from seedbed.api.native.moments import parse_moment
from seedbed.api.paging import before_number, cursor_after, page_limit
from seedbed.api.service import Service
from seedbed.core.errors import InvalidRequest, NotFound
from seedbed.core.job import Job, State
from seedbed.core.keys import Mode
from seedbed.core.operators import Operator
from seedbed.store import job_board
from seedbed.store.database import Connection
from seedbed.store.job_board import Standing, Wanted

PATH = "/jobs"
LIST = "jobs"
NAMES = ("pool", "model", "engine", "code")
_NAME = re.compile(r"[!-~]{1,200}")
_ACCOUNT = re.compile(r"[1-9][0-9]{0,18}")
Act = Callable[..., Awaitable[Job]]


def job_routes(service: Service) -> list[Route]:
    one = PATH + "/{request_id}"
    return [
        Route(PATH, partial(list_jobs, service)),
        Route(one, partial(show, service)),
        Route(one + "/cancel", partial(_do, service, cancel_anybodys), methods=["POST"]),
        Route(one + "/requeue", partial(_do, service, requeue), methods=["POST"]),
        Route(one + "/priority", partial(set_priority, service), methods=["POST"]),
    ]


async def list_jobs(service: Service, request: Request) -> Response:
    """List everybody's jobs, the newest first. A page looks at so many jobs and no more, so it may be short."""
    caller = await operator(service, request)
    limit, before = page_limit(request), before_number(request, caller.who, of=LIST)
    wanted = _wanted(request)
    async with service.connection() as conn:
        page = await job_board.page(conn, wanted, limit=limit, before=before)
    cursor = cursor_after(page.before, caller.who, of=LIST) if page.before else None
    return json_response(JobList(data=tuple(map(job_view, page.jobs)), cursor=cursor))


async def show(service: Service, request: Request) -> Response:
    await operator(service, request)
    async with service.connection() as conn:
        details = await job_details(conn, await _known(conn, request), base_url=service.settings.base_url)
    return json_response(details)


async def set_priority(service: Service, request: Request) -> Response:
    """Give a job that waits another priority. Idempotent. 409 for one that does not wait any more."""
    caller = await operator(service, request)
    async with body_object(service, request, caller) as said:
        body = fields_of(said, PriorityBody)

    async def act(conn: Connection, job_id: str, *, by: Operator) -> Job:
        return await reprioritise(conn, job_id, body.priority, by=by)

    return await _acted(service, request, act, caller.by)


async def _do(service: Service, act: Act, request: Request) -> Response:
    """Cancel a job, or queue it again. Idempotent. 409 for one whose state rules it out."""
    caller = await operator(service, request)
    await no_fields(service, request, caller)
    return await _acted(service, request, act, caller.by)


async def _acted(service: Service, request: Request, act: Act, by: Operator) -> Response:
    async with service.connection() as conn:
        await _known(conn, request)
        await act(conn, str(request.path_params["request_id"]), by=by)
        return json_response(JobAnswer(job=job_view(await _known(conn, request))))


async def _known(conn: Connection, request: Request) -> Standing:
    """Raises NotFound."""
    said = str(request.path_params["request_id"])
    standing = await job_board.get(conn, said) if _NAME.fullmatch(said) else None
    if standing is None:
        raise NotFound(f"There is no job '{said[:80]}'.")
    return standing


def _wanted(request: Request) -> Wanted:
    said = request.query_params
    return Wanted(
        account_id=_account(said.get("accountId")),
        is_live=wanted_mode(request) is Mode.LIVE if "mode" in said else None,
        state=_state(said.get("status")),
        since=parse_moment(said["since"], param="since") if "since" in said else None,
        **{name: _name(said.get(name), name) for name in NAMES},
    )


def _account(said: str | None) -> int | None:
    if said is None:
        return None
    if not _ACCOUNT.fullmatch(said) or int(said) > LARGEST_ID:
        raise InvalidRequest("accountId must be the number of an account.", param="accountId")
    return int(said)


def _state(said: str | None) -> State | None:
    if said is not None and said not in set(State):
        raise InvalidRequest(f"status must be one of {', '.join(State)}.", param="status")
    return None if said is None else State(said)


def _name(said: str | None, param: str) -> str | None:
    if said is not None and not _NAME.fullmatch(said):
        raise InvalidRequest(f"{param} must be 1 to 200 printable characters without spaces.", param=param)
    return said
