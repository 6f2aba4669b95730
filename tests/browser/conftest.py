"""One browser and one service for all tests that do not hurt it; every test has accounts and visitors of its own."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))

from browsing import Visit, launched
from playwright.sync_api import Browser
from standing import Account, House, standing

PICTURES = Path(__file__).parents[2] / "build/browser"
_outcome = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    with standing() as house:
        yield house


@pytest.fixture
def somebody(house: House) -> Account:
    return house.account()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.when == "call":
        item.stash[_outcome] = report.outcome
    return report


@pytest.fixture
def visit(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Visit]]:
    """`visit(base_url, key=None, **context)` opens somebody's browser. At the end nothing may have gone wrong in any.

    What a failed test looked at last is kept in build/browser/.
    """
    visits: list[Visit] = []

    def come(base_url: str, **options: Any) -> Visit:
        visits.append(Visit(chromium, base_url, **options))
        return visits[-1]

    yield come
    if request.node.stash.get(_outcome, "failed") == "failed":
        PICTURES.mkdir(parents=True, exist_ok=True)
        for i, one in enumerate(visits):
            one.page.screenshot(path=PICTURES / f"{re.sub(r'[^a-z0-9_]+', '-', request.node.name)}-{i}.png")
    for one in visits:
        one.close()
    faults = [fault for one in visits for fault in one.faults]
    assert faults == []
