"""Money at rest: append-only transfers between two buckets each, and the balances they add up to.

A balance is locked, judged by `core.credits`, and written with its transfer in one go. It is the last lock of every
transaction that takes one.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from seedbed.core.credits import LEGS, Balance, TransferKind
from seedbed.core.job import Job
from seedbed.store.database import Connection, many, one, one_or_none


@dataclass(frozen=True, slots=True)
class _Transfer:
    account_id: int
    is_live: bool
    kind: TransferKind
    amount_credits: int
    job_id: str | None = None
    hold_id: int | None = None  # the hold that is resolved
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A transfer as its account sees it. `id` is the order in which transfers were written."""

    id: int
    kind: TransferKind
    amount_credits: int
    job_id: str | None
    note: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Unsound:
    """An account's ledger that does not add up. Every figure of a sound one is 0."""

    account_id: int
    is_live: bool
    sum_credits: int
    available_drift_credits: int
    held_drift_credits: int
    open_jobs_drift_credits: int


async def balance(conn: Connection, account_id: int, *, is_live: bool) -> Balance:
    """Return what the account has in that mode: nothing if money never moved there."""
    row = await one_or_none(conn, _BALANCE, {"account_id": account_id, "is_live": is_live})
    return Balance(row["available_credits"], row["held_credits"]) if row else Balance()


async def page(conn: Connection, account_id: int, *, is_live: bool, limit: int, before: int) -> list[Entry]:
    """Return the account's newest transfers whose id is less than `before`."""
    facts = {"account_id": account_id, "is_live": is_live, "limit": limit, "before": before}
    rows = await many(conn, _PAGE, facts)
    return [Entry(**row | {"kind": TransferKind(row["kind"])}) for row in rows]


async def of_job(conn: Connection, account_id: int, job_id: str, *, is_live: bool) -> list[Entry]:
    """Return what was moved for a job of the account, the newest first. It outlives the job."""
    rows = await many(conn, _OF_JOB, {"account_id": account_id, "is_live": is_live, "job_id": job_id})
    return [Entry(**row | {"kind": TransferKind(row["kind"])}) for row in rows]


async def give(
    conn: Connection, account_id: int, amount_credits: int, *, is_live: bool, note: str | None, at: datetime | None
) -> Balance:
    """Move credits to an account (TOPUP), or back from it if the amount is negative (ADJUST).

    Raises InsufficientCredits if more would be taken back than is available.
    """
    kind = TransferKind.TOPUP if amount_credits > 0 else TransferKind.ADJUST
    return await _write(conn, _Transfer(account_id, is_live, kind, abs(amount_credits), note=note), at=at)


async def hold(conn: Connection, job: Job, *, at: datetime | None) -> None:
    """Set a job's price aside, and count it as charged by its key. Raises InsufficientCredits.

    A job that is free holds nothing.
    """
    if job.charged_credits:
        transfer = _of_job(job, TransferKind.HOLD)
        if job.api_key_id is None:
            await _write(conn, transfer, at=at)
        else:
            await _write(conn, transfer, at=at, statement=_CHARGE, api_key_id=job.api_key_id)


async def resolve(conn: Connection, job: Job, kind: TransferKind, *, at: datetime | None) -> None:
    """Capture or release a job's hold, whole. The unique index on `hold_id` refuses to do it twice.

    What is released was never charged by its key, in the month of the hold.
    """
    held = await one_or_none(conn, _HOLD_OF, {"job_id": job.id})
    if held:
        gives_back = kind is TransferKind.RELEASE and job.api_key_id is not None
        transfer = _of_job(job, kind, hold_id=held["id"])
        facts = {"api_key_id": job.api_key_id, "held_at": held["at"]} if gives_back else {}
        await _write(conn, transfer, at=at, statement=_GIVE_BACK if gives_back else _WRITE, **facts)


async def unsound(conn: Connection) -> list[Unsound]:
    """Return the accounts whose ledger does not add up: none, unless there is a defect."""
    rows = await many(conn, _UNSOUND, {})
    return [
        Unsound(
            row["account_id"],
            row["is_live"],
            sum_credits=int(row["sum_credits"]),
            available_drift_credits=int(row["available_drift"]),
            held_drift_credits=int(row["held_drift"]),
            open_jobs_drift_credits=int(row["open_jobs_drift"]),
        )
        for row in rows
    ]


