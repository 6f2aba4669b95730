"""Makes one mounted app of a dialect's routes, which answers its own refusals, 404 and 405 in its own form."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from seedbed.api.allowances import note_refusal
from seedbed.core.errors import InternalError, InvalidRequest, MethodNotAllowed, NotFound, Refusal


def dialect_app(routes: Sequence[BaseRoute], *, answer: Callable[[Refusal], Response]) -> Starlette:
    """Return the app. `answer` writes a refusal as the dialect does."""

    def reply(refusal: Refusal) -> Response:
        structlog.contextvars.bind_contextvars(error=refusal.code)
        return answer(refusal)

    async def refused(_: Request, exc: Exception) -> Response:
        assert isinstance(exc, Refusal)
        note_refusal(exc)
        return reply(exc)

    async def missed(request: Request, exc: Exception) -> Response:
        assert isinstance(exc, HTTPException)
        if exc.status_code != 405:
            return reply(_missed(exc))
        allowed = _allowed(exc)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": ", ".join(allowed)})
        return reply(MethodNotAllowed(request.method[:20], allowed))

    async def crashed(_: Request, __: Exception) -> Response:
        return reply(InternalError())

    app = Starlette(routes=routes, exception_handlers={Refusal: refused, HTTPException: missed, Exception: crashed})
    # A redirect would be built from the request's Host header, which anybody can choose.
    app.router.redirect_slashes = False
    return app


def _missed(exc: HTTPException) -> Refusal:
    """Return what the framework itself found wrong: no such path, or a form that cannot be read."""
    if exc.status_code == 404:
        return NotFound("There is nothing at this path.", param="path")
    return InvalidRequest(exc.detail, param="body")


def _allowed(exc: HTTPException) -> tuple[str, ...]:
    methods = (exc.headers or {}).get("Allow", "")
    return tuple(sorted(method.strip() for method in methods.split(",") if method.strip()))
