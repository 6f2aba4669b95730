"""The answers to requests that bore an Idempotency-Key, in the commit of what they did, kept for seven days.

That the first request is still in flight cannot be seen in a table before its commit, so an advisory lock tells. It
ends with the transaction, however that ends. Work that no transaction may wait for, such as looking into an upload, is
announced beforehand by a flight, which ends by itself when its process dies.

An endpoint whose whole work is one transaction calls `actions.answer_once`, and needs nothing else from here.
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
    """What a request says of itself: `scope` is its method and path, `digest` the SHA-256 of what it asks for."""

    scope: str
    key: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The body of the first answer, byte for byte. Only 2xx answers are ever stored.

    `job_id` is None if the request made no job, or if that was erased: what it was answered is answered again.
    """

    job_id: str | None
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
    return await find(conn, claim, account_id, is_live=is_live, at=at)


async def find(
    conn: Connection, claim: IdempotencyClaim, account_id: int, *, is_live: bool, at: datetime | None
) -> StoredAnswer | None:
    """Return the answer to give again, or None. Locks nothing: whoever goes on to act asks `replay` again.

    Raises IdempotencyMismatch if the key was used with another body.
    """
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


async def keep_without_job(conn: Connection, job_id: str) -> None:
    """Let the answers to the creation of a job outlive it. Call it in the commit that deletes the job."""
    await conn.execute("update idempotency set job_id = null where job_id = %(job_id)s", {"job_id": job_id})


async def take_flight(
    conn: Connection,
    claim: IdempotencyClaim,
    account_id: int,
    *,
    is_live: bool,
    lease_s: float,
    at: datetime | None = None,
) -> str:
    """Announce that work for this key has begun, and return what ends it. Call it outside a transaction.

    Raises IdempotencyInFlight while another holds the key: until it ends its flight or `lease_s` are over. A flight
    only saves work done twice; that nothing is answered twice is `replay`'s to keep.
    """
    row = await one_or_none(conn, _TAKE_FLIGHT, _facts(claim, account_id, is_live) | {"lease_s": lease_s, "at": at})
    if row is None:
        raise IdempotencyInFlight
    return str(row["holder"])


async def end_flight(conn: Connection, claim: IdempotencyClaim, account_id: int, *, is_live: bool, holder: str) -> None:
    """Let the next request with this key go on. Idempotent; ends no flight that another has taken over."""
    await conn.execute(_END_FLIGHT, _facts(claim, account_id, is_live) | {"holder": holder})


async def sweep(conn: Connection, *, at: datetime | None, limit: int = 1000) -> int:
    """Delete answers that have expired, and return how many. A lookup does not need it: it passes over them anyway."""
    await conn.execute(_SWEEP_FLIGHTS, {"at": at})
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
    select ctid from idempotency where expires_at <= coalesce(%(at)s::timestamptz, statement_timestamp())
    limit %(limit)s for update skip locked)
"""
_TAKE_FLIGHT = """
insert into idempotency_flight (account_id, is_live, scope, key, holder, held_until)
values (%(account_id)s, %(is_live)s, %(scope)s, %(key)s, gen_random_uuid()::text,
    coalesce(%(at)s::timestamptz, clock_timestamp()) + make_interval(secs => %(lease_s)s))
on conflict (account_id, is_live, scope, key) do update set
    holder = excluded.holder, held_until = excluded.held_until
where idempotency_flight.held_until <= coalesce(%(at)s::timestamptz, clock_timestamp())
returning holder
"""
_END_FLIGHT = """
delete from idempotency_flight
where account_id = %(account_id)s and is_live = %(is_live)s and scope = %(scope)s and key = %(key)s
    and holder = %(holder)s
"""
_SWEEP_FLIGHTS = """
delete from idempotency_flight where held_until <= coalesce(%(at)s::timestamptz, clock_timestamp()) - interval '1 day'
"""
