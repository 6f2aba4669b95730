"""Audits the service from time to time, and says what was found; mends nothing.

Every worker tries more often than once an hour, and the database lets one of them look: so it goes on whichever dies.
"""

from __future__ import annotations

import structlog

from seedbed.actions.audit import audit
from seedbed.blobs.store import Blobs
from seedbed.store import audit_runs
from seedbed.store.database import Pool, borrow

log = structlog.get_logger()

AUDIT_EVERY_S = 3600.0
TRY_EVERY_S = 600.0
NAMED = 20  # how many findings are written out; the rest are counted


async def audit_once(pool: Pool, blobs: Blobs) -> None:
    """Audit if the last time is an hour ago, and log `audit.finished`: a warning if anything is wrong."""
    async with borrow(pool) as conn:
        number = await audit_runs.take_turn(conn, every_s=AUDIT_EVERY_S)
        if number is None:
            return
        report = await audit(conn, blobs)
        await audit_runs.end_turn(conn, number, found=len(report.findings))
    say = log.warning if report.findings else log.info
    counts = {kind.value: count for kind, count in report.counts().items() if count}
    say("audit.finished", findings=len(report.findings), **counts)
    for finding in report.findings[:NAMED]:
        log.warning("audit.found", kind=finding.kind.value, subject=finding.subject, says=finding.says)
