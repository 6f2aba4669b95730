"""One service for all tests of a pytest worker that do not kill it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from serving import Served, new_home


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    with new_home() as home:
        service = Served(home, SEEDBED_OPEN_NETWORKS="127.0.0.0/8")
        try:
            yield service
        finally:
            service.stop()
