"""A worker in a process of its own, to be killed: `lone_worker.py DATABASE_URL BLOBS_FOLDER ENGINE LEASE_S`."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from obstore.store import LocalStore

from seedbed.blobs.store import Blobs
from seedbed.core.deployment import EngineSpec
from seedbed.settings import Settings
from seedbed.worker.loop import run_worker


class FreezingBlobs(Blobs):
    """Freezes its own process once, before it stores, if a folder asks for that."""

    def __init__(self, store: LocalStore, folder: Path) -> None:
        super().__init__(store)
        self.asked = folder / "freeze"

    async def put_file(self, key: str, path: Path, *, name: str | None = None) -> None:
        if not self.asked.exists():
            await super().put_file(key, path, name=name)
            return
        self.asked.rmdir()
        os.kill(os.getpid(), signal.SIGSTOP)
        await super().put_file(key, path, name=name)


async def main(url: str, blobs: Path, engine: str, lease_s: float) -> None:
    settings = Settings(home=blobs.parent, lease_s=lease_s, poll_s=0.2)
    stored = FreezingBlobs(LocalStore(blobs, mkdir=True, automatic_cleanup=True), blobs)
    await run_worker(
        url, stored, settings, engine=EngineSpec(name="fake", kind=engine, pool="default"), stopping=asyncio.Event()
    )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], float(sys.argv[4])))
