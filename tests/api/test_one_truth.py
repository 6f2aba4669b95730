"""CONTRACT 4, the upper half of its table: a state as each dialect tells it, and what a DELETE does to it."""

from __future__ import annotations

import pytest
from arks import TASKS, delete_task, get_task, new_task

from seedbed.actions.reap import reap
from seedbed.core.errors import ContentRejected

pytestmark = pytest.mark.server


async def _queued(_ada, _blobs):
    return


async def _processing(ada, _blobs):
    await ada.take()


async def _succeeded(ada, blobs):
    await ada.succeed(blobs)


async def _failed(ada, _blobs):
    await ada.fail(ContentRejected("No."))


async def _expired(ada, _blobs):
    async with ada.pool.connection() as conn:
        await conn.execute("update job set deadline_at = now() where account_id = %s", [ada.account_id])
        await reap(conn)


async def _cancelled(ada, _blobs):
    [job_id] = await ada.open_jobs()
    await ada.cancel(job_id)


# How it came there; native status, Ark status; what DELETE answers in the Ark dialect, and what the task is then.
TABLE = {
    "queued": (_queued, "queued", "queued", 200, "cancelled"),
    "processing": (_processing, "processing", "running", 409, "running"),
    "succeeded": (_succeeded, "succeeded", "succeeded", 200, None),
    "failed": (_failed, "failed", "failed", 200, None),
    "failed, expired": (_expired, "failed", "expired", 200, None),
    "cancelled": (_cancelled, "cancelled", "cancelled", 409, "cancelled"),
}


@pytest.mark.parametrize("state", TABLE)
async def test_a_state_is_told_as_each_dialect_calls_it(ada, blobs, state):
    come_to, native, ark, *_ = TABLE[state]
    task_id = await new_task(ada)

    await come_to(ada, blobs)

    assert (await ada.show(task_id.replace("cgt-", "req_")))["status"] == native
    task = await get_task(ada, task_id)
    assert task["status"] == ark
    assert (task["error"] is not None) == (native == "failed")


@pytest.mark.parametrize("state", TABLE)
async def test_a_delete_of_a_task_does_what_its_state_allows(ada, blobs, state):
    come_to, _, _, status, then = TABLE[state]
    task_id = await new_task(ada)
    await come_to(ada, blobs)
    held_before = await ada.credits()

    answer = await delete_task(ada, task_id)

    assert answer.status_code == status
    shown = await ada.get(f"{TASKS}/{task_id}")
    assert (shown.json()["status"] if then else shown.status_code) == (then or 404)
    if status == 409:
        assert answer.json()["error"]["code"] == "OperationDenied.InvalidState"
    if state == "queued":
        assert await ada.credits() == (1000, 0)
    else:
        assert await ada.credits() == held_before
