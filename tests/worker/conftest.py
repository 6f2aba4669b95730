"""What the worker's tests share: engines that misbehave, a tiny clip for them to hand in, and hosts that are closed."""

import os
from ipaddress import ip_network
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from fake_engines import FAKE
from workbench import CANVAS, HERE
from world import FUNDS, World

from seedbed.actions.create_account import create_account
from seedbed.blobs.store import open_blobs
from seedbed.core.engine import marks
from seedbed.media import mux
from seedbed.settings import Settings
from seedbed.store.database import connect_pool
from seedbed.worker.host import EngineHost, EngineLimits


@pytest.fixture(scope="session")
def clip(tmp_path_factory) -> Path:
    """What the fake engines hand in: 864x496, 97 frames of one grey, silence, and all that was promised."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    grey = np.full((496, 864, 3), 90, np.uint8)
    with mux.open_mp4(path, tags=marks(FAKE.name, FAKE.digital_source_type)) as container:
        picture = mux.add_video(container, CANVAS)
        sound = mux.add_audio(container)
        frames = (mux.to_frame(grey, number=number, canvas=CANVAS) for number in range(CANVAS.frames))
        mux.write_packets(container, mux.encode_video(picture, frames), mux.encode_audio(sound, mux.silence(CANVAS)))
    return path


@pytest.fixture(autouse=True)
def engines_can_be_found(monkeypatch, clip):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("FAKE_CLIP", str(clip))


@pytest_asyncio.fixture
async def make_host():
    hosts = []

    def make(engine: str, **limits) -> EngineHost:
        hosts.append(EngineHost(f"fake_engines:{engine}", EngineLimits(**{"threads": 1, **limits})))
        return hosts[-1]

    yield make
    for host in hosts:
        await host.close()


@pytest_asyncio.fixture
async def world(database, tmp_path):
    folder = tmp_path / "blobs"
    settings = Settings(home=tmp_path, lease_s=10, poll_s=0.2, open_networks=(ip_network("127.0.0.0/8"),), samples=True)
    async with connect_pool(database, min_size=1, max_size=4, name="test") as pool:
        async with pool.connection() as conn:
            account = await create_account(conn, name="customer", credits=FUNDS)
        yield World(database, pool, open_blobs(None, folder), folder, settings, account.id)