def _of_job(job: Job, kind: TransferKind, *, hold_id: int | None = None) -> _Transfer:
    return _Transfer(job.account_id, job.is_live, kind, job.charged_credits, job_id=job.id, hold_id=hold_id)


async def _write(
    conn: Connection, transfer: _Transfer, *, at: datetime | None, statement: str | None = None, **more: object
) -> Balance:
    before = await lock_balance(conn, transfer.account_id, is_live=transfer.is_live)
    after = before.after(transfer.kind, transfer.amount_credits)
    legs = LEGS[transfer.kind]
    facts = asdict(transfer) | asdict(after) | {"source": legs.source, "target": legs.target, "at": at}
    await conn.execute(statement or _WRITE, facts | more)
    return after


async def lock_balance(conn: Connection, account_id: int, *, is_live: bool) -> Balance:
    facts = {"account_id": account_id, "is_live": is_live}
    row = await one_or_none(conn, _LOCK, facts)
    if row is None:
        await conn.execute(_OPEN, facts)
        row = await one(conn, _LOCK, facts)
    return Balance(row["available_credits"], row["held_credits"])


_BALANCE = """
select available_credits, held_credits from balance where account_id = %(account_id)s and is_live = %(is_live)s
"""
_PAGE = """
select id, kind, amount_credits, job_id, note, at from transfer
where account_id = %(account_id)s and is_live = %(is_live)s and id < %(before)s
order by id desc limit %(limit)s
"""
# A job has one hold, which an index finds, and that has one resolution, which another one finds.
_OF_JOB = """
with hold as (
    select * from transfer
    where job_id = %(job_id)s and kind = 'hold' and account_id = %(account_id)s and is_live = %(is_live)s)
select id, kind, amount_credits, job_id, note, at from hold
union all
select resolution.id, resolution.kind, resolution.amount_credits, resolution.job_id, resolution.note, resolution.at
from hold join transfer resolution on resolution.hold_id = hold.id
order by id desc
"""
_OPEN = "insert into balance (account_id, is_live) values (%(account_id)s, %(is_live)s) on conflict do nothing"
_LOCK = """
select available_credits, held_credits from balance
where account_id = %(account_id)s and is_live = %(is_live)s for no key update
"""
_HOLD_OF = "select id, at from transfer where job_id = %(job_id)s and kind = 'hold'"
_WRITTEN = """
with written as (
    insert into transfer (account_id, is_live, kind, source, target, amount_credits, job_id, hold_id, note, at)
    values (%(account_id)s, %(is_live)s, %(kind)s, %(source)s, %(target)s, %(amount_credits)s, %(job_id)s, %(hold_id)s,
        %(note)s, coalesce(%(at)s::timestamptz, clock_timestamp())))
"""
_BALANCED = """
update balance set available_credits = %(available_credits)s, held_credits = %(held_credits)s
where account_id = %(account_id)s and is_live = %(is_live)s
"""
# In the same statement, so that what a key has charged costs no round trip.
_CHARGED = """
, charged as (
    insert into key_spending (api_key_id, month, charged_credits)
    values (%(api_key_id)s,
        date_trunc('month', coalesce(%(at)s::timestamptz, clock_timestamp()) at time zone 'UTC')::date,
        %(amount_credits)s)
    on conflict (api_key_id, month) do update set
        charged_credits = key_spending.charged_credits + excluded.charged_credits)
"""
# A hold of before the counting began was never counted.
_GIVEN_BACK = """
, given_back as (
    update key_spending set charged_credits = greatest(0, charged_credits - %(amount_credits)s)
    where api_key_id = %(api_key_id)s
        and month = date_trunc('month', %(held_at)s::timestamptz at time zone 'UTC')::date)
"""
_WRITE = _WRITTEN + _BALANCED
_CHARGE = _WRITTEN + _CHARGED + _BALANCED
_GIVE_BACK = _WRITTEN + _GIVEN_BACK + _BALANCED
_UNSOUND = """
select * from ledger_proof
where (sum_credits, available_drift, held_drift, open_jobs_drift) <> (0, 0, 0, 0) order by account_id, is_live
"""
