"""From a submitted job to its end: what is stored, what is owed, and what is left behind."""

import json
import tempfile
from dataclasses import replace

import av
import pytest
from fake_engines import FAKE
from world import FUNDS, PRICE, picture

from seedbed.core.credits import Balance
from seedbed.core.job import State
from seedbed.core.references import Reference, Role
from seedbed.core.samples import sample_for
from seedbed.core.sizes import AspectRatio, Size
from seedbed.store import workers

pytestmark = pytest.mark.server


async def test_a_job_becomes_a_stored_video_that_is_paid_for(world):
    job_id = await world.submit()

    async with world.worker():
        job = await world.ended(job_id)

    assert job.state is State.SUCCEEDED
    assert (job.engine, job.shot_plan, job.warnings) == ("fake", {"camera": "still"}, ("a warning",))
    assert (job.output.size, job.output.frames, job.output.fps) == (Size(864, 496), 97, 24)
    assert world.stored() == [f"jobs/{job_id}/1/result.mp4"]
    assert (await world.blobs.head(job.output.key)).size_bytes == job.output.size_bytes
    assert await world.balance() == Balance(FUNDS - PRICE, 0)


@pytest.mark.parametrize(("engine", "source_type"), [("Fast", FAKE.digital_source_type), ("Draws", "urn:drawn")])
async def test_a_stored_video_says_to_machines_what_made_it(world, tmp_path, engine, source_type):
    async with world.worker(engine):
        job = await world.ended(await world.submit())

    await world.blobs.copy_to(job.output.key, tmp_path / "clip.mp4")
    with av.open(str(tmp_path / "clip.mp4")) as clip:
        assert clip.metadata["engine"] == "fake"
        assert clip.metadata["digital_source_type"] == source_type


async def test_a_notice_wakes_a_worker_that_looks_seldom(world):
    world.settings = replace(world.settings, poll_s=3600)
    async with world.worker():
        first = await world.submit()
        await world.ended(first)

        second = await world.submit()
        job = await world.ended(second)

    assert job.state is State.SUCCEEDED


async def test_the_aspect_ratio_follows_the_first_picture(world):
    # The photograph of the two dogs is the upright one.
    url = next(u for u in (f"https://example.com/{n}.jpg" for n in range(99)) if sample_for(u) == "dogs.jpg")
    job_id = await world.submit(aspect_ratio=None, references=picture(url))

    async with world.worker():
        job = await world.ended(job_id)

    assert job.state is State.SUCCEEDED
    assert job.aspect_ratio is AspectRatio.TALL
    assert job.output.size == Size(496, 864)


async def test_a_job_without_pictures_takes_the_wide_ratio(world):
    job_id = await world.submit(aspect_ratio=None)

    async with world.worker():
        job = await world.ended(job_id)

    assert job.aspect_ratio is AspectRatio.WIDE


async def test_the_last_frame_is_stored_as_a_png_where_it_is_wanted(world, tmp_path):
    job_id = await world.submit(wants_last_frame=True)

    async with world.worker():
        job = await world.ended(job_id)

    await world.blobs.copy_to(job.output.last_frame_key, tmp_path / "last.png")
    with av.open(str(tmp_path / "last.png")) as container:
        frame = next(container.decode(video=0))
    assert (frame.width, frame.height) == (864, 496)


@pytest.mark.parametrize(
    ("engine", "code", "failures"),
    [("Exits", "engine_failed", 2), ("Hungry", "engine_out_of_memory", 2), ("Rejects", "content_rejected", 1)],
)
async def test_an_engine_that_fails_costs_the_customer_nothing(world, engine, code, failures):
    world.settings = replace(world.settings, engine_memory_bytes=4 * 1024**3)
    job_id = await world.submit()

    async with world.worker(engine):
        job = await world.ended_at_last(job_id)

    assert (job.failure.code, job.failures, job.attempt) == (code, failures, failures)
    assert await world.balance() == Balance(FUNDS, 0)
    assert world.stored() == []


@pytest.mark.parametrize(
    ("reference", "code", "words"),
    [
        (
            Reference("http://127.0.0.1:9/a.jpg?secret=1", Role.FIRST_FRAME, "mediaUrls[1]"),
            "media_unreachable",
            "(127.0.0.1)",
        ),
        (Reference("https://10.0.0.1/a.jpg", Role.FIRST_FRAME, "mediaUrls[1]"), "media_forbidden", "(10.0.0.1)"),
        (Reference("asset://ast_unknown", Role.FIRST_FRAME, "mediaUrls[1]"), "media_unreachable", "no longer there"),
    ],
)
async def test_a_reference_that_cannot_be_had_is_named_without_its_secrets(world, reference, code, words):
    good = Reference("https://example.com/a.jpg", Role.REFERENCE_IMAGE, "mediaUrls[0]")
    job_id = await world.submit()
    await set_references(world, job_id, [good, reference])

    async with world.worker():
        job = await world.ended(job_id)

    assert job.failure.code == code
    assert job.failure.message.startswith("mediaUrls[1]")
    assert words in job.failure.message
    assert "secret" not in job.failure.message
    assert await world.balance() == Balance(FUNDS, 0)


async def test_one_worker_makes_as_many_videos_at_a_time_as_it_has_slots(world):
    first, second = await world.submit(), await world.submit()

    async with world.worker("Endless", slots=2):
        await world.rendering(first)
        await world.rendering(second)


async def test_a_worker_shows_itself_and_leaves(world):
    async with world.worker():
        await world.ended(await world.submit())
        async with world.pool.connection() as conn:
            [shown] = await workers.alive(conn, 60)

    async with world.pool.connection() as conn:
        assert await workers.alive(conn, 60) == []
    assert (shown.pools, shown.capabilities["name"], shown.capabilities["roles"]) == (
        ("default",),
        "fake",
        ["first_frame"],
    )


async def test_no_file_is_left_on_the_machine(world, monkeypatch, tmp_path):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))

    async with world.worker():
        await world.ended(await world.submit(references=picture("https://example.com/a.jpg")))

    assert list((tmp_path / "temporary").iterdir()) == []


async def set_references(world, job_id: str, references: list[Reference]) -> None:
    """Put references into a job that submit would have refused or would have had to look up."""
    told = [{"url": r.url, "role": r.role.value, "name": r.name} for r in references]
    await world.execute(
        "update job set request = jsonb_set(request::jsonb, '{references}', %s::jsonb) where id = %s",
        json.dumps(told),
        job_id,
    )
