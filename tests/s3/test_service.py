"""Jobs, results and sweeps over a bucket: what happens to the store costs time, and nothing else."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from serving import Served, new_home
from weed import BUCKET, OWNER
from world import FUNDS, PRICE, World

from seedbed.core.credits import Balance
from seedbed.core.job import State
from seedbed.settings import ResultUrls
from seedbed.worker.sweeping import sweep_once

pytestmark = pytest.mark.server

ENGINE = {"kind": "testcard"}
SLOW_ENGINE = {"kind": "testcard@3"}  # it renders for so many seconds: nobody misses it


async def keys(world: World) -> list[str]:
    return sorted([entry.key async for entry in world.blobs.entries("jobs")])


async def finished(world: World) -> str:
    async with world.worker(**ENGINE):
        job = await world.ended(await world.submit(wants_last_frame=True))
    assert job.state is State.SUCCEEDED
    return job.id


async def make_beside(world: World, trouble) -> str:
    """Make a video while the trouble comes over the store as soon as the video is there to be stored."""
    job_id = await world.submit()
    async with world.worker(**SLOW_ENGINE):
        await world.rendering(job_id)
        await trouble(job_id)
        await world.ended(job_id)
    return job_id


async def judged(world: World, job_id: str) -> None:
    """One video under one attempt, paid once, and exactly the bytes that were promised."""
    job = await world.job(job_id)
    assert (job.state, job.failures, job.attempt) == (State.SUCCEEDED, 0, 1)
    # A preview that hung may have come to be in the end; it goes with the job.
    assert [key for key in await keys(world) if not key.endswith("preview.jpg")] == [job.output.key]
    assert len(await world.blobs.read(job.output.key)) == job.output.size_bytes
    assert await world.balance() == Balance(available_credits=FUNDS - PRICE, held_credits=0)


async def test_a_store_that_is_away_when_a_video_is_ready_gets_it_when_it_is_back(world, server):
    async def trouble(job_id):
        server.kill()
        await world.until(job_id, lambda job: job.progress and job.progress.stage == "storing")
        await asyncio.sleep(2)
        await asyncio.to_thread(server.start)

    await judged(world, await make_beside(world, trouble))


async def test_a_store_that_hangs_when_a_video_is_ready_gets_it_once(world, server):
    async def trouble(_job_id):
        server.freeze()
        await asyncio.sleep(4)
        server.thaw()

    await judged(world, await make_beside(world, trouble))


async def test_sweeping_takes_what_no_job_needs_and_keeps_results_and_uploads(world):
    job_id = await finished(world)
    kept = await keys(world)
    for orphan in (f"jobs/{job_id}/9/result.mp4", "jobs/req_" + "0" * 32 + "/1/result.mp4", "assets/ast_" + "0" * 32):
        await world.blobs.put_bytes(orphan, b"x")

    await sweep_once(world.pool, world.blobs, at=datetime.now(UTC) + timedelta(days=2))

    assert await keys(world) == kept
    assert [entry async for entry in world.blobs.entries("assets")] == []


async def test_a_result_is_streamed_through_us_with_its_own_version(world, serve):
    job_id = await finished(world)
    output = (await world.job(job_id)).output
    path = f"/open-api-results/{job_id}.mp4"

    whole = await serve().get(path)
    part = await serve().get(path, headers={"Range": "bytes=10-19", "If-Range": whole.headers["ETag"]})

    assert (whole.status_code, len(whole.content)) == (200, output.size_bytes)
    assert whole.headers["ETag"] == f'"{output.sha256}"'
    assert (part.status_code, part.content) == (206, whole.content[10:20])


@pytest.mark.parametrize("ending", [".mp4", "-last.png"])
async def test_a_result_is_redirected_to_the_bucket_and_every_way_to_ask_for_it_goes_on_there(
    world, serve, web, ending
):
    job_id = await finished(world)
    path = f"/open-api-results/{job_id}{ending}"
    here = serve(result_urls=ResultUrls.PRESIGN)
    whole = await serve().get(path)

    sent_on = await here.get(path)
    got = await web.get(sent_on.headers["Location"])
    head = await web.head((await here.head(path)).headers["Location"])
    wishes = [
        {"Range": "bytes=10-19"},
        {"Range": "bytes=10-19", "If-Range": got.headers["ETag"]},
        {"Range": f"bytes={len(whole.content)}-"},
        {"If-None-Match": got.headers["ETag"]},
    ]
    answers = [await web.get(sent_on.headers["Location"], headers=wish) for wish in wishes]

    assert (sent_on.status_code, sent_on.headers["Cache-Control"]) == (302, "no-store")
    assert sent_on.headers["Access-Control-Allow-Origin"] == "*"
    assert (got.status_code, got.content) == (200, whole.content)
    assert got.headers["Content-Type"] == whole.headers["Content-Type"]
    assert got.headers["Content-Disposition"] == whole.headers["Content-Disposition"]
    assert (head.status_code, head.headers["ETag"]) == (200, got.headers["ETag"])
    assert [answer.status_code for answer in answers] == [206, 206, 416, 304]
    assert answers[0].content == answers[1].content == whole.content[10:20]
    for etag in (got.headers["ETag"], whole.headers["ETag"]):
        unchanged = await here.get(path, headers={"If-None-Match": etag})
        assert (unchanged.status_code, unchanged.headers["ETag"]) == (304, etag)


async def test_a_deleted_result_is_gone_and_a_killed_store_is_unavailable_here_and_not_a_dead_link(
    world, serve, server
):
    job_id = await finished(world)
    path = f"/open-api-results/{job_id}.mp4"
    here = serve(result_urls=ResultUrls.PRESIGN)

    server.kill()
    away = await here.get(path)
    server.start()
    await world.blobs.delete_prefix(f"jobs/{job_id}")
    gone = await here.get(path)

    assert [answer.status_code for answer in (away, gone)] == [503, 410]


def test_a_whole_service_makes_a_video_over_a_bucket_and_writes_no_key_down(server, tmp_path):
    with new_home() as home:
        service = Served(
            home,
            SEEDBED_BLOBS_URL=f"s3://{BUCKET}/whole",
            SEEDBED_RESULT_URLS="presign",
            SEEDBED_ENGINE="testcard",
            SEEDBED_LOG_LEVEL="debug",
        )
        try:
            with service.client() as client:
                order = client.videos.create(prompt="a quiet lake", duration=4, resolution="480p")
                made = client.videos.wait(order.request_id, timeout_s=60)
                client.videos.download(made, tmp_path / "video.mp4")
            sent_on = httpx.get(made.output.url)
            server.kill()
            away = httpx.get(made.output.url, timeout=30)
        finally:
            service.stop()
        said = service.said()

    assert sent_on.headers["Location"].startswith(server.endpoint)
    assert hashlib.sha256((tmp_path / "video.mp4").read_bytes()).hexdigest() == made.output.sha256
    assert away.status_code == 503
    assert OWNER[1] not in said
    assert "X-Amz-Signature" not in said
    assert "blobs.failed" in said
