"""Look whether the service is sound: its money, its lanes, its bytes and its webhooks. Changes nothing.

Safe beside a service at work: bytes are listed first, the rows are read in one snapshot after that, and what the two
disagree about is looked at once more in the store. No transaction is open while the store is asked.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from seedbed.blobs.store import Blobs
from seedbed.blobs.unfinished import is_unfinished
from seedbed.core.audit import ORPHAN_AGE_S, Finding, Report
from seedbed.core.errors import NotFound
from seedbed.core.inventory import Inventory, NamedBytes, StoredBytes, altered, missing
from seedbed.store import audit as rows
from seedbed.store.database import Connection, moment

PLACES = ("jobs", "assets", "checks")


async def audit(
    conn: Connection,
    blobs: Blobs,
    *,
    orphan_age_s: float = ORPHAN_AGE_S,
    reads_bytes: bool = False,
    at: datetime | None = None,
) -> Report:
    """Return what is wrong. `reads_bytes` also loads every result and compares its SHA-256: as slow as the store is.

    Raises Unavailable if the database or the store does not answer.
    """
    now = await moment(conn, at)
    inventory = Inventory(await _listed(blobs))
    named: list[NamedBytes] = []
    async with rows.snapshot(conn):
        found = await rows.findings(conn, at=now)
        for job_id, attempt in await rows.open_attempts(conn):
            inventory.need(f"jobs/{job_id}/{attempt}")
        async for one in rows.named_bytes(conn):
            inventory.name(one)
            if reads_bytes:
                named.append(one)
    found += inventory.findings
    found += [missing(one) for one in inventory.missing if not await _is_there(blobs, one.key)]
    orphans = inventory.orphans(at=now, age_s=orphan_age_s)
    found += [finding for key, finding in orphans if is_unfinished(key) or await _is_there(blobs, key)]
    for one in named:
        found += await _altered(blobs, one)
    return Report(now, tuple(found))


async def _listed(blobs: Blobs) -> dict[str, StoredBytes]:
    entries = await blobs.unfinished()
    for place in PLACES:
        entries += [entry async for entry in blobs.entries(place)]
    return {entry.key: StoredBytes(entry.size_bytes, entry.modified_at) for entry in entries}


async def _is_there(blobs: Blobs, key: str) -> bool:
    try:
        await blobs.head(key)
    except NotFound:
        return False
    return True


async def _altered(blobs: Blobs, named: NamedBytes) -> list[Finding]:
    """Read the bytes. Those that are missing were reported before, and empty ones cannot be read."""
    if named.sha256 is None:
        return []
    digest = hashlib.sha256()
    try:
        size_bytes = (await blobs.head(named.key)).size_bytes
        if size_bytes:
            async for chunk in blobs.get_range(named.key, 0, size_bytes):
                digest.update(chunk)
    except NotFound:
        return []
    is_same = digest.hexdigest() == named.sha256 or size_bytes != named.size_bytes
    return [] if is_same else [altered(named, digest.hexdigest())]
