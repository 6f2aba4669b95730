"""Test-mode jobs get their turn beside live ones that saturate the workers, and cannot crowd them out."""

from __future__ import annotations

from collections import Counter

import pytest

from seedbed.actions.claim import claim
from seedbed.actions.create_account import create_account
from seedbed.actions.finish import finish
from seedbed.actions.submit import submit
from store.orders import LEASE_S, NOON, a_success, after, an_order, answer_of

pytestmark = pytest.mark.server


async def queue(conn, account_id, *, jobs, is_live):
    for _ in range(jobs):
        await submit(conn, an_order(account_id, price=1, is_live=is_live), answer_of=answer_of, at=NOON)


async def serve_in_turn(conn, count) -> list[bool]:
    """Finish so many jobs one after the other, and return for each whether it was live."""
    modes = []
    for turn in range(count):
        claimed = await claim(conn, pools=["default"], worker="w1", lease_s=LEASE_S, at=after(1 + turn))
        assert claimed is not None
        modes.append(claimed.job.is_live)
        await finish(conn, claimed.job.id, claimed.job.attempt, a_success(claimed.job), at=after(1.9 + turn))
    return modes


async def test_a_test_job_does_not_wait_for_a_long_live_queue(conn):
    accounts = [(await create_account(conn, name=name, credits=1000)).id for name in ("Ada", "Bob")]
    for account_id in accounts:
        await queue(conn, account_id, jobs=30, is_live=True)
    await serve_in_turn(conn, 10)

    await queue(conn, accounts[0], jobs=1, is_live=False)

    assert False in await serve_in_turn(conn, 4)


async def test_a_flood_of_test_jobs_leaves_live_ones_their_share(conn):
    account_id = (await create_account(conn, name="Ada", credits=1000)).id
    await queue(conn, account_id, jobs=60, is_live=False)
    await queue(conn, account_id, jobs=40, is_live=True)

    modes = Counter(await serve_in_turn(conn, 45))

    assert modes[True] >= 34
    assert modes[False] >= 8
