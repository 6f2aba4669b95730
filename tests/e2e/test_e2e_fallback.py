"""A chain of engines in `seedbed.toml`, to the file: another Seedbed makes the video, or the next engine does."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
import pytest
from clips import assert_promised
from serving import Served, new_home, run_cli

pytestmark = pytest.mark.server

CONFIGURATION = """
[engines.studio]
kind = "open_api"
base_url = "{base_url}"
key_env = "STUDIO_KEY"
order_s = 2
poll_s = 0.2
open_networks = ["127.0.0.0/8"]

[models."seedance-2.0"]
chain = [{{ engine = "studio", max_duration = 5 }}, {{ engine = "testcard" }}]
"""
PHOTOGRAPH = Path(str(resources.files("seedbed") / "samples" / "fig.jpg"))


@contextmanager
def drawing_on(base_url: str, key: str) -> Iterator[Served]:
    """Serve with a chain that begins at another service."""
    with new_home() as home:
        (home / "seedbed.toml").write_text(CONFIGURATION.format(base_url=base_url))
        service = Served(home, SEEDBED_ENGINE="testcard@instant", STUDIO_KEY=key)
        try:
            yield service
        finally:
            service.stop()


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port that is taken, and where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def ask(service: Served, path: str) -> dict[str, Any]:
    answer = httpx.get(f"{service.base_url}/api/open/v1/{path}", headers={"Authorization": f"Bearer {service.key}"})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def generated(service: Served, out: Path, *, engine: str) -> dict[str, Any]:
    """Have a photograph brought to life, and return what GET shows of it. The file must be what was promised."""
    order = {"prompt": "slow push in", "media": [PHOTOGRAPH], "duration": 4, "resolution": "480p"}
    with service.client() as client:
        made = client.videos.create(**order, aspect_ratio="16:9")
        client.videos.download(client.videos.wait(made.request_id, timeout_s=60), out)
    assert_promised(out, resolution="480p", aspect_ratio="16:9", duration_s=4, engine=engine)
    return ask(service, f"video/generations/{made.request_id}")


def ledger(service: Served) -> list[str]:
    """Return the kinds of all that moved the account's money, the oldest first."""
    return [line["kind"] for line in reversed(ask(service, "credits?limit=100")["ledger"])]


def test_a_job_whose_first_engine_cannot_be_reached_is_made_by_the_next_for_one_charge(
    deaf_port: int, tmp_path: Path
) -> None:
    with drawing_on(f"http://127.0.0.1:{deaf_port}", "nobodys") as service:
        shown = generated(service, tmp_path / "clip.mp4", engine="testcard")

        [attempt] = shown["attempts"]
        assert (attempt["engine"], attempt["code"]) == ("studio", "upstream_failed")
        assert shown["engine"].startswith("testcard")
        assert (shown["creditsCharged"], shown["creditsRefunded"]) == (26, 0)
        assert ledger(service)[1:] == ["hold", "capture"]
        assert run_cli(service.home, "audit").returncode == 0


def test_another_seedbed_makes_it_and_each_of_the_two_charges_once(served: Served, tmp_path: Path) -> None:
    before = ledger(served)

    with drawing_on(served.base_url, served.key) as service:
        shown = generated(service, tmp_path / "clip.mp4", engine="open_api")

        assert "attempts" not in shown
        assert shown["engine"].startswith("studio")
        assert ledger(service)[1:] == ["hold", "capture"]
    [made, *_] = ask(served, "video/generations?limit=1")["data"]
    assert (made["status"], made["seed"]) == ("succeeded", shown["seed"])
    assert ledger(served)[len(before) :] == ["hold", "capture"]
