"""References: fetched under one deadline, judged by what they are, and named by their place when they will not do."""

import asyncio
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from receiver import answer, receiving
from world import World

from seedbed.core.errors import MediaFailure, MediaTooLarge, MediaUnreachable, MediaUnsupported
from seedbed.core.job import Job, State
from seedbed.core.limits import MediaLimits
from seedbed.core.references import Kind, Reference, Role
from seedbed.core.request import GenerationRequest
from seedbed.core.sizes import Size
from seedbed.store import assets
from seedbed.store.assets import Asset
from seedbed.worker.loop import sources_of
from seedbed.worker.references import gather

pytestmark = pytest.mark.server

SAMPLE = "https://example.com/a.jpg"  # a tall picture
WIDE_SAMPLE = "https://example.com/h.jpg"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def job_with(world: World, *references: Reference, fits_videos: bool = False) -> Job:
    return Job(
        id="req_1",
        account_id=world.account_id,
        is_live=True,
        dialect="native",
        pool="default",
        state=State.PROCESSING,
        request=GenerationRequest(
            model="seedance-2.0", prompt="a lake", seed=1, references=references, fits_videos=fits_videos
        ),
        aspect_ratio=None,
        charged_credits=1,
        created_at=NOON,
        deadline_at=NOON + timedelta(days=2),
    )


@pytest.fixture
def gathered(world, tmp_path):
    (tmp_path / "job").mkdir()

    async def run(*references: Reference, fits_videos: bool = False, **changes):
        sources = replace(sources_of(world.settings, world.pool, world.blobs), **changes)
        named = (replace(reference, name=f"mediaUrls[{i}]") for i, reference in enumerate(references))
        return await gather(job_with(world, *named, fits_videos=fits_videos), tmp_path / "job", sources)

    return run


async def upload(world: World, data: bytes, *, is_live: bool = True) -> str:
    asset = Asset(
        id="ast_1",
        account_id=world.account_id,
        is_live=is_live,
        kind=Kind.IMAGE,
        blob_key="assets/ast_1",
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        format="mp4",
        expires_at=NOON,
    )
    await world.blobs.put_bytes(asset.blob_key, data)
    async with world.pool.connection() as conn:
        await assets.insert(conn, asset)
    return f"asset://{asset.id}"


async def test_a_sample_picture_comes_from_the_package(gathered):
    found = await gathered(Reference(SAMPLE, Role.FIRST_FRAME, ""))

    [reference] = found.references
    assert (reference.kind, reference.role, reference.name) == (Kind.IMAGE, Role.FIRST_FRAME, "mediaUrls[0]")
    assert found.sizing is not None
    assert reference.path.read_bytes()[:2] == b"\xff\xd8"


async def test_an_upload_comes_from_the_blobs(world, gathered, clip):
    url = await upload(world, clip.read_bytes())

    found = await gathered(Reference(url, Role.REFERENCE_VIDEO, ""), Reference(SAMPLE, Role.REFERENCE_IMAGE, ""))

    assert [reference.kind for reference in found.references] == [Kind.VIDEO, Kind.IMAGE]
    assert found.references[0].path.read_bytes() == clip.read_bytes()
    assert found.sizing != Size(864, 496)


async def test_an_upload_of_the_other_mode_is_not_there(world, gathered):
    url = await upload(world, b"x", is_live=False)

    with pytest.raises(MediaUnreachable, match="no longer there"):
        await gathered(Reference(url, Role.FIRST_FRAME, ""))


async def test_a_kind_that_its_role_does_not_take_ends_the_job(world, gathered, clip):
    url = await upload(world, clip.read_bytes())

    with pytest.raises(MediaUnsupported) as caught:
        await gathered(Reference(SAMPLE, Role.FIRST_FRAME, ""), Reference(url, Role.REFERENCE_IMAGE, ""))

    assert caught.value.name == "mediaUrls[1]"


async def test_videos_that_are_too_long_together_end_the_job(world, gathered, clip):
    url = await upload(world, clip.read_bytes())
    videos = [Reference(url, Role.REFERENCE_VIDEO, "")] * 2

    with pytest.raises(MediaTooLarge, match="together") as caught:
        await gathered(*videos, limits=MediaLimits(total_duration_s=6))

    assert caught.value.name == "mediaUrls[1]"


async def test_a_file_larger_than_its_kind_may_be_is_not_taken(gathered):
    async with receiving(answer(200, body="x" * 2000)) as receiver:
        with pytest.raises(MediaTooLarge):
            await gathered(Reference(receiver.url, Role.FIRST_FRAME, ""), limits=MediaLimits(image_bytes=1000))


async def test_one_slow_host_ends_the_job_at_the_deadline_and_the_others_with_it(gathered):
    async def never(_reader, writer):
        await asyncio.sleep(3600)
        writer.close()

    server = await asyncio.start_server(never, "127.0.0.1", 0)
    async with server, asyncio.timeout(60):
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/a.jpg"
        with pytest.raises(MediaUnreachable) as caught:
            await gathered(
                Reference(url, Role.REFERENCE_IMAGE, ""), Reference(url, Role.REFERENCE_IMAGE, ""), deadline_s=0.3
            )

    assert caught.value.host == "127.0.0.1"


async def test_a_file_that_is_no_picture_is_named_by_its_place(gathered):
    async with receiving(answer(200, body="only text")) as receiver:
        with pytest.raises(MediaFailure, match=r"mediaUrls\[1\] \(127\.0\.0\.1\)"):
            await gathered(Reference(SAMPLE, Role.FIRST_FRAME, ""), Reference(receiver.url, Role.LAST_FRAME, ""))


async def test_a_job_without_references_needs_nothing(gathered):
    found = await gathered()

    assert (found.references, found.sizing) == ((), None)


async def test_where_videos_count_the_clip_takes_the_shape_of_the_video(world, gathered, clip):
    url = await upload(world, clip.read_bytes())
    given = (Reference(SAMPLE, Role.REFERENCE_IMAGE, ""), Reference(url, Role.REFERENCE_VIDEO, ""))

    usual, fitting = await gathered(*given), await gathered(*given, fits_videos=True)

    assert fitting.sizing == Size(864, 496)
    assert usual.sizing not in {None, fitting.sizing}


async def test_of_two_frames_the_first_gives_the_shape_wherever_it_stands(gathered):
    first, last = Reference(SAMPLE, Role.FIRST_FRAME, ""), Reference(WIDE_SAMPLE, Role.LAST_FRAME, "")

    alone, together = await gathered(first), await gathered(last, first)

    assert together.sizing == alone.sizing
    assert (await gathered(last)).sizing != alone.sizing
