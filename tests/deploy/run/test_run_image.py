"""The image, built by its own file and run by runc: no root, nothing to write to but its volume and /tmp."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from boxes import Box, await_true, boxed
from images import Image

from seedbed.media.sandbox import standing_fences
from seedbed_client import Generation, Seedbed

pytestmark = pytest.mark.server
READY = "/api/open/v1/models"
STOPPED_WITHIN_S = 20
PICTURE = Path(__file__).parents[2] / "e2e/photographs/rocket.jpg"


@pytest.fixture
def port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.fixture
def box(image: Image, volume: Path, port: str) -> Iterator[Box]:
    with boxed(image, volume, SEEDBED_PORT=port) as box:
        await_true(lambda: box.assert_up() and READY in box.said())
        yield box


def client_of(volume: Path, port: str) -> Seedbed:
    login = json.loads((volume / "developer.json").read_text())
    return Seedbed(login["key"], f"http://127.0.0.1:{port}")


def make_clip(volume: Path, port: str) -> Generation:
    with client_of(volume, port) as client:
        ordered = client.videos.create(prompt="slow push in", media=[PICTURE], duration=4, resolution="480p")
        made = client.videos.wait(ordered.request_id, timeout_s=120)
        assert made.status == "succeeded", made
        return made


def test_a_clip_is_made_without_rights_on_a_root_that_nothing_can_write_to(box: Box, volume: Path, port: str) -> None:
    made = make_clip(volume, port)

    with client_of(volume, port) as client:
        assert client.videos.download(made, to=volume / "clip.mp4").stat().st_size > 50_000

    status = box.run("cat", "/proc/1/status")
    assert "Uid:\t10001\t10001" in status
    assert "CapEff:\t0000000000000000" in status
    assert "CapBnd:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert "Read-only" in box.run("sh", "-c", "touch /opt/seedbed/x 2>&1 || true")


def test_strangers_files_meet_the_same_fences_as_outside(box: Box) -> None:
    said = box.run("seedbed", "doctor")

    assert "(seccomp)" in said
    assert ("(Landlock)" in said) == standing_fences()["files"]


def test_sigterm_ends_it_in_good_order_with_0_and_leaves_nobody(box: Box) -> None:
    pids = box.pids

    box.signal(signal.SIGTERM)

    assert box.wait(within_s=STOPPED_WITHIN_S) == 0, box.said()
    assert "Stopping" in box.said()
    assert len(pids) > 5
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []


def engines_of(box: Box) -> list[int]:
    return [pid for pid in box.pids if b"seedbed.worker.child" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_killed_engines_are_buried_by_the_first_process(box: Box, volume: Path, port: str) -> None:
    await_true(lambda: engines_of(box))

    for pid in engines_of(box):
        os.kill(pid, signal.SIGKILL)
    make_clip(volume, port)

    zombies = [pid for pid in box.pids if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"]
    assert zombies == []


def test_the_next_version_finds_the_jobs_and_videos_of_the_one_before(
    image: Image, next_image: Image, volume: Path, port: str
) -> None:
    with boxed(image, volume, SEEDBED_PORT=port) as first:
        await_true(lambda: first.assert_up() and READY in first.said())
        made = make_clip(volume, port)
        first.signal(signal.SIGTERM)
        assert first.wait(within_s=STOPPED_WITHIN_S) == 0

    with boxed(next_image, volume, SEEDBED_PORT=port) as second:
        await_true(lambda: second.assert_up() and READY in second.said())
        with client_of(volume, port) as client:
            known = client.videos.get(made.request_id)
            bytes_of_it = client.videos.download(known, to=volume / "again.mp4").stat().st_size

    assert known.status == "succeeded"
    assert known.created_at == made.created_at
    assert bytes_of_it > 50_000


def test_a_volume_is_usable_after_its_container_was_killed(image: Image, volume: Path, port: str) -> None:
    """Both containers count from 1: what the dead one left under that number must not be taken for the living one."""
    with boxed(image, volume, SEEDBED_PORT=port) as first:
        await_true(lambda: first.assert_up() and READY in first.said())
        first.signal(signal.SIGKILL)
        first.wait(within_s=STOPPED_WITHIN_S)

    with boxed(image, volume, "keys", "list", SEEDBED_PORT=port) as command:
        assert command.wait(within_s=60) == 0, command.said()
    with boxed(image, volume, SEEDBED_PORT=port) as second:
        await_true(lambda: second.assert_up() and READY in second.said())
        assert make_clip(volume, port).status == "succeeded"
