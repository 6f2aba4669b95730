"""One divided service for all tests of this folder: each mends what it cut."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

sys.path.insert(0, str(Path(__file__).parents[1] / "chaos"))

from divided import Divided, divided


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def service() -> AsyncIterator[Divided]:
    async with divided() as service:
        yield service
