"""What the tests of the engine `videos_api` share: a server in their hand, a clip and a task."""

from __future__ import annotations

import pytest
from videos_standin import says, standin

from seedbed.core.engine import Canvas, LocalReference, RenderTask
from seedbed.core.references import Role
from seedbed.core.sizes import Size
from seedbed.core.timeline import FPS, frame_count
from seedbed.engines.testcard.card import draw_card
from seedbed.media.mux import add_video, encode_video, open_mp4, to_frame, write_packets

TYPES = {
    "image": ("picture.png", "image/png"),
    "video": ("dance.mp4", "video/mp4"),
    "audio": ("song.mp3", "audio/mpeg"),
}


@pytest.fixture
def server():
    with standin() as running:
        yield running


@pytest.fixture(scope="session")
def clip(tmp_path_factory) -> bytes:
    """A real MP4 of eight frames."""
    path, canvas = tmp_path_factory.mktemp("clip") / "clip.mp4", Canvas(Size(64, 64), 8, FPS)
    card = draw_card(canvas.size)
    with open_mp4(path, tags={}) as made:
        stream = add_video(made, canvas, crf=30)
        frames = (to_frame(card, number=n, canvas=canvas) for n in range(canvas.frames))
        write_packets(made, encode_video(stream, frames))
    return path.read_bytes()


@pytest.fixture
def task(tmp_path):
    """Make a task: `task("first_frame", "reference_audio", seed=7)`."""

    def make(*roles, duration_s=5, size=(1280, 720), **changed):
        references = []
        for number, role in enumerate(map(Role, roles)):
            name, content_type = TYPES[role.kind]
            path = tmp_path / f"{number}-{name}"
            path.write_bytes(f"the bytes of {number}".encode())
            url = f"https://media.example/{number}/{name}?token=secret"
            references.append(LocalReference(path, role.kind, role, f"mediaUrls[{number}]", content_type, url))
        given = {
            "seed": 7,
            "wants_audio": True,
            "model": "fox-1",
            "ticket": "job-1",
            "duration_s": duration_s,
        } | changed
        canvas = Canvas(Size(*size), frame_count(duration_s), FPS)
        return RenderTask("A fox runs.", canvas, tuple(references), **given)

    return make


@pytest.fixture
def ready(server, clip):
    """A server that takes an order, makes progress and has the clip."""
    server.on("POST", "/v1/videos", says({"id": "v-1", "object": "video", "status": "queued", "progress": 0}))
    server.on(
        "GET",
        "/v1/videos/v-1",
        says({"id": "v-1", "status": "in_progress", "progress": 40}),
        says({"id": "v-1", "status": "completed", "progress": 100}),
    )
    server.on("GET", "/v1/videos/v-1/content", says(clip, Content_Type="video/mp4"))
    server.on("DELETE", "/v1/videos/v-1", says({"id": "v-1", "object": "video.deleted", "deleted": True}))
    return server
