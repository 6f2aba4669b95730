"""The preview of a generation in progress: its address in `progress`, and the picture that is there and not kept."""

from __future__ import annotations

from customers import GENERATIONS
from streams import opened

from seedbed.actions.beat import beat
from seedbed.actions.hand_back import hand_back
from seedbed.actions.note import note
from seedbed.core.engine import Stage
from seedbed.core.job import preview_key
from seedbed.settings import ResultAccess

JPEG = b"\xff\xd8\xff one"


async def showing_progress(ada, job):
    async with ada.pool.connection() as conn:
        await beat(conn, job.id, job.attempt, lease_s=60, stage=Stage.RENDERING, fraction=0.5)


async def showing(ada, blobs, *, has_preview=True):
    """Take a new job as a worker does, and show a preview of it."""
    await ada.new_job()
    job = await ada.take()
    await showing_progress(ada, job)
    async with ada.pool.connection() as conn:
        if has_preview:
            await blobs.put_changing(preview_key(job), b"an older one")
            await blobs.put_changing(preview_key(job), JPEG)
            await note(conn, job.id, job.attempt, has_preview=True)
    return job


async def test_progress_leads_to_the_newest_preview_which_nobody_may_keep(ada, blobs):
    job = await showing(ada, blobs)

    url = (await ada.show(job.id))["progress"]["previewUrl"]
    answer = await ada.http.get(url)

    assert url == f"https://videos.seedbed.dev/open-api-results/{job.id}-preview.jpg"
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, JPEG, "image/jpeg")
    assert answer.headers["cache-control"] == "no-store"


async def test_without_a_preview_there_is_no_address_and_nothing_at_it(ada, blobs):
    job = await showing(ada, blobs, has_preview=False)

    assert (await ada.show(job.id))["progress"] == {"stage": "rendering", "fraction": 0.5}
    assert (await ada.http.get(f"/open-api-results/{job.id}-preview.jpg")).status_code == 404


async def test_a_preview_ends_with_the_making(ada, blobs):
    job = await showing(ada, blobs)
    await ada.cancel(job.id)

    assert "progress" not in await ada.show(job.id)
    assert (await ada.http.get(f"/open-api-results/{job.id}-preview.jpg")).status_code == 404


async def test_with_private_results_a_preview_needs_a_key_too(ada, blobs, serve):
    job = await showing(ada, blobs)
    path = f"/open-api-results/{job.id}-preview.jpg"

    async with serve(results=ResultAccess.KEY) as http:
        assert (await http.get(path)).status_code == 401
        assert (await http.get(path, headers=ada.bearer)).content == JPEG


async def test_events_carry_the_address(ada, blobs):
    job = await showing(ada, blobs)
    url = f"https://videos.seedbed.dev/open-api-results/{job.id}-preview.jpg"

    async with opened(ada, f"{GENERATIONS}/{job.id}/events") as stream:
        _, _, view = await stream.event("state")
        async with ada.pool.connection() as conn:
            await beat(conn, job.id, job.attempt, lease_s=60, stage=Stage.RENDERING, fraction=0.75)
        _, _, progress = await stream.event("progress")

    assert view["progress"] == {"stage": "rendering", "fraction": 0.5, "previewUrl": url}
    assert progress == {"stage": "rendering", "fraction": 0.75, "previewUrl": url}


async def test_the_preview_of_an_attempt_that_was_lost_is_not_that_of_the_next(ada, blobs):
    job = await showing(ada, blobs)
    async with ada.pool.connection() as conn:
        await hand_back(conn, job.id, job.attempt)
    again = await ada.take()
    await showing_progress(ada, again)

    assert "previewUrl" not in (await ada.show(job.id))["progress"]
    assert (await ada.http.get(f"/open-api-results/{job.id}-preview.jpg")).status_code == 404
