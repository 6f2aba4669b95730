"""One worker process: `python -m seedbed.fleet.process` beside a service, and what `seedbed work` runs.

Beside a service it is tied to it, and stops in good order when told to over the pipe; alone it stops on Ctrl-C or
SIGTERM. Either way it finishes its job or hands it back.
"""

from __future__ import annotations

import asyncio
import sys

from seedbed.core.errors import NotReady
from seedbed.core.job import DEFAULT_POOL
from seedbed.fleet.interrupts import run_loop
from seedbed.fleet.tie import tie_to_parent
from seedbed.settings import Settings, load_settings
from seedbed.telemetry.logs import start_logging


async def run_until(stopping: asyncio.Event, settings: Settings, *, hurry: asyncio.Event | None = None) -> None:
    """Work until `stopping` is set; `hurry` hands the job back without a grace.

    Raises NotReady if there is no database to work against.
    """
    from seedbed.blobs.store import open_blobs
    from seedbed.worker.loop import run_worker

    if settings.database_url is None:
        raise NotReady("A worker needs a database; set SEEDBED_DATABASE_URL.")
    blobs = open_blobs(settings.blobs_url, settings.blobs_folder)
    await run_worker(
        settings.database_url,
        blobs,
        settings,
        engine=settings.engine,
        pools=[DEFAULT_POOL],
        stopping=stopping,
        hurry=hurry,
    )


async def _run_beside_the_service(settings: Settings) -> None:
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    tie_to_parent(lambda: loop.call_soon_threadsafe(stopping.set))
    await run_until(stopping, settings)


def main() -> None:
    try:
        settings = load_settings()
        start_logging(settings.log_level)
        run_loop(_run_beside_the_service(settings))
    except NotReady as fault:
        sys.stderr.write(f"seedbed: {fault}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
