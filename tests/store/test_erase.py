"""Erasing a final job: its rows go, its money and its stored answer stay, its bytes are left to the sweep."""

from __future__ import annotations

import pytest

from seedbed.actions.balance import balance
from seedbed.actions.cancel import cancel
from seedbed.actions.claim import claim
from seedbed.actions.create_account import create_account
from seedbed.actions.erase import erase
from seedbed.actions.finish import finish
from seedbed.actions.submit import submit
from seedbed.core.errors import IllegalMove, NotFound
from seedbed.store import audit, deliveries, idempotency, jobs, leftovers
from seedbed.store.idempotency import IdempotencyClaim, StoredAnswer
from seedbed.store.leftovers import Leftover
from store.orders import LEASE_S, NOON, SCOPE, a_request, a_success, after, an_order, answer_of

pytestmark = pytest.mark.server


async def _job(conn, **wishes):
    account = (await create_account(conn, name="Ada", credits=100)).id
    return (await submit(conn, an_order(account, **wishes), answer_of=answer_of, at=NOON)).job


async def _succeeded(conn, **wishes):
    await _job(conn, **wishes)
    job = (await claim(conn, pools=["default"], worker="w", lease_s=LEASE_S, at=NOON)).job
    return (await finish(conn, job.id, 1, a_success(job), at=NOON)).job


async def test_an_erased_job_is_gone_with_its_deliveries_and_its_money_stays(conn):
    job = await _succeeded(conn, request=a_request(webhook_url="https://hooks.test/x"))

    await erase(conn, job.account_id, job.id, is_live=True, at=after(5))

    assert await jobs.find(conn, job.id) is None
    assert await deliveries.of_job(conn, job.id) == []
    assert (await balance(conn, job.account_id, is_live=True)).available_credits == 60
    assert await audit.findings(conn, at=after(5)) == []


async def test_the_bytes_of_an_erased_job_are_left_to_the_sweep(conn):
    job = await _succeeded(conn)

    await erase(conn, job.account_id, job.id, is_live=True, at=NOON)

    assert await leftovers.take_due(conn, limit=10, at=after(60)) == [Leftover(job.id, 1)]


async def test_the_answer_to_an_erased_jobs_creation_is_given_again(conn):
    job = await _succeeded(conn, key="k1")

    await erase(conn, job.account_id, job.id, is_live=True, at=NOON)

    claimed = IdempotencyClaim(SCOPE, "k1", b"\1" * 32)
    again = await idempotency.replay(conn, claimed, job.account_id, is_live=True, at=NOON)
    assert again == StoredAnswer(None, answer_of(job))


async def test_a_job_that_never_ran_leaves_no_bytes_to_sweep(conn):
    job = await _job(conn)
    await cancel(conn, job.account_id, job.id, is_live=True, at=NOON)

    await erase(conn, job.account_id, job.id, is_live=True, at=NOON)

    assert await leftovers.take_due(conn, limit=10, at=after(86_400)) == []


async def test_an_open_job_is_not_erased(conn):
    job = await _job(conn)

    with pytest.raises(IllegalMove):
        await erase(conn, job.account_id, job.id, is_live=True, at=NOON)

    assert await jobs.find(conn, job.id) is not None


@pytest.mark.parametrize(("account_offset", "is_live"), [(1, True), (0, False)])
async def test_what_is_another_accounts_or_modes_is_not_erased(conn, account_offset, is_live):
    job = await _succeeded(conn)

    with pytest.raises(NotFound):
        await erase(conn, job.account_id + account_offset, job.id, is_live=is_live, at=NOON)

    assert await jobs.find(conn, job.id) is not None
