"""Who operates the service, and the names of what operators do: the words of the log in which all of it is kept.

An action is recorded in the commit that does it, so the log holds what happened, and all of it, but never a secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Act(StrEnum):
    """What was done, as `<noun>.<verbed>`. `docs/admin.md` has a row for each."""

    ACCOUNT_CREATED = "account.created"
    ACCOUNT_CHANGED = "account.changed"  # its name, whether it is unlimited, its refill
    ACCOUNT_DISABLED = "account.disabled"
    ACCOUNT_ENABLED = "account.enabled"
    ACCOUNT_GRANTED = "account.granted"  # credits were given, or unspent ones taken back
    ACCOUNT_REFILLED = "account.refilled"  # by the service, at the beginning of a month
    KEY_CREATED = "key.created"
    KEY_CHANGED = "key.changed"  # its name, its scopes, its expiry, its limits, its cap
    KEY_REVOKED = "key.revoked"
    POOL_PAUSED = "pool.paused"
    POOL_RESUMED = "pool.resumed"
    MAINTENANCE_BEGAN = "maintenance.began"
    MAINTENANCE_ENDED = "maintenance.ended"
    WORKER_DRAINED = "worker.drained"
    WORKER_UNDRAINED = "worker.undrained"
    HOST_DRAINED = "host.drained"
    HOST_UNDRAINED = "host.undrained"
    JOB_CANCELLED = "job.cancelled"
    JOB_REQUEUED = "job.requeued"  # taken from its worker
    JOB_REPRIORITISED = "job.reprioritised"


@dataclass(frozen=True, slots=True)
class Operator:
    """Who acts. `name` is that of the key if there is one, as the log writes it down at that moment."""

    name: str
    key_id: int | None = None
    request_id: str | None = None


COMMAND_LINE = Operator("cli")
SERVICE = Operator("service")  # by itself, as an operator once told it to


def account_subject(account_id: int) -> str:
    return f"account/{account_id}"


def key_subject(key_id: int) -> str:
    return f"key/{key_id}"


def pool_subject(pool: str) -> str:
    return f"pool/{pool}"


def job_subject(job_id: str) -> str:
    return f"job/{job_id}"


THE_SERVICE = "service"  # as a subject
