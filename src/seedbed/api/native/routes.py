"""The paths of the native dialect, one mounted app."""

from __future__ import annotations

from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from seedbed.api.dialect import dialect_app
from seedbed.api.native.account import show_credits
from seedbed.api.native.catalogue import list_models
from seedbed.api.native.errors import answer
from seedbed.api.native.estimates import estimate
from seedbed.api.native.events import follow
from seedbed.api.native.generations import create, show, stop
from seedbed.api.native.listening import listen
from seedbed.api.native.listing import list_generations
from seedbed.api.native.openapi import show_document
from seedbed.api.native.paths import GENERATIONS
from seedbed.api.native.reference_pictures import show_reference
from seedbed.api.native.reruns import rerun
from seedbed.api.native.uploads import upload
from seedbed.api.native.usage import show_usage
from seedbed.api.native.webhook_secret import secret
from seedbed.api.native.webhooks import list_deliveries, list_endpoints, send_again, switch_address_on
from seedbed.api.service import Service


def native_app(service: Service) -> Starlette:
    return dialect_app(
        [
            Route("/models", partial(list_models, service)),
            Route(GENERATIONS, partial(_generations, service), methods=["GET", "POST"]),
            Route("/video/estimate", partial(estimate, service), methods=["POST"]),
            Route(GENERATIONS + "/{job_id}", partial(show, service)),
            Route(GENERATIONS + "/{job_id}/cancel", partial(stop, service), methods=["POST"]),
            Route(GENERATIONS + "/{job_id}/rerun", partial(rerun, service), methods=["POST"]),
            Route(GENERATIONS + "/{job_id}/events", partial(follow, service)),
            Route(GENERATIONS + "/{job_id}/references/{position}", partial(show_reference, service)),
            Route("/uploads", partial(upload, service), methods=["POST"]),
            Route("/credits", partial(show_credits, service)),
            Route("/usage", partial(show_usage, service)),
            Route("/webhooks/secret", partial(secret, service), methods=["GET", "POST"]),
            Route("/webhooks/deliveries", partial(list_deliveries, service)),
            Route("/webhooks/deliveries/{delivery_id}/redeliver", partial(send_again, service), methods=["POST"]),
            Route("/webhooks/endpoints", partial(list_endpoints, service)),
            Route("/webhooks/endpoints/switch-on", partial(switch_address_on, service), methods=["POST"]),
            Route("/webhooks/listen", partial(listen, service)),
            Route("/openapi.json", partial(show_document, service)),
        ],
        answer=answer,
    )


async def _generations(service: Service, request: Request) -> Response:
    # One route, not two: Starlette would name the methods of the first only to whoever uses another.
    return await (create if request.method == "POST" else list_generations)(service, request)
