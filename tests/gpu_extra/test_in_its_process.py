"""The engine where it really runs: in a process of its own, under the host that a worker has for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from clips import TINY, frames_in, task
from forgetful import TOO_MUCH

from seedbed.core.engine import Stage
from seedbed.core.errors import EngineOutOfMemory, NotReady
from seedbed.worker.host import EngineHost, EngineLimits

LIMITS = EngineLimits(grace_s=20.0, start_s=120.0)


def _pid_of(host: EngineHost) -> int:
    assert host._process is not None
    return host._process._process.pid


@asynccontextmanager
async def host_of(folder: Path, engine: str = "diffusers") -> AsyncIterator[EngineHost]:
    host = EngineHost(engine, LIMITS, options={"card": "wan-2.2-ti2v-5b", "folder": str(folder), **TINY})
    try:
        yield host
    finally:
        await host.close()


async def test_a_clip_comes_out_exactly_as_it_was_promised(ti2v_folder: Path, tmp_path: Path) -> None:
    order = replace(task(frames=25), wants_audio=True)
    stages: list[Stage] = []
    async with host_of(ti2v_folder) as host:
        done = await host.make(order, tmp_path / "a.mp4", lambda stage, _: stages.append(stage))

    assert (done.size, done.frames, done.fps) == (order.canvas.size, 25, 24)
    assert len(frames_in(tmp_path / "a.mp4")) == 25
    assert done.sent is not None
    assert done.sent["seed"] == 7
    assert {Stage.PREPARING, Stage.RENDERING, Stage.FINISHING} <= set(stages)


async def test_a_cancelled_clip_leaves_the_model_where_it_is(ti2v_folder: Path, tmp_path: Path) -> None:
    async with host_of(ti2v_folder) as host:
        await host.warm()
        pid = _pid_of(host)
        begun = asyncio.Event()
        making = asyncio.create_task(
            host.make(replace(task(), options={"steps": 900}), tmp_path / "a.mp4", lambda *_: begun.set())
        )
        await begun.wait()
        making.cancel()
        with pytest.raises(asyncio.CancelledError):
            await making

        await host.make(task(), tmp_path / "b.mp4", lambda *_: None)

        assert _pid_of(host) == pid
    assert not (tmp_path / "a.mp4").exists()


async def test_running_out_of_memory_is_told_as_that_and_the_next_process_makes_the_next_clip(
    ti2v_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    async with host_of(ti2v_folder, engine="forgetful:Forgetful") as host:
        with pytest.raises(EngineOutOfMemory):
            await host.make(replace(task(), prompt=TOO_MUCH), tmp_path / "a.mp4", lambda *_: None)

        await host.make(task(), tmp_path / "b.mp4", lambda *_: None)

    assert len(frames_in(tmp_path / "b.mp4")) == 9


async def test_a_model_that_is_not_there_is_told_by_the_process_that_does_not_start(tmp_path: Path) -> None:
    async with host_of(tmp_path / "nothing") as host:
        with pytest.raises(NotReady, match="There is no folder"):
            await host.warm()
