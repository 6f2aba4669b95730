"""The Ark dialect from end to end: a task over HTTP, the real engine, and a file that is exactly what was promised."""

from __future__ import annotations

from pathlib import Path

import av
import httpx
import numpy as np
import pytest
from clips import ARK_SIZES, assert_promised
from PIL import Image
from serving import Served, await_true

pytestmark = pytest.mark.server
TASKS = "/api/v3/contents/generations/tasks"
EARLIER = "doubao-seedance-1-5-pro-251215"
PICTURE = {"type": "image_url", "image_url": {"url": "https://example.com/a.jpg"}, "role": "first_frame"}


@pytest.fixture
def ark(served: Served):
    with httpx.Client(
        base_url=served.base_url, headers={"Authorization": f"Bearer {served.key}"}, timeout=30
    ) as client:
        yield client


def _finished(ark: httpx.Client, **fields) -> dict:
    body = {"model": EARLIER, "duration": 4, "seed": 7} | fields
    created = ark.post(TASKS, json=body)
    assert created.status_code == 200, created.text
    task: dict = {}

    def is_final() -> bool:
        task.update(ark.get(f"{TASKS}/{created.json()['id']}").json())
        return task["status"] not in {"queued", "running"}

    await_true(is_final, within_s=180)
    assert task["status"] == "succeeded", task
    return task


def _loaded(ark: httpx.Client, url: str, path: Path) -> Path:
    path.write_bytes(ark.get(httpx.URL(url).path).content)
    return path


@pytest.mark.parametrize(("resolution", "ratio"), ARK_SIZES)
def test_the_sizes_that_only_this_dialect_has_are_exact(ark, tmp_path, resolution, ratio):
    content = [{"type": "text", "text": "slow push in"}, PICTURE]

    task = _finished(ark, content=content, resolution=resolution, ratio=ratio)

    clip = _loaded(ark, task["content"]["video_url"], tmp_path / "clip.mp4")
    assert_promised(clip, resolution=resolution, aspect_ratio=ratio, duration_s=4)
    width, height = ARK_SIZES[resolution, ratio]
    assert task["usage"]["completion_tokens"] == width * height * 97 // 1024
    assert (task["resolution"], task["ratio"]) == (resolution, ratio)


def test_a_fixed_camera_a_mark_and_a_last_frame_without_it(ark, tmp_path):
    content = [{"type": "text", "text": "orbit left around the dogs --rs 480p --cf true --wm true"}, PICTURE]

    task = _finished(ark, content=content, ratio="adaptive", return_last_frame=True)

    clip = _loaded(ark, task["content"]["video_url"], tmp_path / "clip.mp4")
    kept = np.asarray(Image.open(_loaded(ark, task["content"]["last_frame_url"], tmp_path / "last.png"))).astype(int)
    with av.open(str(clip)) as container:
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)]
    height, width = kept.shape[:2]
    assert task["ratio"] == "3:4"  # the nearest of the six to the tall photograph
    assert np.abs(frames[0] - frames[-1])[: height // 2].mean() < 2
    corner = (slice(height * 19 // 20, None), slice(width * 2 // 3, None))
    assert np.abs(frames[-1] - kept)[corner].max() > 90
    assert np.abs(frames[-1] - kept)[: height // 2].mean() < 3
