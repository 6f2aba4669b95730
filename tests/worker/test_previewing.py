"""Previews: stored while a video is made, taken for pictures only if they are, and gone with the making."""

from __future__ import annotations

from io import BytesIO

import pytest

from seedbed.core.engine import Stage
from seedbed.core.errors import Unavailable
from seedbed.core.job import State, preview_key
from seedbed.worker import child, wire
from seedbed.worker.previewing import MAX_BYTES

pytestmark = pytest.mark.server

JPEG = b"\xff\xd8\xff one"


@pytest.fixture
def gate(tmp_path, monkeypatch):
    monkeypatch.setenv("FAKE_GATE", str(tmp_path / "gate"))
    return tmp_path / "gate"


async def test_a_preview_is_there_while_the_video_is_made_and_gone_with_it(world, gate):
    job_id = await world.submit()
    async with world.worker("Shows"):
        making = await world.until(job_id, lambda job: job.has_preview)
        shown = await world.blobs.read(preview_key(making))
        gate.touch()
        ended = await world.ended(job_id)

    assert (making.state, shown) == (State.PROCESSING, JPEG)
    assert ended.state is State.SUCCEEDED
    assert world.stored() == [f"jobs/{job_id}/1/result.mp4"]


@pytest.mark.parametrize("preview", [b"<script>", JPEG + bytes(MAX_BYTES)])
async def test_what_is_no_small_jpeg_is_not_shown(world, gate, monkeypatch, preview):
    monkeypatch.setenv("FAKE_PREVIEW", preview[:10].hex() + f"*{len(preview)}")
    gate.touch()
    async with world.worker("Shows"):
        job = await world.ended(await world.submit())

    assert (job.state, job.has_preview) == (State.SUCCEEDED, False)


async def test_a_store_that_takes_no_previews_does_not_stand_in_the_jobs_way(world, gate, monkeypatch):
    async def refuse(*_):
        raise Unavailable("The store does not answer.")

    monkeypatch.setattr(world.blobs, "put_changing", refuse)
    gate.touch()
    async with world.worker("Shows"):
        job = await world.ended(await world.submit())

    assert (job.state, job.failures, job.has_preview) == (State.SUCCEEDED, 0, False)


def test_of_the_previews_the_newest_crosses_the_pipe_every_two_seconds_at_most(monkeypatch):
    now, pipe = [100.0], BytesIO()
    monkeypatch.setattr(child.time, "monotonic", lambda: now[0])
    report = child._Reporter(1, child._Orders(), pipe)

    for preview in (b"a", b"b", b"c", None, None):
        report(Stage.RENDERING, 0.5, preview=preview)
        now[0] += 0.7
    sent = [wire.decode_from_child(line).preview for line in pipe.getvalue().splitlines()]

    assert sent == [b"a", None, None, b"c", None]
