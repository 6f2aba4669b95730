"""The whole HTTP service as one ASGI app: the dialects, the results, and the health of it all.

The app offers one deployment at a time. Another one takes its place as a whole: a request that has begun ends with the
one it began with, so that nothing is judged by one price and charged by another.
"""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from seedbed.api.admin.paths import ROOT as ADMIN_ROOT
from seedbed.api.admin.routes import admin_app
from seedbed.api.allowances import AllowanceFields
from seedbed.api.ark.paths import ROOT as ARK_ROOT
from seedbed.api.ark.routes import ark_app
from seedbed.api.console_page import console_routes
from seedbed.api.dialect import dialect_app
from seedbed.api.docs_page import docs_routes
from seedbed.api.edge import RequestEdge
from seedbed.api.health import health_routes
from seedbed.api.live import LiveFeed
from seedbed.api.native.errors import answer
from seedbed.api.native.paths import ROOT
from seedbed.api.native.routes import native_app
from seedbed.api.openai.paths import ROOT as OPENAI_ROOT
from seedbed.api.openai.routes import openai_app
from seedbed.api.openapi_all import joint_routes
from seedbed.api.people.ways import people_routes
from seedbed.api.results import results_app
from seedbed.api.service import Service
from seedbed.api.signing_in import session_routes
from seedbed.blobs.store import Blobs
from seedbed.core.deployment import Deployment, embedded_deployment
from seedbed.core.native_view import RESULTS_PATH
from seedbed.settings import Settings
from seedbed.store.database import Pool


class Api:
    """The app, as `create_app` makes it."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._edge = RequestEdge(AllowanceFields(self._answer), stopping=service.stopping)
        self.offer(service.deployment)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._edge(scope, receive, send)

    def offer(self, deployment: Deployment) -> None:
        """Let requests that begin from now on meet this deployment. Everything else stays what it is."""
        self._dialects = _dialects(self._service.offering(deployment))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._dialects(scope, receive, send)


def create_app(
    *,
    pool: Pool,
    blobs: Blobs,
    settings: Settings,
    deployment: Deployment | None = None,
    stopping: asyncio.Event | None = None,
) -> Api:
    """Return the app. The pool must be open while it serves, and is the caller's to close.

    `deployment`: by default the embedded engine behind the documented models.
    Once `stopping` is set, `/readyz` says no and nobody is kept waiting; requests are still answered.
    Raises NotReady if the tariff cannot be read, a limit allows nothing, or the way to sign in lacks something.
    """
    stopping = stopping or asyncio.Event()
    service = Service(
        pool=pool,
        blobs=blobs,
        settings=settings,
        deployment=deployment or embedded_deployment(settings.engine, tariff=settings.tariff()),
        rate_limits=settings.rate_limits,
        live=LiveFeed(pool, stopping=stopping),
        stopping=stopping,
    )
    return Api(service)


def _dialects(service: Service) -> Starlette:
    routes = [
        Mount(ROOT, native_app(service)),
        Mount(ARK_ROOT, ark_app(service)),
        Mount(OPENAI_ROOT, openai_app(service)),
        Mount(ADMIN_ROOT, admin_app(service)),
        Mount(RESULTS_PATH, results_app(service)),
        *health_routes(service),
        *session_routes(service),
        *people_routes(service),
        *docs_routes(),
        *joint_routes(service),
        *console_routes(service),
    ]
    return dialect_app(routes, answer=answer)
