"""What the tests of engines whose work goes on elsewhere share: a server that fails on demand, and a small clip."""

from __future__ import annotations

import pytest
from faulty_proxy import faulty_proxy
from remote_tasks import RecordingReport

from seedbed.core.engine import Canvas
from seedbed.core.sizes import Size
from seedbed.engines.testcard.recording import beeps, record_pictures, record_sound, write_clip


@pytest.fixture
def server():
    """A server that says what it is told."""
    with faulty_proxy() as running:
        yield running


@pytest.fixture
def report():
    return RecordingReport()


@pytest.fixture(scope="session")
def clip(tmp_path_factory) -> bytes:
    """A whole small MP4."""
    canvas = Canvas(Size(64, 36), 25, 24)
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    write_clip(record_pictures(canvas.size), record_sound(beeps(canvas)), canvas, path, tags={})
    return path.read_bytes()
