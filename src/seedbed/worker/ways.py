"""Finds the way out for this deployment's requests: through which proxy, trusting whom, how many at a time."""

from __future__ import annotations

import functools

from seedbed.outbound.crowd import Crowd
from seedbed.outbound.guard import Way, tls_with
from seedbed.settings import Settings


@functools.cache
def way_out(settings: Settings) -> Way:
    """Return the one way out of this process: connections to an address are counted over all that leaves it.

    Raises NotReady if the certificates cannot be read.
    """
    return Way(
        proxy=settings.outbound_proxy,
        tls=tls_with(settings.ca_bundle) if settings.ca_bundle else None,
        crowd=Crowd(settings.host_connections),
    )
