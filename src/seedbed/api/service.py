"""What the endpoints work with, gathered once by `create_app` and passed to each of them as its first argument."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from seedbed.api.pace import Pace
from seedbed.api.queue_places import QueuePlaces
from seedbed.blobs.store import Blobs
from seedbed.core.pricing import Tariff
from seedbed.settings import Settings
from seedbed.store.database import Connection, Pool, borrow

MAX_PROBES = 2  # children that look at uploads at the same time; each may take more than a GB
MAX_CANCELS_A_MINUTE = 30  # of jobs that are being processed: each of them has already cost engine time


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    pool: Pool
    blobs: Blobs
    settings: Settings
    tariff: Tariff
    queue_places: QueuePlaces = field(default_factory=QueuePlaces)
    probes: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_PROBES))
    cancel_pace: Pace = field(default_factory=lambda: Pace(limit=MAX_CANCELS_A_MINUTE, window_s=60))

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Borrow a connection for a short while: never over a wait for anybody else. Raises Unavailable."""
        async with borrow(self.pool) as conn:
            yield conn
