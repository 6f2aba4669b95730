"""`seedbed serve`: the service, kept running until it is told to stop."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from seedbed.cli.service import Running
    from seedbed.settings import Settings


def serve(
    workers: Annotated[int, typer.Option(min=0, max=64, help="How many workers to run beside the API.")] = 1,
) -> None:
    """Run the service on 127.0.0.1:8000: its own database, the API and a worker, until Ctrl-C."""
    from seedbed.fleet.interrupts import run_loop
    from seedbed.settings import load_settings
    from seedbed.telemetry.logs import start_logging

    settings = load_settings()
    start_logging(settings.log_level)
    run_loop(_serve(settings, workers=workers))


async def _serve(settings: Settings, *, workers: int) -> None:
    import asyncio

    from seedbed.cli.service import running_service
    from seedbed.core.errors import NotReady
    from seedbed.fleet.interrupts import interrupts

    stop = asyncio.Event()
    hurry: list[Callable[[], None]] = []
    with interrupts(stop.set, lambda: [force() for force in hurry]):
        async with running_service(settings, workers=workers) as running:
            hurry.append(running.force)
            _say(_welcome(running))
            broken = asyncio.create_task(running.broken())
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait([broken, stopped], return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if broken.done() and not stop.is_set():
                raise NotReady("The HTTP server ended by itself; the lines above say why.")
            _say("Stopping ...")


def _welcome(running: Running) -> str:
    from seedbed.cli.console import speaks_korean
    from seedbed.cli.home import login_file
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
        key=running.login.key,
        home=running.settings.home,
        key_file=login_file(running.settings.home),
    )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
