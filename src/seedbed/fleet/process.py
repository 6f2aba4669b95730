"""One worker process: `python -m seedbed.fleet.process [ENGINE [FLEET SLOT]]` beside its parent, or `seedbed work`.

Beside a service or a fleet it is tied to it, and stops in good order when told to over the pipe; alone it stops on
Ctrl-C or SIGTERM. Either way it finishes its job or hands it back.
"""

from __future__ import annotations

import asyncio
import os
import sys

from seedbed.configuration import load_deployment
from seedbed.core.deployment import EngineSpec
from seedbed.core.errors import NotReady
from seedbed.fleet.interrupts import run_loop
from seedbed.fleet.tie import tie_to_parent
from seedbed.settings import Settings, load_settings
from seedbed.store.workers import Place
from seedbed.telemetry.logs import start_logging


async def run_until(
    stopping: asyncio.Event,
    settings: Settings,
    *,
    engine: str | None = None,
    hurry: asyncio.Event | None = None,
    place: Place | None = None,
) -> None:
    """Work with an engine of the deployment, the embedded one by default, until `stopping` is set.

    `hurry` hands the job back without a grace. Raises NotReady if there is no database to work against, no
    store that takes bytes, or no such engine.
    """
    from seedbed.blobs.probe import probe
    from seedbed.blobs.store import open_blobs
    from seedbed.worker.loop import run_worker

    if settings.database_url is None:
        raise NotReady("A worker needs a database; set SEEDBED_DATABASE_URL.")
    blobs = open_blobs(settings.blobs_url, settings.blobs_folder, ca_bundle=settings.ca_bundle)
    await probe(blobs)
    await run_worker(
        settings.database_url,
        blobs,
        settings,
        engine=_spec(settings, engine),
        stopping=stopping,
        hurry=hurry,
        place=place,
    )


def _spec(settings: Settings, name: str | None) -> EngineSpec:
    deployment = load_deployment(settings)
    try:
        spec = deployment.engines[name or deployment.embedded]
    except KeyError:
        known = ", ".join(sorted(deployment.engines))
        raise NotReady(f"There is no engine '{name}' in this deployment; it has {known}.") from None
    for other in deployment.engines.values():
        if other.key_env and other.key_env != spec.key_env:
            os.environ.pop(other.key_env, None)  # another engine's key is nothing that this one's process should have
    return spec


async def _run_tied(settings: Settings, engine: str | None = None, *fleet_and_slot: str) -> None:
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    tie_to_parent(lambda: loop.call_soon_threadsafe(stopping.set))
    place = Place(fleet=fleet_and_slot[0], slot=fleet_and_slot[1]) if fleet_and_slot else None
    await run_until(stopping, settings, engine=engine, place=place)


def main() -> None:
    try:
        settings = load_settings()
        start_logging(settings.log_level)
        run_loop(_run_tied(settings, *sys.argv[1:]))
    except NotReady as fault:
        sys.stderr.write(f"seedbed: {fault}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
