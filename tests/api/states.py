"""The ways of a job into each state, for a customer whose only waiting job it is."""

from __future__ import annotations

from seedbed.actions.reap import reap
from seedbed.core.errors import ContentRejected


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


COME_TO = {
    "queued": _queued,
    "processing": _processing,
    "succeeded": _succeeded,
    "failed": _failed,
    "failed, expired": _expired,
    "cancelled": _cancelled,
}
