"""`GET /audit-log`: what operators did, the newest first."""

from __future__ import annotations

import re
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from seedbed.api.admin.gate import LARGEST_ID, operator
from seedbed.api.admin.wire import ActionView, AuditLog
from seedbed.api.native.answers import json_response
from seedbed.api.native.moments import parse_moment, shown
from seedbed.api.paging import before_number, cursor_after, page_limit
from seedbed.api.service import Service
from seedbed.core.errors import InvalidRequest
from seedbed.core.operators import Act
from seedbed.store import operator_log
from seedbed.store.operator_log import Recorded, Wanted

PATH = "/audit-log"
LIST = "audit-log"
_SUBJECT = re.compile(r"[a-z-]+/[!-~]{1,200}")


def audit_log_routes(service: Service) -> list[Route]:
    return [Route(PATH, partial(show_log, service))]


async def show_log(service: Service, request: Request) -> Response:
    """List actions, filtered by what was done, to what, to whose, by which key and when."""
    caller = await operator(service, request)
    limit, before = page_limit(request), before_number(request, caller.who, of=LIST)
    wanted = _wanted(request)
    async with service.connection() as conn:
        found = await operator_log.page(conn, wanted, limit=limit + 1, before=before)
    cursor = cursor_after(found[limit - 1].number, caller.who, of=LIST) if len(found) > limit else None
    return json_response(AuditLog(data=tuple(map(action_view, found[:limit])), cursor=cursor))


def action_view(recorded: Recorded) -> ActionView:
    return ActionView(
        id=str(recorded.number),
        at=shown(recorded.at),
        action=recorded.action,
        subject=recorded.subject,
        account_id=recorded.account_id,
        actor=recorded.actor,
        key_id=recorded.api_key_id,
        changes=recorded.changes,
        request_id=recorded.request_id,
    )


def _wanted(request: Request) -> Wanted:
    action, subject = request.query_params.get("action"), request.query_params.get("subject")
    if action is not None and action not in set(Act):
        raise InvalidRequest(f"action must be one of {', '.join(Act)}.", param="action")
    if subject is not None and not _SUBJECT.fullmatch(subject):
        raise InvalidRequest("subject must be a kind and a name, such as account/7 or key/3.", param="subject")
    moments = {name: request.query_params.get(name) for name in ("from", "to")}
    return Wanted(
        action=action,
        subject=subject,
        account_id=_number(request, "accountId"),
        api_key_id=_number(request, "keyId"),
        first=parse_moment(moments["from"], param="from") if moments["from"] is not None else None,
        last=parse_moment(moments["to"], param="to") if moments["to"] is not None else None,
    )


def _number(request: Request, name: str) -> int | None:
    said = request.query_params.get(name)
    if said is None:
        return None
    if not (said.isascii() and said.isdigit() and len(said) < 20 and 0 < int(said) <= LARGEST_ID):
        raise InvalidRequest(f"{name} must be a whole number above 0; got '{said[:20]}'.", param=name)
    return int(said)
