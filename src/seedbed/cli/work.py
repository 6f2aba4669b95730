"""`seedbed work`: a worker on this machine, for a service anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from seedbed.settings import Settings


def work(
    engine: Annotated[
        str | None, typer.Option(help="An engine of the configuration, by name. Default: the embedded one.")
    ] = None,
) -> None:
    """Run a worker against SEEDBED_DATABASE_URL: it takes jobs and makes their videos, until Ctrl-C."""
    from seedbed.cli.database import migrated
    from seedbed.core.errors import NotReady
    from seedbed.fleet.interrupts import run_loop
    from seedbed.settings import load_settings
    from seedbed.telemetry.logs import start_logging

    settings = load_settings()
    if settings.database_url is None:
        raise NotReady(
            "SEEDBED_DATABASE_URL is not set, so there is no service to work for. (`seedbed serve` without it brings "
            "its own database and its own worker.)"
        )
    start_logging(settings.log_level)
    migrated(settings.database_url, may_change=False, listen_url=settings.listen_url)
    run_loop(_work(settings, engine))


async def _work(settings: Settings, engine: str | None) -> None:
    import asyncio
    import os

    from seedbed.fleet.interrupts import interrupts
    from seedbed.fleet.process import run_until

    stopping, hurry = asyncio.Event(), asyncio.Event()

    def hurried() -> None:
        if hurry.is_set():
            os._exit(130)  # the third does not wait at all: the job's lease runs out, and another worker takes it
        hurry.set()

    # The first gives the job in hand some time to end, the second hands it back at once.
    with interrupts(stopping.set, hurried):
        await run_until(stopping, settings, engine=engine, hurry=hurry)
