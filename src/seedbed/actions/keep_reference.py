"""Keep what a URL of a job's request held, so that a retry or a rerun need not fetch it again.

The bytes are stored between the two calls here, because no transaction is open while bytes move. Both are fenced: an
attempt that has lost its job names nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from seedbed.core.job import Job
from seedbed.core.limits import Probe
from seedbed.store import kept_references
from seedbed.store.assets import Asset
from seedbed.store.database import Connection, moment


async def name_known(
    conn: Connection, job: Job, position: int, *, sha256: str, lifetime_s: int, at: datetime | None = None
) -> bool:
    """Name the asset that has those bytes already, and renew its time. `position` counts the references from 0.

    False: they are to be stored and then named by `name_stored`. True also if the attempt has lost the job.
    """
    async with conn.transaction():
        if not await kept_references.hold_attempt(conn, job.id, job.attempt):
            return True
        known = await kept_references.renew(
            conn, job.account_id, sha256, is_live=job.is_live, lifetime_s=lifetime_s, at=at
        )
        if known is not None:
            await kept_references.name(conn, job.id, position, known)
    return known is not None


async def name_stored(
    conn: Connection,
    job: Job,
    position: int,
    *,
    asset_id: str,
    blob_key: str,
    probe: Probe,
    sha256: str,
    lifetime_s: int,
    at: datetime | None = None,
) -> bool:
    """Write down bytes that were just stored. False: nobody will use them, and the caller deletes them.

    That is so if somebody kept the same bytes meanwhile, or if the attempt has lost the job.
    """
    async with conn.transaction():
        if not await kept_references.hold_attempt(conn, job.id, job.attempt):
            return False
        asset = Asset(
            id=asset_id,
            account_id=job.account_id,
            is_live=job.is_live,
            kind=probe.kind,
            blob_key=blob_key,
            size_bytes=probe.size_bytes,
            sha256=sha256,
            format=probe.format.value,
            expires_at=await moment(conn, at) + timedelta(seconds=lifetime_s),
            is_kept=True,
        )
        standing = await kept_references.insert(conn, asset, at=at)
        await kept_references.name(conn, job.id, position, standing)
    return standing == asset_id
