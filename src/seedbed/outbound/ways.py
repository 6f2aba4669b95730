"""The one way out of this process for a deployment's proxy and certificates, whoever asks for it."""

from __future__ import annotations

import functools
from pathlib import Path

from seedbed.core.openings import Proxy
from seedbed.outbound.crowd import Crowd
from seedbed.outbound.guard import Way, tls_with


@functools.cache
def way_by(proxy: Proxy | None, ca_bundle: Path | None, host_connections: int) -> Way:
    """Return the way: connections to an address are counted over all that leaves it.

    Raises NotReady if the certificates cannot be read.
    """
    return Way(proxy=proxy, tls=tls_with(ca_bundle) if ca_bundle else None, crowd=Crowd(host_connections))
