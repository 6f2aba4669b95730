"""Makes a test-mode job go the way its prompt asks (core/rehearsal.py), in the place where it would go so by itself.

What is forced is no fault of the worker's engine, so it must not count against the slot that it happened on.
"""

from __future__ import annotations

import asyncio
import time

from seedbed.core.engine import Stage
from seedbed.core.errors import MediaFailure
from seedbed.core.job import Job
from seedbed.core.rehearsal import Rehearsal, rehearse
from seedbed.core.urls import ASSET_SCHEME, host_of
from seedbed.worker.host import OnReport

REPORT_EVERY_S = 0.2


def rehearsal_of(job: Job) -> Rehearsal | None:
    """Return what the job's prompt forces, or None, as for every job of live mode."""
    return rehearse(job.request.prompt, is_live=job.is_live)


def force_fetching(job: Job) -> None:
    """Raise the media failure that the prompt asks for, before a reference is fetched."""
    _force(job, is_about_media=True)


async def force_making(job: Job, on_report: OnReport) -> bool:
    """Wait as long as the prompt asks, then raise the failure that it asks for. True: its engine is to die."""
    rehearsal = rehearsal_of(job)
    if rehearsal is None:
        return False
    until_s = time.monotonic() + rehearsal.take_s
    while (left_s := until_s - time.monotonic()) > 0:
        on_report(Stage.PREPARING, 1 - left_s / rehearsal.take_s)
        await asyncio.sleep(min(REPORT_EVERY_S, left_s))
    _force(job, is_about_media=False)
    return rehearsal.crashes and rehearsal.goes_wrong(job.failures)


def _force(job: Job, *, is_about_media: bool) -> None:
    rehearsal = rehearsal_of(job)
    if rehearsal is None or not rehearsal.goes_wrong(job.failures):
        return
    references = job.request.references
    is_plain = references and not references[0].url.startswith(ASSET_SCHEME)
    failure = rehearsal.failure(references, host=host_of(references[0].url) if is_plain else None)
    if failure is not None and isinstance(failure, MediaFailure) == is_about_media:
        raise failure
