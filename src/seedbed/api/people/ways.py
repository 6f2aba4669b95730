"""How one may sign in here: `/console/sign-in` tells it, and takes whom a trusted proxy vouches for."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from seedbed.api.described import says
from seedbed.api.native.answers import json_response
from seedbed.api.native.wire import Wire
from seedbed.api.people.admitting import admit
from seedbed.api.people.oidc import oidc_routes
from seedbed.api.people.own_keys import own_key_routes
from seedbed.api.people.trusted_header import HeaderSignIn
from seedbed.api.service import Service
from seedbed.api.signing_in import check_console, signed_in_answer
from seedbed.core.errors import InvalidRequest
from seedbed.outbound.identity import IdentityProvider
from seedbed.outbound.ways import way_by


class ProviderView(Wire, frozen=True, kw_only=True):
    label: str
    begins_at: Annotated[str, says("Below the service's root; `next` is a path to go on to.")]
    leaves_at: Annotated[
        str | None, says("Signs out of the provider itself; null if that is not known to be possible.")
    ]


class HeaderView(Wire, frozen=True, kw_only=True):
    user: str


class SignInView(Wire, frozen=True, kw_only=True):
    key: Annotated[bool, says("With an API key: always.")] = True
    oidc: ProviderView | None
    header: Annotated[HeaderView | None, says("Whom a trusted proxy vouches for in this very request.")]


def people_routes(service: Service) -> list[BaseRoute]:
    """Return the routes. They must stand before those of the console's files. Raises NotReady."""
    ways, settings = service.deployment.sign_in, service.settings
    header = HeaderSignIn(ways.header) if ways.header else None
    provider = None
    if ways.oidc:
        way = way_by(settings.outbound_proxy, settings.ca_bundle, settings.host_connections)
        provider = IdentityProvider(ways.oidc, way=way)
    return [
        Route("/console/sign-in", partial(_sign_in, service, provider, header), methods=["GET", "POST"]),
        *(oidc_routes(service, provider) if provider else []),
        *own_key_routes(service),
    ]


async def _sign_in(
    service: Service, provider: IdentityProvider | None, header: HeaderSignIn | None, request: Request
) -> Response:
    if request.method == "POST":
        return await _by_header(service, header, request)
    vouched = header.person(request) if header else None
    return json_response(
        SignInView(
            oidc=_provider_view(provider) if provider else None,
            header=HeaderView(user=vouched.name) if vouched else None,
        )
    )


async def _by_header(service: Service, header: HeaderSignIn | None, request: Request) -> Response:
    check_console(service, request)
    vouched = header.person(request) if header else None
    if vouched is None:
        raise InvalidRequest("No proxy vouches for you in this request; sign in by other means.", param="user")
    return signed_in_answer(service, await admit(service, vouched, way="header"))


def _provider_view(provider: IdentityProvider) -> ProviderView:
    return ProviderView(
        label=provider.oidc.label,
        begins_at="console/oidc/begin",
        leaves_at="console/oidc/leave" if provider.is_known_to_end else None,
    )
