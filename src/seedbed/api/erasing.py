"""Erases a final job as every dialect does it: the rows in one commit, then the bytes."""

from __future__ import annotations

import structlog

from seedbed.actions.erase import bytes_of_job, erase
from seedbed.api.service import Service
from seedbed.core.errors import Unavailable
from seedbed.store.keys import Principal

log = structlog.get_logger()


async def erase_job(service: Service, who: Principal, job_id: str) -> None:
    """Erase the key's own job. Its result cannot be loaded any more. Raises NotFound, and IllegalMove if it is open.

    Bytes that the store does not delete now are swept by a worker: the commit has noted them, or taken their row away.
    """
    async with service.connection() as conn:
        erased = await erase(conn, who.account_id, job_id, is_live=who.is_live)
    try:
        for key in erased.kept_keys:
            await service.blobs.delete(key)
        if erased.job.attempt:
            await service.blobs.delete_prefix(bytes_of_job(job_id))
    except Unavailable:
        log.warning("job.bytes_left", job_id=job_id)
