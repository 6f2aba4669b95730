"""`GET /videos`: an account's videos in the order of their arrival, a page at a time. Source: CONTRACT 3."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from seedbed.api.auth import principal
from seedbed.api.job_ids import is_job_id
from seedbed.api.native.answers import json_response
from seedbed.api.openai.errors import UNKNOWN
from seedbed.api.openai.wire import VideoPage
from seedbed.api.paging import page_limit
from seedbed.api.service import Service
from seedbed.core.errors import InvalidRequest
from seedbed.core.keys import Scope
from seedbed.core.openai_view import job_id_of, openai_view
from seedbed.store import arrivals

_ORDERS = ("desc", "asc")
_KNOWN = frozenset({"limit", "after", "order"})


async def list_videos(service: Service, request: Request) -> Response:
    """List videos, the newest first unless another order is asked for. `after` may name one that was deleted."""
    who = await principal(service, request, scope=Scope.READ)
    for name in request.query_params:
        if name not in _KNOWN:
            raise InvalidRequest(f"{UNKNOWN}'{name[:80]}'.", param=name[:80])
    limit, order, after = page_limit(request), _order(request), _after(request)
    async with service.connection() as conn:
        found = await arrivals.after(
            conn, who.account_id, after, is_live=who.is_live, is_ascending=order == "asc", limit=limit + 1
        )
    if found is None:
        raise _no_such_place()
    views = [openai_view(job) for job in found[:limit]]
    page = VideoPage(
        data=views,
        first_id=views[0]["id"] if views else None,
        last_id=views[-1]["id"] if views else None,
        has_more=len(found) > limit,
    )
    return json_response(page)


def _order(request: Request) -> str:
    said = request.query_params.get("order") or _ORDERS[0]
    if said not in _ORDERS:
        raise InvalidRequest(f"order must be asc or desc; got '{said[:20]}'.", param="order")
    return said


def _after(request: Request) -> str | None:
    said = request.query_params.get("after")
    if not said:
        return None
    job_id = job_id_of(said)
    if not is_job_id(job_id):
        raise _no_such_place()
    return job_id


def _no_such_place() -> InvalidRequest:
    # The same words for another account's video: that it exists is nobody else's business.
    return InvalidRequest("after must be the id of a video of this account and mode.", param="after")
