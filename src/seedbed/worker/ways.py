"""Finds the way out for this deployment's requests: through which proxy, trusting whom, how many at a time."""

from __future__ import annotations

from seedbed.outbound.guard import Way
from seedbed.outbound.ways import way_by
from seedbed.settings import Settings


def way_out(settings: Settings) -> Way:
    """Return the one way out of this process. Raises NotReady if the certificates cannot be read."""
    return way_by(settings.outbound_proxy, settings.ca_bundle, settings.host_connections)
