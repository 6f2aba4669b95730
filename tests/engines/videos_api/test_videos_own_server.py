"""The engine against our own OpenAI dialect, over real HTTP: a Seedbed that has another Seedbed make its video."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from PIL import Image
from videos_heard import Heard

from seedbed.core.engine import LocalReference, Stage, Stop
from seedbed.core.errors import ContentRejected, EngineUnavailable, UpstreamRefused
from seedbed.core.references import Kind, Role
from seedbed.engines.videos_api.engine import VideosApi
from seedbed.media.inspect import inspect
from seedbed.testing.service import TestServer, serving

pytestmark = pytest.mark.server
FLAVOUR = {"flavour": "seedbed", "poll_s": 0.2}


def bearer(server: TestServer) -> dict[str, str]:
    return {"Authorization": f"Bearer {server.key}"}


@pytest.fixture(scope="module")
def seedbed() -> Iterator[TestServer]:
    with serving(latency="1.5") as running:
        # The ledger of the test mode is filled by the first job, so that from here on it tells what a video cost.
        with httpx.Client(base_url=running.base_url, headers=bearer(running), trust_env=False) as client:
            first = client.post("/v1/videos", json={"prompt": "A fox.", "seconds": "4"}).json()
            client.delete(f"/v1/videos/{first['id']}")
        yield running


@pytest.fixture
def engine(seedbed) -> VideosApi:
    return VideosApi({"base_url": seedbed.base_url, "key": seedbed.key, "model": "seedance-2.0-fast", **FLAVOUR})


@pytest.fixture
def picture(tmp_path) -> LocalReference:
    path = tmp_path / "picture.png"
    Image.new("RGB", (640, 480), "teal").save(path)
    return LocalReference(path, Kind.IMAGE, Role.FIRST_FRAME, "mediaUrls[0]", "image/png")


def ask(seedbed, path):
    answer = httpx.get(f"{seedbed.base_url}{path}", headers=bearer(seedbed), trust_env=False)
    return answer.json() if answer.status_code == 200 else answer.status_code


@pytest.mark.parametrize("way", ["file", "data"])
def test_a_video_is_made_there_with_progress_and_comes_back_as_promised(engine, seedbed, task, picture, tmp_path, way):
    engine = VideosApi({"base_url": seedbed.base_url, "key": seedbed.key, "references_as": way, **FLAVOUR})
    wanted = replace(task(duration_s=4, ticket=f"made-{way}", model="seedance-2.0"), references=(picture,))
    heard = Heard()

    made = engine.make(wanted, tmp_path / "out.mp4", heard)

    found = inspect(made.path, canvas=wanted.canvas, wants_audio=True, tags={})
    assert found.is_kept, found
    fractions = [fraction for stage, fraction in heard.told if stage is Stage.RENDERING]
    assert fractions == sorted(fractions)
    assert any(0 < fraction < 1 for fraction in fractions)
    assert not made.warnings


def test_an_attempt_that_lost_its_note_gets_the_same_video_for_the_same_price(engine, seedbed, task, tmp_path):
    spent_before = ask(seedbed, "/api/open/v1/credits")["available"]
    heard, wanted = Heard(), task(duration_s=4, ticket="twice")

    engine.make(wanted, tmp_path / "one.mp4", heard)
    spent_once = ask(seedbed, "/api/open/v1/credits")["available"]
    again = Heard()
    engine.make(replace(wanted, memory=heard.memories[0]), tmp_path / "two.mp4", again)

    assert again.memories[-1]["id"] == heard.memories[-1]["id"]
    assert ask(seedbed, "/api/open/v1/credits")["available"] == spent_once
    assert spent_once < spent_before


def test_a_cancel_here_cancels_the_job_there_and_gives_its_credits_back(engine, seedbed, task, tmp_path):
    before = ask(seedbed, "/api/open/v1/credits")
    heard = Heard(lambda heard: any(stage is Stage.RENDERING for stage, _ in heard.told))

    with pytest.raises(Stop):
        engine.make(task(duration_s=4, ticket="cancelled"), tmp_path / "out.mp4", heard)

    assert ask(seedbed, f"/v1/videos/{heard.memories[-1]['id']}") == 404
    assert ask(seedbed, "/api/open/v1/credits") == before


def test_what_it_refuses_and_rejects_is_named(engine, seedbed, task, tmp_path):
    with pytest.raises(UpstreamRefused, match="seconds"):
        engine.make(task(duration_s=99, ticket="long"), tmp_path / "out.mp4", Heard())
    stranger = VideosApi({"base_url": seedbed.base_url, "key": "sd2_test_wrong", **FLAVOUR})
    with pytest.raises(EngineUnavailable) as caught:
        stranger.make(task(ticket="stranger", model="seedance-2.0"), tmp_path / "out.mp4", Heard())

    assert "refuses our key" in caught.value.alarm
    assert "refuses our key" in stranger.check(Heard())
    assert engine.check(Heard()) is None


@pytest.mark.parametrize(
    ("magic", "outcome"),
    [
        ("fail=content_rejected", ContentRejected),
        ("fail=media_invalid", UpstreamRefused),
        ("refuse=insufficient_credits", EngineUnavailable),
    ],
)
def test_what_becomes_of_it_there_is_named_here(engine, task, picture, tmp_path, magic, outcome):
    wanted = replace(task(duration_s=4, ticket=magic), prompt=f"A fox. [seedbed:{magic}]", references=(picture,))

    with pytest.raises(outcome) as caught:
        engine.make(wanted, tmp_path / "out.mp4", Heard())

    assert type(caught.value) is outcome
