"""The Ark dialect over HTTP: create, show and remove, and the same job in the native dialect."""

from __future__ import annotations

import pytest
from arks import EARLIER, MODEL, TASKS, delete_task, get_task, media, new_task, post_task, text
from customers import GENERATIONS, order

from seedbed.core.errors import ContentRejected

pytestmark = pytest.mark.server


async def test_a_created_task_is_answered_with_its_id_alone(ada):
    answer = await post_task(ada)

    assert answer.status_code == 200
    assert set(answer.json()) == {"id"}
    assert answer.json()["id"].startswith("cgt-")
    assert await ada.credits() == (960, 40)


async def test_a_waiting_task_shows_what_was_asked_for(ada):
    task_id = await new_task(ada, ratio="21:9", resolution="480p", duration=7, seed=11, safety_identifier="u-1")

    task = await get_task(ada, task_id)

    assert (task["id"], task["model"], task["status"], task["error"]) == (task_id, MODEL, "queued", None)
    assert (task["ratio"], task["resolution"], task["duration"], task["seed"]) == ("21:9", "480p", 7, 11)
    assert (task["framespersecond"], task["service_tier"], task["safety_identifier"]) == (24, "default", "u-1")
    assert isinstance(task["created_at"], int)
    assert "content" not in task
    assert "usage" not in task


async def test_a_finished_task_shows_its_video_its_last_frame_and_its_tokens(ada, blobs):
    task_id = await new_task(ada, return_last_frame=True)

    await ada.succeed(blobs)

    task = await get_task(ada, task_id)
    result = f"https://videos.seedbed.dev/open-api-results/req_{task_id.removeprefix('cgt-')}"
    assert task["status"] == "succeeded"
    assert task["content"] == {"video_url": f"{result}.mp4", "last_frame_url": f"{result}-last.png"}
    assert task["usage"] == {"completion_tokens": 108_900, "total_tokens": 108_900}


async def test_a_failed_task_says_why_in_the_official_words(ada):
    task_id = await new_task(ada)

    await ada.fail(ContentRejected("This prompt is not taken."))

    task = await get_task(ada, task_id)
    assert task["status"] == "failed"
    assert task["error"] == {"code": "OutputVideoSensitiveContentDetected", "message": "This prompt is not taken."}
    assert await ada.credits() == (1000, 0)


async def test_a_task_is_a_generation_of_the_native_dialect(ada):
    task_id = await new_task(ada, ratio="3:4")

    job = await ada.show(task_id.replace("cgt-", "req_"))

    assert (job["status"], job["model"], job["aspectRatio"]) == ("queued", "seedance-2.0", "3:4")


async def test_a_generation_of_the_native_dialect_is_a_task(ada):
    job_id = (await ada.post(GENERATIONS, json=order(model="seedance-1.5-pro"))).json()["requestId"]

    task = await get_task(ada, job_id.replace("req_", "cgt-"))

    assert (task["status"], task["model"]) == ("queued", EARLIER)


async def test_an_idempotency_key_makes_one_task(ada):
    first, again = [await post_task(ada, headers={"Idempotency-Key": "k"}) for _ in range(2)]

    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"
    assert await ada.jobs() == 1


async def test_nulls_make_no_other_request(ada):
    key = {"Idempotency-Key": "k"}

    first = await post_task(ada, headers=key)
    again = await post_task(ada, headers=key, seed=None, ratio=None, tools=None, what_comes_next=None)

    assert (again.status_code, again.content) == (200, first.content)


async def test_an_erased_tasks_creation_is_not_charged_again(ada, blobs):
    key = {"Idempotency-Key": "k"}
    first = await post_task(ada, headers=key)
    await ada.succeed(blobs)
    await delete_task(ada, first.json()["id"])

    again = await post_task(ada, headers=key)

    assert again.content == first.content
    assert await ada.credits() == (960, 0)


async def test_an_erased_task_is_gone_with_its_video(ada, blobs):
    task_id = await new_task(ada)
    job = await ada.succeed(blobs)

    answer = await delete_task(ada, task_id)

    assert (answer.status_code, answer.json()) == (200, {})
    assert (await ada.get(f"{TASKS}/{task_id}")).status_code == 404
    assert (await ada.get(f"/open-api-results/{job.id}.mp4")).status_code == 404
    assert [entry async for entry in blobs.entries("jobs")] == []
    assert (await delete_task(ada, task_id)).status_code == 404


async def test_anothers_task_does_not_exist(ada, enrol):
    task_id = await new_task(ada)
    bob = await enrol()

    answers = [await bob.get(f"{TASKS}/{task_id}"), await delete_task(bob, task_id), await bob.get(f"{TASKS}/nothing")]

    assert {answer.status_code for answer in answers} == {404}
    assert {answer.json()["error"]["code"] for answer in answers} == {"NotFound.id"}


async def test_half_the_price_buys_a_place_behind_everybody_else(ada):
    flexible = await new_task(ada, model=EARLIER, service_tier="flex")
    assert await ada.credits() == (990, 10)
    usual = await new_task(ada)

    first, second = await ada.take(), await ada.take()

    assert [first.id, second.id] == [usual.replace("cgt-", "req_"), flexible.replace("cgt-", "req_")]


async def test_references_reach_the_job_with_their_roles(ada):
    await new_task(
        ada,
        text("[图1] runs like [视频1]"),
        media("image", "a.png", "reference_image"),
        media("video", "b.mp4", "reference_video"),
    )

    job = await ada.take()

    assert [(r.role, r.name) for r in job.request.references] == [
        ("reference_image", "content[1].image_url"),
        ("reference_video", "content[2].video_url"),
    ]
    assert job.dialect == "ark"


async def test_an_erased_generations_creation_points_nowhere(ada, blobs):
    key = {"Idempotency-Key": "k"}
    first = await ada.submit(headers=key)
    await ada.succeed(blobs)
    await delete_task(ada, first.json()["requestId"].replace("req_", "cgt-"))

    again = await ada.submit(headers=key)

    assert again.content == first.content
    assert "location" in first.headers
    assert "location" not in again.headers
