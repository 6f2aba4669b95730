"""`GET /video/generations`: an account's generations, newest first, a page at a time. Source: CONTRACT 1.7."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from seedbed.api.auth import principal
from seedbed.api.native.answers import json_response
from seedbed.api.paging import before_number, cursor_after, page_limit
from seedbed.api.service import Service
from seedbed.core.errors import InvalidRequest
from seedbed.core.job import State
from seedbed.core.keys import Scope
from seedbed.core.native_view import native_view
from seedbed.store import job_pages

LIST = "generations"


async def list_generations(service: Service, request: Request) -> Response:
    """List generations as GET shows each of them, without places in the queue."""
    who = await principal(service, request, scope=Scope.READ)
    limit, before = page_limit(request), before_number(request, who, of=LIST)
    states, model = _states(request), _model(service, request)
    async with service.connection() as conn:
        found = await job_pages.page(
            conn, who.account_id, is_live=who.is_live, limit=limit + 1, before=before, states=states, model=model
        )
    views = [native_view(listed.job, base_url=service.settings.base_url) for listed in found[:limit]]
    cursor = cursor_after(found[limit - 1].number, who, of=LIST) if len(found) > limit else None
    return json_response({"success": True, "data": views, "cursor": cursor})


def _states(request: Request) -> list[State]:
    """Return the states that are wanted; none of them means all. `status` may stand several times."""
    said = request.query_params.getlist("status")
    if not set(said) <= set(State):
        raise InvalidRequest(f"status must be one of {', '.join(State)}.", param="status")
    return [State(state) for state in dict.fromkeys(said)]


def _model(service: Service, request: Request) -> str | None:
    said = request.query_params.get("model")
    models = service.deployment.models
    if said is not None and said not in models:
        raise InvalidRequest(f"model must be one of {', '.join(models)}; got '{said[:80]}'.", param="model")
    return said
