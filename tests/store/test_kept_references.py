"""What is kept of a job's URLs: once an account, named by attempts that hold the job, gone with its last job."""

from __future__ import annotations

import pytest

from seedbed.actions.claim import claim
from seedbed.actions.create_account import create_account
from seedbed.actions.erase import erase
from seedbed.actions.finish import finish
from seedbed.actions.hand_back import hand_back
from seedbed.actions.keep_reference import name_known, name_stored
from seedbed.actions.submit import submit
from seedbed.core.formats import Format
from seedbed.core.limits import Probe
from seedbed.store import assets, audit, kept_references
from store.orders import LEASE_S, NOON, a_success, after, an_order, answer_of

pytestmark = pytest.mark.server

WEEK_S = 604_800
SHA256 = "ab" * 32
PICTURE = Probe(Format.PNG, 1000)


async def _account(conn) -> int:
    return (await create_account(conn, name="Ada", credits=1000)).id


async def _processing(conn, account, **wishes):
    await submit(conn, an_order(account, **wishes), answer_of=answer_of, at=NOON)
    return (await claim(conn, pools=["default"], worker="w", lease_s=LEASE_S, at=NOON)).job


async def _keep(conn, job, asset_id="ast_1", *, at=NOON, lifetime_s=WEEK_S) -> bool:
    facts = {"sha256": SHA256, "lifetime_s": lifetime_s, "at": at}
    blob_key = f"assets/{asset_id}"
    return await name_stored(conn, job, 0, asset_id=asset_id, blob_key=blob_key, probe=PICTURE, **facts)


async def _know(conn, job, *, at=NOON) -> bool:
    return await name_known(conn, job, 0, sha256=SHA256, lifetime_s=WEEK_S, at=at)


async def _finished(conn, job):
    return (await finish(conn, job.id, job.attempt, a_success(job), at=NOON)).job


async def _kept(conn, job_id) -> list[str]:
    return [asset.id for asset in (await kept_references.of_job(conn, job_id)).values()]


async def test_the_same_bytes_are_kept_once_for_two_jobs_of_an_account(conn):
    account = await _account(conn)
    first, second = await _processing(conn, account), await _processing(conn, account)

    assert (await _know(conn, first), await _keep(conn, first)) == (False, True)
    assert await _know(conn, second)

    assert await _kept(conn, first.id) == await _kept(conn, second.id) == ["ast_1"]


async def test_of_two_who_store_the_same_bytes_at_once_the_second_deletes_its_own(conn):
    account = await _account(conn)
    first, second = await _processing(conn, account), await _processing(conn, account)

    assert (await _keep(conn, first, "ast_1"), await _keep(conn, second, "ast_2")) == (True, False)

    assert await _kept(conn, second.id) == ["ast_1"]


@pytest.mark.parametrize("is_live", [True, False])
async def test_what_is_kept_is_not_shared_with_another_account_or_mode(conn, is_live):
    account = await _account(conn)
    await _keep(conn, await _processing(conn, account))
    stranger = await _processing(conn, await _account(conn) if is_live else account, is_live=is_live)

    assert not await _know(conn, stranger)
    assert await _keep(conn, stranger, "ast_2")


async def test_an_attempt_that_lost_its_job_keeps_nothing(conn):
    job = await _processing(conn, await _account(conn))
    await hand_back(conn, job.id, job.attempt, at=NOON)

    assert await _know(conn, job)
    assert not await _keep(conn, job)

    assert await _kept(conn, job.id) == []
    assert await assets.known(conn, ["ast_1"]) == frozenset()


async def test_a_later_use_prolongs_the_time_and_after_it_the_sweep_takes_the_asset_and_its_names(conn):
    account = await _account(conn)
    first = await _processing(conn, account)
    await _keep(conn, first)
    await _know(conn, first, at=after(100))

    assert await assets.take_expired(conn, at=after(WEEK_S + 99)) == []
    assert [asset.id for asset in await assets.take_expired(conn, at=after(WEEK_S + 101))] == ["ast_1"]
    assert await _kept(conn, first.id) == []


async def test_a_rerun_takes_over_and_pins_what_is_kept_until_it_is_final(conn):
    account = await _account(conn)
    first = await _processing(conn, account)
    await _keep(conn, first, lifetime_s=60)
    await _finished(conn, first)

    second = await _processing(conn, account, rerun_of=first.id)

    assert await _kept(conn, second.id) == ["ast_1"]
    assert await assets.take_expired(conn, at=after(61)) == []
    await _finished(conn, second)
    assert len(await assets.take_expired(conn, at=after(61))) == 1
    assert await audit.findings(conn, at=after(61)) == []


async def test_a_rerun_takes_over_nothing_that_has_expired_or_is_another_accounts(conn):
    account = await _account(conn)
    first = await _processing(conn, account)
    await _keep(conn, first, lifetime_s=0)
    mine = await _processing(conn, account, rerun_of=first.id)
    await _keep(conn, first, lifetime_s=60)
    strangers = await _processing(conn, await _account(conn), rerun_of=first.id)

    assert (await _kept(conn, mine.id), await _kept(conn, strangers.id)) == ([], [])


async def test_erasing_takes_what_only_that_job_kept(conn):
    account = await _account(conn)
    first = await _processing(conn, account)
    await _keep(conn, first)
    await _finished(conn, first)
    second = await _processing(conn, account, rerun_of=first.id)
    await _finished(conn, second)

    of_first = await erase(conn, account, first.id, is_live=True, at=NOON)
    of_second = await erase(conn, account, second.id, is_live=True, at=NOON)

    assert (of_first.kept_keys, of_second.kept_keys) == ((), ("assets/ast_1",))
    assert await assets.known(conn, ["ast_1"]) == frozenset()
