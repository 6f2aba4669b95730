"""The answers to requests that bore an Idempotency-Key, in the commit of their jobs, kept for seven days.

That the first request is still in flight cannot be seen in a table before its commit, so an advisory lock tells. It
ends with the transaction, however that ends.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from seedbed.core.errors import IdempotencyInFlight, IdempotencyMismatch
from seedbed.store.database import Connection, one, one_or_none

KEPT_DAYS = 7


@dataclass(frozen=True, slots=True)
class IdempotencyClaim:
    """What a request says of itself: `scope` is its method and path, `digest` the SHA-256 of its body."""

    scope: str
    key: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The body of the first answer, byte for byte. Only 2xx answers are ever stored."""

    job_id: str
    body: bytes


async def replay(
    conn: Connection, claim: IdempotencyClaim, account_id: int, *, is_live: bool, at: datetime | None
) -> StoredAnswer | None:
    """Return the answer to give again, or None, with the key locked until the transaction ends.

    Raises IdempotencyInFlight if another transaction holds the key, and IdempotencyMismatch if the key was used with
    another body.
    """
    lock = await one(
        conn, "select pg_try_advisory_xact_lock(%(lock)s) as held", {"lock": _lock_of(claim, account_id, is_live)}
    )
    if not lock["held"]:
        raise IdempotencyInFlight
    row = await one_or_none(conn, _FIND, _facts(claim, account_id, is_live) | {"at": at})
    if row is None:
        return None
    if row["digest"] != claim.digest:
        raise IdempotencyMismatch
    return StoredAnswer(row["job_id"], row["answer"])


async def remember(
    conn: Connection,
    claim: IdempotencyClaim,
    account_id: int,
    *,
    is_live: bool,
    answer: StoredAnswer,
    at: datetime | None,
) -> None:
    """Store the answer in place of one that has expired, if there is one."""
    facts = _facts(claim, account_id, is_live) | {
        "digest": claim.digest,
        "job_id": answer.job_id,
        "answer": answer.body,
        "days": KEPT_DAYS,
        "at": at,
    }
    await conn.execute(_REMEMBER, facts)


async def sweep(conn: Connection, *, at: datetime | None, limit: int = 1000) -> int:
    """Delete answers that have expired, and return how many. A lookup does not need it: it passes over them anyway."""
    cursor = await conn.execute(_SWEEP, {"at": at, "limit": limit})
    return cursor.rowcount


def _facts(claim: IdempotencyClaim, account_id: int, is_live: bool) -> dict[str, object]:
    return {"account_id": account_id, "is_live": is_live, "scope": claim.scope, "key": claim.key}


def _lock_of(claim: IdempotencyClaim, account_id: int, is_live: bool) -> int:
    """Return a signed 64-bit number. Two keys that share one by chance would only make one of them try again."""
    name = f"{account_id}\n{is_live}\n{claim.scope}\n{claim.key}".encode()
    return int.from_bytes(hashlib.sha256(name).digest()[:8], signed=True)


_FIND = """
select digest, job_id, answer from idempotency
where account_id = %(account_id)s and is_live = %(is_live)s and scope = %(scope)s and key = %(key)s
    and expires_at > coalesce(%(at)s::timestamptz, clock_timestamp())
"""
_REMEMBER = """
insert into idempotency (account_id, is_live, scope, key, digest, job_id, answer, expires_at)
values (%(account_id)s, %(is_live)s, %(scope)s, %(key)s, %(digest)s, %(job_id)s, %(answer)s,
    coalesce(%(at)s::timestamptz, clock_timestamp()) + make_interval(days => %(days)s))
on conflict (account_id, is_live, scope, key) do update set
    digest = excluded.digest, job_id = excluded.job_id, answer = excluded.answer, expires_at = excluded.expires_at
"""
_SWEEP = """
delete from idempotency where ctid in (
    select ctid from idempotency where expires_at <= coalesce(%(at)s::timestamptz, clock_timestamp())
    limit %(limit)s for update skip locked)
"""
