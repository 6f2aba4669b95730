"""Tell a job's owner that it has come into a state that is not its last, where its dialect tells every state.

Call it inside the transaction that moved the job. How a job ends is told by `actions.ending`.
"""

from __future__ import annotations

from datetime import datetime

from seedbed.core.callbacks import callback_of
from seedbed.core.job import Job
from seedbed.core.webhooks import address_of
from seedbed.store import deliveries, endpoints
from seedbed.store.database import Connection


async def tell(conn: Connection, job: Job, *, at: datetime | None) -> None:
    url = job.request.webhook_url
    if url is None or not callback_of(job.dialect).tells_every_state:
        return
    reason = await endpoints.stop_reason(conn, job.account_id, address_of(url), is_live=job.is_live)
    await deliveries.enqueue(conn, job, url, stopped_because=reason, at=at)
