"""The OpenAI dialect from end to end: a form with a photograph, the real engine, the video and its thumbnail."""

from __future__ import annotations

import io
from pathlib import Path

import httpx
import pytest
from clips import assert_promised
from PIL import Image
from serving import Served, await_true

pytestmark = pytest.mark.server
PHOTOGRAPH = Path(__file__).with_name("photographs") / "rocket.jpg"


def test_a_photograph_in_a_form_becomes_a_video_with_a_thumbnail(served: Served, tmp_path):
    with httpx.Client(
        base_url=f"{served.base_url}/v1", headers={"Authorization": f"Bearer {served.key}"}, timeout=60
    ) as client:
        fields = {"prompt": "slow push in, sparks", "model": "seedance-2.0-fast", "seconds": "4", "size": "496x864"}
        files = {"input_reference": ("rocket.jpg", PHOTOGRAPH.read_bytes(), "image/jpeg")}
        created = client.post("/videos", data=fields, files=files)
        assert created.status_code == 200, created.text
        place = f"/videos/{created.json()['id']}"
        seen: list[dict] = []

        def is_final() -> bool:
            seen.append(client.get(place).json())
            return seen[-1]["status"] in {"completed", "failed"}

        await_true(is_final, within_s=180)
        assert (seen[-1]["status"], seen[-1]["progress"], seen[-1]["size"]) == ("completed", 100, "496x864"), seen[-1]
        percents = [video["progress"] for video in seen]
        assert percents == sorted(percents)

        clip = tmp_path / "clip.mp4"
        clip.write_bytes(client.get(f"{place}/content").content)
        assert_promised(clip, resolution="480p", aspect_ratio="9:16", duration_s=4)
        thumbnail = Image.open(io.BytesIO(client.get(f"{place}/content", params={"variant": "thumbnail"}).content))
        assert (thumbnail.format, max(thumbnail.size)) == ("JPEG", thumbnail.height) == ("JPEG", 480)

        assert client.delete(place).json()["deleted"] is True
        assert client.get(place).status_code == 404
        assert created.json()["id"] not in client.get("/videos", params={"limit": 100}).text
