"""However the service ends, nothing of it stays behind, and the next start goes on where it was."""

from __future__ import annotations

import signal
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from clips import assert_promised
from serving import Served, await_progress, await_true, children, is_alive, new_home, run_cli

pytestmark = pytest.mark.server

PROMPT = "slow push in, snow"


@contextmanager
def serving(home: Path, **settings: str) -> Iterator[Served]:
    service = Served(home, SEEDBED_LEASE_S="3", **settings)
    try:
        yield service
    finally:
        service.stop()


def begin(service: Served) -> str:
    """Have a job that is being rendered, and return its id."""
    with service.client() as client:
        created = client.videos.create(
            prompt=PROMPT, model="seedance-2.0", duration=8, resolution="480p", aspect_ratio="16:9"
        )
        await_progress(client, created.request_id, stage="rendering")
    return created.request_id


def test_ctrl_c_stops_everything_and_loses_nothing() -> None:
    with new_home() as home:
        with serving(home) as service:
            request_id = begin(service)
            started = children(service.pid)

            assert service.signal(signal.SIGINT) == 0

            assert len(started) >= 3  # database, worker, engine
            await_true(lambda: not any(map(is_alive, started)), within_s=5)
            key = service.key
        with serving(home) as service, service.client() as client:
            assert service.key == key
            assert client.videos.wait(request_id, timeout_s=120).charged_credits == 32


def test_kill_9_leaves_nothing_running_and_the_next_start_finishes_the_job(tmp_path: Path) -> None:
    with new_home() as home:
        with serving(home) as service:
            request_id = begin(service)
            started = children(service.pid)

            service.signal(signal.SIGKILL)

            await_true(lambda: not any(map(is_alive, started)), within_s=10)
        with serving(home) as service, service.client() as client:
            generation = client.videos.wait(request_id, timeout_s=120)
            assert generation.output is not None
            client.videos.download(generation, tmp_path / "clip.mp4")
    assert_promised(tmp_path / "clip.mp4", resolution="480p", aspect_ratio="16:9", duration_s=8)


def test_a_first_start_is_private_and_speaks_korean_where_that_is_wanted() -> None:
    with new_home() as home, socket.create_server(("127.0.0.1", 0)) as taken:
        (port,) = {taken.getsockname()[1]}
        refused = run_cli(home, "serve", SEEDBED_PORT=str(port))
        assert refused.returncode == 1
        assert "SEEDBED_PORT" in refused.stderr
        assert not (home / "postgres").exists()

        service = Served(home, LC_ALL="ko_KR.UTF-8")
        try:
            assert "텍스트로 비디오" in service.said()
            assert service.key in service.said()
            assert stat.S_IMODE((home / "developer.json").stat().st_mode) == 0o600
            second = run_cli(home, "serve")
            assert second.returncode == 1
            assert "already uses" in second.stderr
        finally:
            service.stop()


def test_the_demo_makes_a_video_and_leaves_nothing(tmp_path: Path) -> None:
    with new_home() as home:
        done = run_cli(home, "demo", "--out", str(tmp_path / "out" / "demo.mp4"), CI="true")
        left = list(home.iterdir())

    assert (done.returncode, done.stderr) == (0, "")
    for word in ("1280x720, 121 frames, 5.04 s", "64 charged", 'from "push in"', "submit to file", "nothing is left"):
        assert word in done.stdout
    assert left == []
    assert_promised(tmp_path / "out" / "demo.mp4", resolution="720p", aspect_ratio="16:9", duration_s=5)
