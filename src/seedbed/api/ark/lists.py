"""Lists an account's tasks of the last seven days, a page at a time. Source: CONTRACT 2, with the official filters."""

from __future__ import annotations

import re
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from seedbed.api.auth import principal
from seedbed.api.job_ids import is_job_id
from seedbed.api.native.answers import json_response
from seedbed.api.service import Service
from seedbed.core.ark_offer import DIALECT, wire_id_of
from seedbed.core.ark_view import EXPIRED, ark_view, job_id_of
from seedbed.core.errors import InvalidRequest
from seedbed.core.job import State
from seedbed.core.keys import Scope
from seedbed.store.database import moment
from seedbed.store.task_pages import Filter, page

WINDOW = timedelta(days=7)
MOST = 500  # pages, tasks on a page, and ids in a filter
DEFAULT_PAGE_SIZE = 10
_NUMBER = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)
_STATES: dict[str, State] = {
    "queued": State.QUEUED,
    "running": State.PROCESSING,
    "succeeded": State.SUCCEEDED,
    "failed": State.FAILED,
    "cancelled": State.CANCELLED,
    EXPIRED: State.FAILED,
}
_TIERS = {"default": False, "flex": True}
_KNOWN = {"page_num", "page_size", "filter.status", "filter.task_ids", "filter.model", "filter.service_tier"}


async def list_tasks(service: Service, request: Request) -> Response:
    """List tasks, the newest first."""
    who = await principal(service, request, scope=Scope.READ)
    for name in request.query_params:
        if name not in _KNOWN:
            raise InvalidRequest(f"{name[:80]} is not known here; leave it out.", param=name[:80])
    number, size = _number(request, "page_num", default=1), _number(request, "page_size", default=DEFAULT_PAGE_SIZE)
    wanted = _filter(service, request)
    async with service.connection() as conn:
        since = await moment(conn, None) - WINDOW
        found = await page(
            conn, who.account_id, wanted, is_live=who.is_live, since=since, limit=size, skip=(number - 1) * size
        )
    items = [ark_view(job, base_url=service.settings.base_url) for job in found.jobs]
    return json_response({"items": items, "total": found.total})


def _filter(service: Service, request: Request) -> Filter:
    status = _choice(request, "filter.status", _STATES)
    return Filter(
        state=_STATES[status] if status else None,
        is_expired=status == EXPIRED if status in {"failed", EXPIRED} else None,
        ids=_ids(request),
        models=_models(service, request),
        is_flexible=_TIERS[tier] if (tier := _choice(request, "filter.service_tier", _TIERS)) else None,
    )


def _models(service: Service, request: Request) -> list[str] | None:
    """Return the ids by which tasks of that model were asked for: also the core's, if theirs is shown for it."""
    model = request.query_params.get("filter.model")
    if not model:
        return None
    offered = service.offer(DIALECT).models.get(model)
    return [model, offered.id] if offered and wire_id_of(offered.id) == model else [model]


def _ids(request: Request) -> list[str] | None:
    """Return the jobs' ids; what is no task's id names no job."""
    given = [each for each in request.query_params.getlist("filter.task_ids") if each]
    if len(given) > MOST:
        raise InvalidRequest(f"filter.task_ids may name {MOST} tasks; it names {len(given)}.", param="filter.task_ids")
    return [job_id for each in given if is_job_id(job_id := job_id_of(each))] if given else None


def _choice(request: Request, name: str, among: dict[str, State] | dict[str, bool]) -> str | None:
    said = request.query_params.get(name) or None
    if said is not None and said not in among:
        raise InvalidRequest(f"{name} must be one of {', '.join(among)}; got '{said[:40]}'.", param=name)
    return said


def _number(request: Request, name: str, *, default: int) -> int:
    said = request.query_params.get(name) or str(default)
    if not _NUMBER.fullmatch(said) or int(said) > MOST:
        raise InvalidRequest(f"{name} must be a whole number from 1 to {MOST}; got '{said[:20]}'.", param=name)
    return int(said)
