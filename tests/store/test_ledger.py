"""Money at rest: what the actions say, and what the database refuses whoever asks."""

from __future__ import annotations

import psycopg
import pytest

from seedbed.actions.balance import balance
from seedbed.actions.cancel import cancel
from seedbed.actions.create_account import create_account
from seedbed.actions.grant import grant
from seedbed.actions.submit import submit
from seedbed.core.credits import LEGS, Balance, TransferKind
from seedbed.core.errors import InsufficientCredits, InvalidRequest, NotFound
from seedbed.store import ledger
from seedbed.store.database import many
from store.orders import NOON, an_order, answer_of

pytestmark = pytest.mark.server


@pytest.fixture
async def account(conn):
    return (await create_account(conn, name="Ada", credits=100, at=NOON)).id


async def test_a_grant_adds_and_a_negative_one_takes_back(conn, account):
    assert await grant(conn, account, credits=50, note="thanks") == Balance(150, 0)
    assert await grant(conn, account, credits=-120, note="a mistake") == Balance(30, 0)
    assert await balance(conn, account, is_live=True) == Balance(30, 0)


async def test_no_more_can_be_taken_back_than_is_available(conn, account):
    with pytest.raises(InsufficientCredits):
        await grant(conn, account, credits=-101, note="why")

    assert await balance(conn, account, is_live=True) == Balance(100, 0)


async def test_a_grant_of_nothing_and_a_grant_to_nobody_are_refused(conn, account):
    with pytest.raises(InvalidRequest):
        await grant(conn, account, credits=0, note="why")
    with pytest.raises(NotFound):
        await grant(conn, account + 1, credits=1, note="why")


async def test_every_step_of_money_is_written_down_with_its_two_buckets(conn, account):
    job = (await submit(conn, an_order(account), answer_of=answer_of, at=NOON)).job
    await cancel(conn, account, job.id, is_live=True, at=NOON)

    rows = await many(conn, "select * from transfer order by id", {})

    assert [(r["kind"], r["source"], r["target"], r["amount_credits"], r["job_id"]) for r in rows] == [
        ("topup", "issued", "available", 100, None),
        ("hold", "available", "held", 40, job.id),
        ("release", "held", "available", 40, job.id),
    ]
    assert rows[2]["hold_id"] == rows[1]["id"]


@pytest.mark.parametrize("statement", ["update transfer set note = ''", "delete from transfer", "truncate transfer"])
async def test_the_ledger_cannot_be_rewritten(conn, account, statement):
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="append-only"):
        await conn.execute(statement)


async def test_a_hold_cannot_be_resolved_twice(conn, account):
    job = (await submit(conn, an_order(account), answer_of=answer_of, at=NOON)).job
    await submit(conn, an_order(account), answer_of=answer_of, at=NOON)
    await ledger.resolve(conn, job, TransferKind.CAPTURE, at=NOON)

    with pytest.raises(psycopg.errors.UniqueViolation, match="one_resolution_a_hold"):
        await ledger.resolve(conn, job, TransferKind.RELEASE, at=NOON)


async def test_a_balance_cannot_go_below_zero(conn, account):
    with pytest.raises(psycopg.errors.CheckViolation):
        await conn.execute("update balance set available_credits = -1")


async def test_the_proof_finds_a_balance_that_is_not_the_sum_of_its_transfers(conn, account):
    assert await ledger.unsound(conn) == []

    await conn.execute("update balance set available_credits = 101, held_credits = 1")

    (unsound,) = await ledger.unsound(conn)
    assert (unsound.available_drift_credits, unsound.held_drift_credits, unsound.open_jobs_drift_credits) == (1, 1, 1)


@pytest.mark.parametrize("kind", [TransferKind.TOPUP, TransferKind.HOLD, TransferKind.ADJUST])
async def test_the_database_refuses_a_transfer_between_the_wrong_buckets(conn, account, kind):
    legs = LEGS[kind]
    statement = (
        "insert into transfer (account_id, is_live, kind, source, target, amount_credits, job_id, at)"
        " values (%s, true, %s, %s, %s, 1, %s, now())"
    )
    job_id = "req_1" if kind is TransferKind.HOLD else None

    await conn.execute(statement, [account, kind, legs.source, legs.target, job_id])
    with pytest.raises(psycopg.errors.CheckViolation):
        await conn.execute(statement, [account, kind, legs.target, legs.source, job_id])
