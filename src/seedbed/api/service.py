"""What the endpoints work with, gathered once by `create_app` and passed to each of them as its first argument."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Self

from seedbed.api.event_stream import Streams
from seedbed.api.intake import Intake
from seedbed.api.live import LiveFeed
from seedbed.api.queue_places import QueuePlaces
from seedbed.blobs.store import Blobs
from seedbed.core.deployment import Deployment
from seedbed.core.offer import Offer
from seedbed.core.rate_limits import RateLimits
from seedbed.settings import Settings
from seedbed.store.database import Connection, Pool, borrow

MAX_PROBES = 2  # children that look at uploads at the same time; each may take more than a GB


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    pool: Pool
    blobs: Blobs
    settings: Settings
    deployment: Deployment
    live: LiveFeed
    stopping: asyncio.Event  # set when the service has been told to stop: new work should go elsewhere
    rate_limits: RateLimits
    queue_places: QueuePlaces = field(default_factory=QueuePlaces)
    intake: Intake = field(default_factory=Intake)
    streams: Streams = field(default_factory=Streams)
    _offers: dict[str, Offer] = field(default_factory=dict)
    probes: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_PROBES))

    def offer(self, dialect: str) -> Offer:
        """Return what a dialect offers here."""
        if dialect not in self._offers:
            self._offers[dialect] = self.deployment.offer(dialect)
        return self._offers[dialect]

    def offering(self, deployment: Deployment) -> Self:
        """Return the same service with another deployment. All that counts, waits or follows is shared by both."""
        return replace(self, deployment=deployment, _offers={})

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Borrow a connection for a short while: never over a wait for anybody else. Raises Unavailable."""
        async with borrow(self.pool) as conn:
            yield conn
