"""What can be wrong with a service at rest, as values: every rule that an audit checks, with its sentence and its cure.

A sound service has no finding at any moment, also while it works. Money is never corrected by a program: a ledger that
does not add up means a defect, and a person has to find it before anything is written over it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

# What passes by itself within this time is no finding.
LATE_S = 60.0  # a lease or a deadline that has passed: workers look every two seconds
SILENT_S = 60.0  # a worker that was not heard of: it writes its row every five seconds
DELIVERY_LATE_S = 900.0  # an attempt that is due: receivers may be slow, and the queue before it long
ORPHAN_AGE_S = 2 * 86_400.0  # bytes that nothing names: workers sweep them once a day, when they are a day old


class Kind(StrEnum):
    """The rules, by the name under which they are counted. `docs/operations.md` has a row for each."""

    LEDGER_UNSOUND = "ledger_unsound"  # balances and transfers of an account disagree
    HOLD_MISSING = "hold_missing"  # a job with a price, and nothing was set aside for it
    HOLD_OPEN = "hold_open"  # the job is final or gone, its credits are still set aside
    HOLD_SPENT = "hold_spent"  # the job is open, its hold was captured or released already
    HOLD_WRONG = "hold_wrong"  # captured though it failed, released though it succeeded, or of another amount
    LANE_MISCOUNTED = "lane_miscounted"  # the counters of a lane differ from its jobs
    LIST_MISCOUNTED = "list_miscounted"  # how many jobs lists say there are differs from the jobs
    ROUTE_UNSOUND = "route_unsound"  # a job is with no engine of its route, or with one of another pool
    LEASE_OVERDUE = "lease_overdue"  # nobody took a silent worker's job away
    DEADLINE_OVERDUE = "deadline_overdue"  # nobody ended a job past its deadline
    WORKER_GONE = "worker_gone"  # a job is kept for a worker that is silent
    BYTES_ORPHANED = "bytes_orphaned"  # nothing names these bytes, and they are old
    BYTES_MISSING = "bytes_missing"  # a result or an upload without its bytes
    BYTES_CHANGED = "bytes_changed"  # a result or an upload whose bytes are others
    ASSET_PINNED = "asset_pinned"  # a final job keeps an upload
    DELIVERY_MISSING = "delivery_missing"  # a final job with a webhookUrl, and nothing tells it
    DELIVERY_UNSCHEDULED = "delivery_unscheduled"  # a delivery waits for an attempt that nobody will make
    DELIVERY_OVERDUE = "delivery_overdue"  # an attempt is due and is not made
    ANSWER_ORPHANED = "answer_orphaned"  # a stored answer to an Idempotency-Key whose job is gone


SAYS: dict[Kind, str] = {
    Kind.LEDGER_UNSOUND: (
        "its entries sum to {sum_credits}, available is off by {available_drift}, held by {held_drift}, and held "
        "differs from its open jobs by {open_jobs_drift} credits"
    ),
    Kind.HOLD_MISSING: "it is {state} and costs {price_credits} credits, but nothing was set aside for it",
    Kind.HOLD_OPEN: "it is {state}, but its {amount_credits} credits are still set aside",
    Kind.HOLD_SPENT: "it is {state}, but its hold has ended in a {resolution} already",
    Kind.HOLD_WRONG: (
        "it is {state} and costs {price_credits} credits, but its hold of {amount_credits} ended in a {resolution}"
    ),
    Kind.LANE_MISCOUNTED: (
        "it counts {queued} queued and {running} running jobs, but has {queued_jobs} and {running_jobs}"
    ),
    Kind.LIST_MISCOUNTED: (
        "{counts} of its hourly counts differ from its jobs; together they say {told}, and there are {there}"
    ),
    Kind.ROUTE_UNSOUND: "it is {state} with engine {leg} of a route of {legs} (from 0), in the pool {pool}",
    Kind.LEASE_OVERDUE: "its lease of worker {worker} ended {late_s} s ago, and nobody took the job back",
    Kind.DEADLINE_OVERDUE: "it is {state} {late_s} s after its deadline",
    Kind.WORKER_GONE: "it is kept for worker {worker}, which was not heard of for {late_s} s",
    Kind.BYTES_ORPHANED: "no job and no upload names these bytes, stored {age_s} s ago",
    Kind.BYTES_MISSING: "its bytes under {key} are not there",
    Kind.BYTES_CHANGED: "its bytes under {key} are not those that were stored: {difference}",
    Kind.ASSET_PINNED: "it is {state}, but still keeps {assets} upload(s)",
    Kind.DELIVERY_MISSING: "it is {state} and has a webhookUrl, but no delivery tells it",
    Kind.DELIVERY_UNSCHEDULED: "it is pending after {attempts} attempt(s), but no further one is scheduled",
    Kind.DELIVERY_OVERDUE: "its next attempt has been due for {late_s} s",
    Kind.ANSWER_ORPHANED: "it is the answer for {scope}, and its job {job_id} is gone",
}

# What a repair does. Kinds that are not here are for a person; ADVICE says what to do.
REPAIRS: dict[Kind, str] = {
    Kind.LANE_MISCOUNTED: "count the lane's jobs anew, under its lock",
    Kind.LIST_MISCOUNTED: "count the jobs of that account, mode and pool anew, under the lane's lock",
    Kind.LEASE_OVERDUE: "take the job back, as a worker would",
    Kind.DEADLINE_OVERDUE: "end the job as expired and give its credits back, as a worker would",
    Kind.BYTES_ORPHANED: "delete the bytes",
    Kind.ASSET_PINNED: "let go of the uploads",
    Kind.DELIVERY_MISSING: "write the delivery and schedule it",
    Kind.DELIVERY_UNSCHEDULED: "schedule the next attempt",
}
_MONEY = (
    "Money is never repaired by a program: look at the account's rows in `transfer`, find the cause, and settle the "
    "difference with the customer by `seedbed credits grant` and a note."
)
ADVICE: dict[Kind, str] = {
    Kind.LEDGER_UNSOUND: _MONEY,
    Kind.HOLD_MISSING: _MONEY,
    Kind.HOLD_OPEN: _MONEY,
    Kind.HOLD_SPENT: _MONEY,
    Kind.HOLD_WRONG: _MONEY,
    Kind.ROUTE_UNSOUND: (
        "Nobody may be able to make it: cancel it if it is open, which gives its credits back, and find out who writes "
        "into `job` besides Seedbed."
    ),
    Kind.WORKER_GONE: "Wait for the lease to end; another worker takes the job then. If it stays, stop that worker.",
    Kind.BYTES_MISSING: "Restore the bytes under that key from a backup; the result cannot be loaded until then.",
    Kind.BYTES_CHANGED: "Restore the bytes from a backup, and find out who writes into the store besides Seedbed.",
    Kind.DELIVERY_OVERDUE: "See that workers run, for they deliver; if they do, start more of them.",
    Kind.ANSWER_ORPHANED: (
        "A request with that key is told to try again until the answer expires; delete the row in `idempotency` only "
        "if a second job for the same key is wanted."
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `subject` names it: an id, a key of the blob store, or `<account>/<mode>[/<pool>]`."""

    kind: Kind
    subject: str
    says: str

    @property
    def is_repairable(self) -> bool:
        return self.kind in REPAIRS

    @property
    def remedy(self) -> str:
        """What a repair would do, or what a person should."""
        return REPAIRS.get(self.kind) or ADVICE[self.kind]


