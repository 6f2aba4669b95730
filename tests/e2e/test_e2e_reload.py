"""A service reads its configuration anew while it works: what it offers changes, and nothing it has loaded is lost."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import httpx
import pytest
from serving import Served, await_true, children, new_home

pytestmark = pytest.mark.server

DEARER = """
[models."seedance-2.0"]
price = { 480p = "11" }
chain = [{ engine = "testcard", modes = ["text_to_video"] }]

[engines.second]
kind = "testcard"
"""


def reload(service: Served, file: str, *, until: str) -> None:
    """Write the file, tell the service, and wait for its word."""
    (service.home / "seedbed.toml").write_text(file)
    said = len(service.said())
    os.kill(service.pid, signal.SIGHUP)
    await_true(lambda: until in service.said()[said:], within_s=20)


def offered(service: Served) -> tuple[float, list[str]]:
    shown = httpx.get(f"{service.base_url}/api/open/v1/models").json()["data"]
    model = next(model for model in shown if model["id"] == "seedance-2.0")
    return model["pricing"]["perSecond"]["480p"], model["modes"]


def kept(service: Served) -> set[int]:
    """Return the worker and its engine, by their processes."""
    return {pid for pid in children(service.pid) if b"seedbed" in Path(f"/proc/{pid}/cmdline").read_bytes()}


def make(service: Served, path: Path) -> int:
    """Have a video made, and return its price."""
    with service.client() as client:
        created = client.videos.create(prompt="slow push in", model="seedance-2.0", duration=4, resolution="480p")
        client.videos.download(client.videos.wait(created.request_id, timeout_s=60), path)
        return client.videos.get(created.request_id).charged_credits


def test_a_new_price_and_chain_hold_at_once_and_the_warm_worker_goes_on(tmp_path: Path) -> None:
    with new_home() as home:
        service = Served(home, SEEDBED_ENGINE="testcard")
        try:
            assert make(service, tmp_path / "before.mp4") == 16
            before = kept(service)

            reload(service, DEARER, until="seedbed work --engine second")

            assert "480p 4 -> 11 credits/s" in service.said()
            assert offered(service) == (11, ["text_to_video"])
            assert make(service, tmp_path / "after.mp4") == 44
            assert kept(service) == before
            assert len(before) >= 2  # the worker, and its engine

            reload(service, DEARER.replace("testcard", "tetscard", 1), until="there is no engine 'tetscard'")
            reload(service, "[models", until="It is not TOML")

            assert offered(service) == (11, ["text_to_video"])
            assert kept(service) == before
        finally:
            service.stop()
