"""Tries a store once at start, so that a wrong bucket, key or right is told then and not by the first job."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from seedbed.blobs.refusals import explain
from seedbed.blobs.store import PROBES, Blobs
from seedbed.core.errors import NotFound, NotReady, Unavailable

PROBE_S = 20.0
OLD_AGE = timedelta(hours=1)  # what a process that was killed while it probed has left is older than this one day


async def probe(blobs: Blobs, *, needs_presigning: bool = False) -> None:
    """Write, read, delete and list. Raises NotReady that says what the store refuses, why, and what to do."""
    if needs_presigning and not blobs.can_presign:
        raise NotReady(
            "SEEDBED_RESULT_URLS=presign needs a bucket in SEEDBED_BLOBS_URL that signs URLs (and no key of the "
            "customer's for its encryption); with any other store, set it to stream."
        )
    try:
        async with asyncio.timeout(PROBE_S):
            await blobs.check()
            await _sweep(blobs)
    except TimeoutError as exc:
        raise _unusable(exc) from exc
    except (Unavailable, NotFound) as exc:
        raise _unusable(exc.__cause__ or exc) from exc


async def _sweep(blobs: Blobs) -> None:
    old = datetime.now(UTC) - OLD_AGE
    for key in [entry.key async for entry in blobs.entries(PROBES) if entry.modified_at < old]:
        await blobs.delete(key)


def _unusable(cause: BaseException) -> NotReady:
    return NotReady(f"The store of results and uploads cannot be used: {explain(cause)}.")
