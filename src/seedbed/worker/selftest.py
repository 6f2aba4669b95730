"""A small video that a worker makes for itself, to find out whether its engine is sound.

It asks for no reference, the smallest size and the shortest length, and the result is decoded by the same limited child
process that looks at strangers' files: an engine that only says that all is well does not pass.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from seedbed.core.engine import Canvas, RenderTask, Stage
from seedbed.core.errors import JobFailure, NotReady
from seedbed.core.faults import MediaFault
from seedbed.core.limits import MediaLimits
from seedbed.core.sizes import AspectRatio, Resolution, size_of
from seedbed.core.timeline import FPS, frame_count
from seedbed.media.sandbox import probe_in_child
from seedbed.worker.host import EngineHost

CANVAS = Canvas(size_of(Resolution.P480, AspectRatio.WIDE), frame_count(4), FPS)
TASK = RenderTask("A quiet lake in the morning, static shot.", CANVAS, (), seed=1, wants_audio=True)


async def self_test(host: EngineHost, scratch: Path, *, limit_s: float) -> str | None:
    """Return what is wrong with the engine, or None. `scratch` is the folder where jobs are made: it may be full."""
    try:
        if (await host.warm()).is_remote:  # what others make costs, so it is only asked whether they are there
            async with asyncio.timeout(limit_s):
                return await host.check()
        with TemporaryDirectory(prefix="test-", dir=scratch, ignore_cleanup_errors=True) as folder:
            async with asyncio.timeout(limit_s):
                return await _made(host, Path(folder) / "test.mp4")
    except TimeoutError:
        return f"Its self-test took longer than {limit_s:g} s."
    except OSError as exc:
        return f"It cannot write its files: {exc.strerror}."
    except (JobFailure, NotReady) as exc:
        return f"Its self-test failed: {exc}"


async def _made(host: EngineHost, out: Path) -> str | None:
    done = await host.make(TASK, out, _unheard)
    try:
        probe = await probe_in_child(out, limits=MediaLimits())
    except MediaFault as fault:
        return f"The video of its self-test cannot be used: {fault.reason}."
    is_right = (done.frames, probe.size) == (CANVAS.frames, CANVAS.size)
    return None if is_right else "The video of its self-test is not what was asked for."


def _unheard(stage: Stage, fraction: float) -> None:
    """Progress that nobody waits for."""
