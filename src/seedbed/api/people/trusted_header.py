"""Signing in by a header that a proxy sets, which is believed only if the connection itself comes from that proxy.

Every way to reach this service past the proxy, or to have the proxy pass such a header on, would be a way to be
anybody. So the address that counts is the socket's own, whatever any header says of it, and a header that stands twice
is not believed at all.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from starlette.requests import Request

from seedbed.core.errors import InvalidRequest
from seedbed.core.sign_in import Person, TrustedHeader, is_from, person_of_headers

log = structlog.get_logger()


class HeaderSignIn:
    """Reads the headers of one deployment. Who sends them without being the proxy is written down once."""

    def __init__(self, header: TrustedHeader) -> None:
        self._header = header
        self._has_warned = False

    def person(self, request: Request) -> Person | None:
        """Return whom the proxy vouches for, or None if it vouches for nobody. Raises InvalidRequest."""
        users = request.headers.getlist(self._header.user)
        if not users:
            return None
        peer = request.client.host if request.client else None
        if not is_from(peer, self._header.proxies):
            self._warn(peer)
            return None
        if len(users) > 1:
            raise InvalidRequest(
                f"The header {self._header.user} stands twice in this request; the proxy must set it itself, once.",
                param=self._header.user,
            )
        groups = request.headers.getlist(self._header.groups)
        return person_of_headers(self._text(users[0]), self._texts(groups))

    def _texts(self, values: Sequence[str]) -> list[str]:
        return [self._text(value) for value in values]

    def _text(self, value: str) -> str:
        """Return a header's value as the UTF-8 that proxies send; bytes that are none say nobody's name."""
        try:
            return value.encode("latin-1").decode()
        except UnicodeError as exc:
            raise InvalidRequest(
                f"The header {self._header.user} or {self._header.groups} is not UTF-8.", param=self._header.user
            ) from exc

    def _warn(self, peer: str | None) -> None:
        if not self._has_warned:
            self._has_warned = True
            log.warning("sign_in.header_ignored", header=self._header.user, peer=peer or "no address")
