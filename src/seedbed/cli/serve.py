"""`seedbed serve`: the service, kept running until it is told to stop."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from seedbed.cli.service import Running
    from seedbed.settings import Settings


MAX_WORKERS = 16  # what the embedded database has connections for; more: `seedbed work`, beside one of your own
TEST_REQUESTS_PER_MINUTE = 1_000_000  # a test polls without a pause; [seedbed:refuse=rate_limited] tries the limit


def serve(
    workers: Annotated[int, typer.Option(min=0, max=MAX_WORKERS, help="How many workers to run beside the API.")] = 1,
    test: Annotated[
        bool, typer.Option("--test", help="For the tests of a client: thrown away at the end, with a test key.")
    ] = False,
    latency: Annotated[
        str, typer.Option(help="With --test, how long a video takes: instant, realistic, or a number of seconds.")
    ] = "instant",
) -> None:
    """Run the service on 127.0.0.1:8000: its own database, the API and a worker, until Ctrl-C."""
    from seedbed.fleet.interrupts import run_loop
    from seedbed.settings import load_settings
    from seedbed.telemetry.logs import start_logging

    if test:
        with _rehearsing_settings(latency) as settings:
            start_logging(settings.log_level)
            run_loop(_serve(settings, workers=workers, welcome=_test_welcome))
        return
    if latency != "instant":
        raise typer.BadParameter("--latency needs --test: in life a video takes as long as it takes.")
    settings = load_settings()
    start_logging(settings.log_level)
    run_loop(_serve(settings, workers=workers, welcome=_welcome))


async def _serve(settings: Settings, *, workers: int, welcome: Callable[[Running], Awaitable[str]]) -> None:
    import asyncio
    import gc

    from seedbed.cli.service import running_service
    from seedbed.core.errors import NotReady
    from seedbed.fleet.interrupts import interrupts

    stop = asyncio.Event()
    hurry: list[Callable[[], None]] = []
    reload: list[Callable[[], None]] = []  # a SIGHUP before it runs finds nothing to do: it has just been read
    with interrupts(stop.set, lambda: [force() for force in hurry], on_reload=lambda: [read() for read in reload]):
        async with running_service(settings, workers=workers) as running:
            hurry.append(running.force)
            reload.append(running.reload)
            _say(await welcome(running))
            # What is loaded by now stays: to look through it again would hold up requests for 30 ms each time.
            gc.collect()
            gc.freeze()
            broken = asyncio.create_task(running.broken())
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait([broken, stopped], return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if broken.done() and not stop.is_set():
                raise NotReady("The HTTP server ended by itself; the lines above say why.")
            _say("Stopping ...")


@contextmanager
def _rehearsing_settings(latency: str) -> Iterator[Settings]:
    """Give the settings of a service for tests, on the port that is set; webhooks may go to this machine."""
    from ipaddress import ip_network

    from seedbed.cli.throwaway import throwaway_settings
    from seedbed.core.latency import parse_latency
    from seedbed.settings import load_settings

    try:
        queue_s = parse_latency(latency).queue_s
    except ValueError as exc:
        raise typer.BadParameter(str(exc), param_hint="--latency") from exc
    given = load_settings()
    with throwaway_settings(port=given.port, log_level="error") as settings:
        yield replace(
            settings,
            engine=f"testcard@{latency}",
            test_queue_s=queue_s,
            open_networks=(*settings.open_networks, ip_network("127.0.0.0/8"), ip_network("::1/128")),
            requests_per_minute=TEST_REQUESTS_PER_MINUTE,
            cancels_per_minute=TEST_REQUESTS_PER_MINUTE,
        )


async def _test_welcome(running: Running) -> str:
    """Wait until a worker is ready, and return what a shell can read: a test begins when this is there."""
    from seedbed.cli.database import connected
    from seedbed.cli.developer import make_test_login

    await running.ready()
    assert running.settings.database_url is not None
    async with connected(running.settings.database_url) as conn:
        login = await make_test_login(conn, base_url=running.settings.base_url)
    return (
        "# Seedbed in test mode; nothing of it is kept. Ctrl-C stops it.\n"
        f"export SEEDBED_CLIENT_URL={login.base_url}\n"
        f"export SEEDBED_CLIENT_KEY={login.key}"
    )


async def _welcome(running: Running) -> str:
    from datetime import timedelta

    from seedbed.cli.console import speaks_korean
    from seedbed.cli.home import login_file
    from seedbed.cli.open_console import developer_link
    from seedbed.cli.quickstart import ENGLISH, KOREAN, welcome

    if running.login is None:
        return (
            f"Seedbed is ready: {running.settings.base_url}/api/open/v1\n"
            "`seedbed keys create` makes a key in this database, `seedbed credits grant` gives it credits.\n"
            "Ctrl-C stops everything."
        )
    return welcome(
        KOREAN if speaks_korean() else ENGLISH,
        base_url=running.login.base_url,
        console_link=await developer_link(running.settings, running.login, lifetime=timedelta(hours=1)),
        key=running.login.key,
        home=running.settings.home,
        key_file=login_file(running.settings.home),
    )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
