"""The OpenAI SDK, synchronous and asynchronous, only its base URL and key changed."""

from __future__ import annotations

from pathlib import Path

import openai
import pytest
from openai import AsyncOpenAI, BadRequestError, NotFoundError, OpenAI
from programs import ROOT, Tell
from serving import Served

# The service of that name was closed; the SDK says so at every call, and goes on speaking its interface.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
PHOTO = ROOT / "src" / "seedbed" / "samples" / "valley.jpg"
ORDER = {"model": "seedance-2.0", "seconds": "4", "size": "864x496"}


def test_the_openai_sdk_makes_lists_and_deletes_a_video(served: Served, tell: Tell, tmp_path: Path) -> None:
    with OpenAI(base_url=f"{served.base_url}/v1", api_key=served.key, max_retries=0) as client:
        with PHOTO.open("rb") as picture:
            created = client.videos.create(prompt="Slow push in", input_reference=picture, **ORDER)
        assert (created.status, created.object, created.size) == ("queued", "video", "864x496")

        video = client.videos.poll(created.id, poll_interval_ms=500)
        assert (video.status, video.progress, video.seconds, video.model) == ("completed", 100, "4", "seedance-2.0")

        client.videos.download_content(video.id).write_to_file(tmp_path / "clip.mp4")
        thumbnail = client.videos.download_content(video.id, variant="thumbnail").read()
        assert (tmp_path / "clip.mp4").read_bytes()[4:8] == b"ftyp"
        assert thumbnail[:2] in (b"\xff\xd8", b"RI", b"\x89P")

        assert [each.id for each in client.videos.list(limit=1).data] == [video.id]

        unfinished = client.videos.create(prompt="Too late", **ORDER)
        assert client.videos.delete(unfinished.id).deleted
        assert client.videos.delete(video.id).deleted
        for gone in (unfinished, video):
            with pytest.raises(NotFoundError):
                client.videos.download_content(gone.id)
    tell(f"openai {openai.__version__}", "create", "poll", "download", "list", "cancel", "delete")


async def test_the_asynchronous_openai_sdk_does_the_same(served: Served, tell: Tell) -> None:
    async with AsyncOpenAI(base_url=f"{served.base_url}/v1", api_key=served.key, max_retries=0) as client:
        video = await client.videos.create_and_poll(prompt="A lighthouse in the fog", poll_interval_ms=500, **ORDER)
        assert video.status == "completed"

        content = await client.videos.download_content(video.id)
        assert (await content.aread())[4:8] == b"ftyp"

        assert video.id in [each.id async for each in client.videos.list(limit=2)]

        unfinished = await client.videos.create(prompt="Too late", **ORDER)
        for each in (unfinished, video):
            assert (await client.videos.delete(each.id)).deleted
            with pytest.raises(NotFoundError):
                await client.videos.retrieve(each.id)
    tell(f"openai {openai.__version__} asynchronous", "create", "poll", "download", "list", "cancel", "delete")


def test_the_openai_sdk_raises_its_own_errors(served: Served, tell: Tell) -> None:
    with (
        OpenAI(base_url=f"{served.base_url}/v1", api_key=served.key, max_retries=0) as client,
        pytest.raises(BadRequestError) as refused,
    ):
        client.videos.create(prompt="A wrong size", **(ORDER | {"size": "1x1"}))
    with (
        OpenAI(base_url=f"{served.base_url}/v1", api_key="sk-nobody", max_retries=0) as stranger,
        pytest.raises(openai.AuthenticationError),
    ):
        stranger.videos.list()

    error = refused.value
    assert (error.param, error.type, bool(error.request_id)) == ("size", "invalid_request_error", True)
    assert "864x496" in error.message
    tell(f"openai {openai.__version__}", "error")


async def test_the_asynchronous_openai_sdk_raises_its_own_errors(served: Served, tell: Tell) -> None:
    async with AsyncOpenAI(base_url=f"{served.base_url}/v1", api_key=served.key, max_retries=0) as client:
        with pytest.raises(BadRequestError):
            await client.videos.create(prompt="Too long", **(ORDER | {"seconds": "99"}))
    tell(f"openai {openai.__version__} asynchronous", "error")
