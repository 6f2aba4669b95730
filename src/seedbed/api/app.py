"""The whole HTTP service as one ASGI app: the dialects, the results, and the health of it all."""

from __future__ import annotations

from starlette.routing import Mount
from starlette.types import ASGIApp

from seedbed.api.allowances import AllowanceFields
from seedbed.api.dialect import dialect_app
from seedbed.api.edge import RequestEdge
from seedbed.api.health import health_routes
from seedbed.api.native.errors import answer
from seedbed.api.native.paths import ROOT
from seedbed.api.native.routes import native_app
from seedbed.api.results import results_app
from seedbed.api.service import Service
from seedbed.blobs.store import Blobs
from seedbed.core.native_view import RESULTS_PATH
from seedbed.settings import Settings
from seedbed.store.database import Pool


def create_app(*, pool: Pool, blobs: Blobs, settings: Settings) -> ASGIApp:
    """Return the app. The pool must be open while it serves, and is the caller's to close.

    Raises NotReady if the tariff cannot be read or a limit allows nothing.
    """
    service = Service(
        pool=pool, blobs=blobs, settings=settings, tariff=settings.tariff(), rate_limits=settings.rate_limits
    )
    routes = [
        Mount(ROOT, native_app(service)),
        Mount(RESULTS_PATH, results_app(service)),
        *health_routes(service),
    ]
    return RequestEdge(AllowanceFields(dialect_app(routes, answer=answer)))
