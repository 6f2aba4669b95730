"""The pytest plug-in: a service for the whole run, a client for it, and webhooks that a test can wait for.

The entry point `pytest11` loads it. It costs nothing until a fixture is asked for; then the service starts, once.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from seedbed.testing.inbox import Inbox
    from seedbed.testing.service import TestServer
    from seedbed_client import Seedbed, WebhookEvent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--seedbed-latency",
        type=_latency,
        default="instant",
        metavar="TIME",
        help="how long a video of the test service takes: instant, realistic or a number of seconds",
    )


def _latency(text: str) -> str:
    from seedbed.core.latency import parse_latency

    try:
        parse_latency(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(str(exc)) from exc
    return text


@pytest.fixture(scope="session")
def seedbed_server(request: pytest.FixtureRequest) -> Iterator[TestServer]:
    """A service of its own for the run: `base_url`, `native_url` and `key`."""
    from seedbed.testing.service import serving

    with serving(latency=request.config.getoption("--seedbed-latency")) as server:
        yield server


@pytest.fixture(scope="session")
def seedbed_client(seedbed_server: TestServer) -> Iterator[Seedbed]:
    """The blocking client of that service."""
    from seedbed_client import Seedbed

    with Seedbed(seedbed_server.key, seedbed_server.base_url) as client:
        yield client


@pytest.fixture
def seedbed_webhooks(seedbed_client: Seedbed) -> Iterator[Inbox]:
    """A receiver on a free port: its `url` is for `webhook_url`, `events` are those that came and were verified."""
    from seedbed.testing.inbox import receiving
    from seedbed_client.exchange import ROOT, Call

    shown = seedbed_client.run(seedbed_client.service.ask_json(Call(path=f"{ROOT}/webhooks/secret")))
    with receiving(shown["secrets"]) as inbox:
        yield inbox


@pytest.fixture
def wait_for_webhook(seedbed_webhooks: Inbox) -> Callable[..., WebhookEvent]:
    """`wait_for_webhook(request_id=None, timeout_s=30, count=1)` returns a verified webhook. Raises TimeoutError."""
    return seedbed_webhooks.wait
