"""A worker in a process of its own, with the real engine host and a fast engine. Its settings are its environment's."""

from __future__ import annotations

import asyncio
import os

from seedbed.blobs.store import open_blobs
from seedbed.core.deployment import EngineSpec
from seedbed.settings import load_settings
from seedbed.telemetry.logs import start_logging
from seedbed.worker.loop import run_worker

ENGINE_VARIABLE = "CHAOS_ENGINE"


async def main() -> None:
    settings = load_settings()
    start_logging(settings.log_level, as_json=True)
    assert settings.database_url
    blobs = open_blobs(settings.blobs_url, settings.blobs_folder)
    engine = EngineSpec(name="fake", kind=os.environ[ENGINE_VARIABLE], pool="default")
    await run_worker(
        settings.database_url,
        blobs,
        settings,
        engine=engine,
        stopping=asyncio.Event(),
    )


if __name__ == "__main__":
    asyncio.run(main())