@dataclass(frozen=True, slots=True)
class Report:
    """What an audit found, and when it looked."""

    at: datetime
    findings: tuple[Finding, ...]

    def counts(self) -> dict[Kind, int]:
        """Return the number of findings of every kind, in the order of the kinds; most are 0."""
        found = Counter(finding.kind for finding in self.findings)
        return {kind: found[kind] for kind in Kind}


def finding(kind: Kind, subject: str, **facts: object) -> Finding:
    """Return a finding with its sentence. `facts` are what the sentence names; more of them do no harm."""
    return Finding(kind, subject, f"{subject}: {SAYS[kind].format(**facts)}.")


def prometheus(report: Report) -> str:
    """Return the report in the text format that Prometheus' node exporter collects from files."""
    counts = "".join(f'seedbed_audit_findings{{kind="{kind}"}} {n}\n' for kind, n in report.counts().items())
    return (
        "# HELP seedbed_audit_findings What the last audit found to be wrong.\n"
        "# TYPE seedbed_audit_findings gauge\n"
        f"{counts}"
        "# HELP seedbed_audit_last_run_timestamp_seconds When the last audit looked.\n"
        "# TYPE seedbed_audit_last_run_timestamp_seconds gauge\n"
        f"seedbed_audit_last_run_timestamp_seconds {report.at.timestamp():.3f}\n"
    )
