"""Calls an identity provider through the guard, to which the provider's own addresses are opened and no others.

The operator has named it, so it may lie in a private network; that opens nothing to anybody's media or webhooks. What
goes wrong is told to the operator's log with all its facts, and to whoever signs in only as a provider that is away.
"""

from __future__ import annotations

import asyncio
import json
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog

from seedbed.core.errors import Unavailable
from seedbed.core.openings import DEFAULT_PORTS, Opening
from seedbed.core.urls import PUBLIC_PORTS, UrlFault, is_public, parse_address
from seedbed.outbound.guard import Resolve, Way, guarded_client

log = structlog.get_logger()

MAX_ANSWER_BYTES = 1_000_000


class ProviderCalls:
    """The way to one provider. Every call has a deadline of `deadline_s`, its answer a limit in bytes."""

    def __init__(self, label: str, *, way: Way, resolve: Resolve, deadline_s: float) -> None:
        self._label = label
        self._way = way
        self._resolve = resolve
        self._deadline_s = deadline_s

    async def send(
        self, method: str, url: str, *, headers: dict[str, str] | None = None, content: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Return the status and the JSON object that was answered, an empty one for anything else.

        Follows no redirect. Raises Unavailable if no whole answer comes in time.
        """
        asked = {"Accept": "application/json", "Accept-Encoding": "identity"} | (headers or {})
        try:
            async with asyncio.timeout(self._deadline_s):
                opened = await self._opened(url)
                client = guarded_client(opened=opened, resolve=self._resolve, way=self._way, timeout_s=self._deadline_s)
                async with client, client.stream(method, url, headers=asked, content=content) as response:
                    return response.status_code, _object(await self._bounded(response))
        except TimeoutError as exc:
            raise self.away(f"{url} did not answer within {self._deadline_s:g} s") from exc
        except (httpx.HTTPError, httpx.InvalidURL, UrlFault, OSError, ValueError) as exc:
            raise self.away(f"{url} cannot be called ({type(exc).__name__}: {exc})") from exc

    def away(self, why: str) -> Unavailable:
        """Write down why the provider is of no use now, and return what to tell whoever wants to sign in."""
        log.warning("sign_in.provider_away", provider=self._label, reason=why[:400])
        return Unavailable(f"{self._label} cannot be asked who you are now. Try again, or sign in with an API key.")

    async def _opened(self, url: str) -> tuple[Opening, ...]:
        """Return the openings that the URL needs: none for a public address at an ordinary port.

        Those alone are reached through the outgoing proxy, if there is one.
        """
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]
        literal = parse_address(host)
        addresses = [literal] if literal is not None else await self._resolve(host, port)
        return tuple(
            Opening(ip_network(address), parts.scheme, port)
            for address in addresses
            if not (is_public(address) and parts.scheme == "https" and port in PUBLIC_PORTS)
        )

    async def _bounded(self, response: httpx.Response) -> bytes:
        content = bytearray()
        async for chunk in response.aiter_raw():
            content += chunk
            if len(content) > MAX_ANSWER_BYTES:
                raise self.away(f"an answer is larger than {MAX_ANSWER_BYTES} bytes")
        return bytes(content)


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
