"""One job through the actions, one step a test."""

from __future__ import annotations

import pytest

from seedbed.actions.beat import beat
from seedbed.actions.cancel import cancel
from seedbed.actions.claim import claim
from seedbed.actions.create_account import create_account
from seedbed.actions.finish import finish
from seedbed.actions.hand_back import hand_back
from seedbed.actions.note import note
from seedbed.actions.reap import Reaped, reap
from seedbed.actions.submit import submit
from seedbed.core.credits import Balance
from seedbed.core.engine import Stage
from seedbed.core.errors import (
    EngineFailed,
    IdempotencyMismatch,
    InsufficientCredits,
    InvalidRequest,
    MediaUnreachable,
    NotCancellable,
    NotFound,
    QueueFull,
)
from seedbed.core.job import Failure, Progress, State
from seedbed.core.references import Kind, Reference, Role
from seedbed.core.sizes import AspectRatio
from seedbed.store import assets, deliveries, jobs, ledger
from seedbed.store.assets import Asset
from store.orders import LEASE_S, NOON, a_request, a_success, after, an_order, answer_of

HOOK = "https://receiver.dev/hook"


@pytest.fixture
async def account(conn):
    return (await create_account(conn, name="Ada", credits=1000, at=NOON)).id


async def _submitted(conn, account, **wishes):
    return (await submit(conn, an_order(account, **wishes), answer_of=answer_of, at=NOON)).job


async def _claimed(conn, *, at=NOON):
    return (await claim(conn, pools=["default"], worker="w1", lease_s=LEASE_S, at=at)).job


async def _balance(conn, account):
    return await ledger.balance(conn, account, is_live=True)


async def test_a_submitted_job_is_queued_and_its_price_is_held(conn, account):
    job = await _submitted(conn, account, warnings=("mind the gap",))

    assert job == await jobs.get(conn, account, job.id, is_live=True)
    assert (job.state, job.charged_credits, job.warnings) == (State.QUEUED, 40, ("mind the gap",))
    assert (job.created_at, job.deadline_at) == (NOON, after(172_800))
    assert await _balance(conn, account) == Balance(960, 40)


async def test_a_success_captures_the_hold_and_stores_the_output(conn, account):
    await _submitted(conn, account)
    job = await _claimed(conn)

    finished = await finish(conn, job.id, 1, a_success(job, shot_plan={"moves": ["dolly"]}), at=after(3))

    assert finished.job == await jobs.get(conn, account, job.id, is_live=True)
    assert (finished.job.state, finished.job.finished_at) == (State.SUCCEEDED, after(3))
    assert finished.job.output == a_success(job).output
    assert finished.job.shot_plan == {"moves": ["dolly"]}
    assert await _balance(conn, account) == Balance(960, 0)
