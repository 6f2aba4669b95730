"""CONTRACT 4, the upper half of its table: a state as each dialect tells it, and what a cancel or DELETE does to it."""

from __future__ import annotations

import pytest
from arks import TASKS, delete_task, get_task, new_task
from openais import VIDEOS, delete_video, get_video, list_ids
from states import COME_TO

pytestmark = pytest.mark.server

# Native, Ark and OpenAI status, progress and error of the latter; how it came there is in `states`.
TOLD = {
    "queued": ("queued", "queued", "queued", 0, None),
    "processing": ("processing", "running", "in_progress", 1, None),
    "succeeded": ("succeeded", "succeeded", "completed", 100, None),
    "failed": ("failed", "failed", "failed", 0, "content_rejected"),
    "failed, expired": ("failed", "expired", "failed", 0, "expired"),
    "cancelled": ("cancelled", "cancelled", "failed", 0, "cancelled"),
}
# What it answers, and the status after it; None: it is there no more.
CANCEL = {
    "queued": (200, "cancelled"),
    "processing": (200, "cancelled"),
    "succeeded": (409, "succeeded"),
    "failed": (409, "failed"),
    "failed, expired": (409, "failed"),
    "cancelled": (200, "cancelled"),
}
DELETE_OF_ARK = {
    "queued": (200, "cancelled"),
    "processing": (409, "running"),
    "succeeded": (200, None),
    "failed": (200, None),
    "failed, expired": (200, None),
    "cancelled": (409, "cancelled"),
}


@pytest.mark.parametrize("state", TOLD)
async def test_a_state_is_told_as_each_dialect_calls_it(ada, blobs, state):
    native, ark, openai, percent, code = TOLD[state]
    task_id = await new_task(ada)

    await COME_TO[state](ada, blobs)

    name = task_id.removeprefix("cgt-")
    view = await ada.show(f"req_{name}")
    assert (view["status"], view["error"] is not None) == (native, native == "failed")
    task = await get_task(ada, task_id)
    assert (task["status"], task["error"] is not None) == (ark, native == "failed")
    video = await get_video(ada, f"video_{name}")
    assert (video["status"], video["progress"]) == (openai, percent)
    assert (video["error"] and video["error"]["code"]) == code


@pytest.mark.parametrize("state", CANCEL)
async def test_a_cancel_does_what_the_state_of_a_generation_allows(ada, blobs, state):
    status, then = CANCEL[state]
    job_id = await ada.new_job()
    await COME_TO[state](ada, blobs)
    held_before = await ada.credits()

    answer = await ada.cancel(job_id)

    assert (answer.status_code, (await ada.show(job_id))["status"]) == (status, then)
    if status == 409:
        assert answer.json()["error"]["code"] == "not_cancellable"
    assert await ada.credits() == ((1000, 0) if then == "cancelled" else held_before)


@pytest.mark.parametrize("state", DELETE_OF_ARK)
async def test_a_delete_of_a_task_does_what_its_state_allows(ada, blobs, state):
    status, then = DELETE_OF_ARK[state]
    task_id = await new_task(ada)
    await COME_TO[state](ada, blobs)
    held_before = await ada.credits()

    answer = await delete_task(ada, task_id)

    assert answer.status_code == status
    shown = await ada.get(f"{TASKS}/{task_id}")
    assert (shown.json()["status"] if then else shown.status_code) == (then or 404)
    if status == 409:
        assert answer.json()["error"]["code"] == "OperationDenied.InvalidState"
    assert await ada.credits() == ((1000, 0) if state == "queued" else held_before)


@pytest.mark.parametrize("state", TOLD)
async def test_a_delete_of_a_video_ends_it_and_takes_it_out_of_sight_in_every_state(ada, blobs, state):
    job_id = await ada.new_job()
    video_id = job_id.replace("req_", "video_")
    await COME_TO[state](ada, blobs)
    available, held = await ada.credits()

    answer = await delete_video(ada, video_id)

    assert answer.json() == {"id": video_id, "object": "video.deleted", "deleted": True}
    assert (await ada.get(f"{VIDEOS}/{video_id}")).status_code == 404
    assert await list_ids(ada) == []
    assert await ada.open_jobs() == []
    assert await ada.credits() == (available + held, 0)
