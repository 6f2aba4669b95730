"""The documents' own curl lines, with only host and key changed, run to a finished MP4."""

from __future__ import annotations

import itertools
import json
import queue
import shlex
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from clips import assert_promised
from serving import Served
from standardwebhooks import Webhook

from seedbed.cli.quickstart import CANCEL, GET, IMAGE_TO_VIDEO, MODELS, TEXT_TO_VIDEO, filled

pytestmark = pytest.mark.server


def send(served: Served, line: str, *, request_id: str = "") -> dict[str, Any]:
    """Run one line as a shell would: with curl where there is one, else by its meaning."""
    words = shlex.split(
        filled(line, base_url=served.base_url, key=served.key, request_id=request_id).replace("\\\n", " ")
    )
    if shutil.which("curl"):
        done = subprocess.run([*words, "--silent"], capture_output=True, text=True, timeout=60, check=True)
        return json.loads(done.stdout)
    options = dict(itertools.pairwise(words))
    headers = dict(words[i + 1].split(": ", 1) for i, word in enumerate(words) if word == "--header")
    url = next(word for word in words if word.startswith("http"))
    return httpx.request(options.get("--request", "GET"), url, headers=headers, content=options.get("--data")).json()


@contextmanager
def receiver() -> Iterator[tuple[str, queue.Queue[tuple[dict[str, str], bytes]]]]:
    """What stands at `your-app.com` in the documents: the caller's own server."""
    received: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.put(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", received
        finally:
            server.shutdown()
            thread.join()


def test_the_text_to_video_line_as_it_stands_runs_to_a_video_and_bothers_nobody(served: Served, tmp_path: Path) -> None:
    created = send(served, TEXT_TO_VIDEO)

    assert (created["status"], created["creditsCharged"]) == ("queued", 40)
    assert created["warnings"] == ["webhookUrl has a placeholder's host name; nothing will be sent there"]
    with served.client() as client:
        generation = client.videos.wait(created["requestId"], timeout_s=120)
        assert generation.output is not None
        client.videos.download(generation, tmp_path / "clip.mp4")
    assert_promised(tmp_path / "clip.mp4", resolution="720p", aspect_ratio="16:9", duration_s=5)


def test_the_text_to_video_line_runs_to_a_video_and_its_webhook(served: Served, tmp_path: Path) -> None:
    with receiver() as (app, received):
        created = send(served, TEXT_TO_VIDEO.replace("https://your-app.com", app))
        assert created | {"requestId": ""} == {
            "success": True,
            "requestId": "",
            "status": "queued",
            "creditsCharged": 40,
        }

        with served.client() as client:
            generation = client.videos.wait(created["requestId"], timeout_s=120)
            assert generation.output is not None
            client.videos.download(generation, tmp_path / "clip.mp4")
        headers, body = received.get(timeout=60)

    shown = send(served, GET, request_id=created["requestId"])
    documented = {name: shown[name] for name in list(shown)[:9]}
    assert documented == {
        "success": True,
        "requestId": created["requestId"],
        "status": "succeeded",
        "model": "seedance-2.0",
        "prompt": "A river flowing through an autumn forest, aerial view, cinematic motion",
        "duration": 5,
        "aspectRatio": "16:9",
        "output": shown["output"],
        "error": None,
    }
    assert shown["output"]["type"] == "video"
    assert shown["output"]["url"] == f"{served.base_url}/open-api-results/{created['requestId']}.mp4"
    assert shown["metadata"] == {"projectId": "proj_1001", "sceneId": "scene_08"}
    secrets = httpx.get(
        f"{served.base_url}/api/open/v1/webhooks/secret", headers={"Authorization": f"Bearer {served.key}"}
    ).json()["secrets"]
    assert Webhook(secrets[0]).verify(body, headers) == shown
    assert_promised(tmp_path / "clip.mp4", resolution="720p", aspect_ratio="16:9", duration_s=5)


def test_the_image_to_video_line_runs_to_a_video_of_a_sample_photograph(served: Served, tmp_path: Path) -> None:
    created = send(served, IMAGE_TO_VIDEO)

    assert created["creditsCharged"] == 64
    assert "example" not in created["warnings"][0]
    with served.client() as client:
        generation = client.videos.wait(created["requestId"], timeout_s=120)
        assert generation.output is not None
        client.videos.download(generation, tmp_path / "clip.mp4")
    assert generation.engine == "animatic"
    assert_promised(tmp_path / "clip.mp4", resolution="720p", aspect_ratio="16:9", duration_s=5)


def test_the_cancel_line_gives_the_whole_charge_back(served: Served) -> None:
    available = httpx.get(f"{served.base_url}/api/open/v1/credits", headers={"Authorization": f"Bearer {served.key}"})
    created = send(served, IMAGE_TO_VIDEO)

    cancelled = send(served, CANCEL, request_id=created["requestId"])

    assert cancelled == {"success": True, "requestId": created["requestId"], "status": "cancelled"}
    shown = send(served, GET, request_id=created["requestId"])
    assert (shown["status"], shown["output"], shown["creditsRefunded"]) == ("cancelled", None, 64)
    assert available.status_code == 200


def test_the_models_line_needs_no_key(served: Served) -> None:
    answer = send(served, MODELS)

    assert answer["success"] is True
    assert [model["id"] for model in answer["data"]] == ["seedance-2.0", "seedance-2.0-fast", "seedance-1.5-pro"]


def test_a_korean_prompt_makes_a_slate_and_is_understood(served: Served, tmp_path: Path) -> None:
    with served.client() as client:
        created = client.videos.create(
            prompt="비 내리는 가을 숲, 천천히 줌인", model="seedance-2.0-fast", duration=4, resolution="480p"
        )
        generation = client.videos.wait(created.request_id, timeout_s=120)
        assert generation.output is not None
        client.videos.download(generation, tmp_path / "clip.mp4")

    plan = generation.shot_plan or {}
    assert [cue["move"] for cue in plan["moves"]] == ["push_in"]
    assert [cue["effect"] for cue in plan["effects"]] == ["rain"]
    assert_promised(tmp_path / "clip.mp4", resolution="480p", aspect_ratio="16:9", duration_s=4)
