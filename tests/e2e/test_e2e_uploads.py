"""Uploads pass through the service's process without being held there."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest
from serving import Served

from media.media_makers import video

pytestmark = pytest.mark.server

SIZE_BYTES = 50_000_000
MOST_BYTES = 16_000_000


def peak_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0])


def padded(clip: Path) -> Path:
    """Lengthen a clip to 50 MB by a box that players pass over."""
    room = SIZE_BYTES - clip.stat().st_size
    with clip.open("ab") as file:
        file.write(struct.pack(">I4s", room, b"free"))
        file.truncate(SIZE_BYTES)
    return clip


def test_an_upload_of_50_mb_takes_less_than_16_mb_of_memory(served: Served, tmp_path: Path) -> None:
    clip = video(tmp_path / "a.mp4", width=320, height=320, frames=60)
    with served.client() as client:
        client.assets.upload(clip)  # so that what every upload needs is there
        Path(f"/proc/{served.pid}/clear_refs").write_text("5")
        before_bytes = peak_bytes(served.pid)

        client.assets.upload(padded(clip))

    assert peak_bytes(served.pid) - before_bytes < MOST_BYTES
