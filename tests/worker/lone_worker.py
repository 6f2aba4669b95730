"""A worker in a process of its own, to be killed: `lone_worker.py DATABASE_URL BLOBS_FOLDER ENGINE`."""

import asyncio
import sys
from pathlib import Path

from seedbed.blobs.store import open_blobs
from seedbed.settings import Settings
from seedbed.worker.loop import run_worker


async def main(url: str, blobs: Path, engine: str) -> None:
    settings = Settings(home=blobs.parent, lease_s=600, poll_s=0.2)
    await run_worker(url, open_blobs(None, blobs), settings, engine=engine, pools=["default"], stopping=asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
