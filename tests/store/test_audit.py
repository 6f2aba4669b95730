"""The audit finds every kind of damage, mends what a program may mend, and is silent about a sound service."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from seedbed.actions.audit import audit
from seedbed.actions.cancel import cancel
from seedbed.actions.claim import claim
from seedbed.actions.create_account import create_account
from seedbed.actions.finish import finish
from seedbed.actions.repair import repair
from seedbed.actions.submit import submit
from seedbed.blobs.store import open_blobs
from seedbed.core.audit import Kind, prometheus
from seedbed.core.errors import NotCancellable
from seedbed.core.job import Leg
from seedbed.core.references import Kind as MediaKind
from seedbed.store import assets, audit_runs, ledger
from seedbed.store.assets import Asset
from seedbed.store.audit import snapshot
from seedbed.store.database import connect, many
from store.orders import LEASE_S, a_request, a_success, an_order, answer_of

pytestmark = pytest.mark.server
HOOK = "https://receiver.dev/hook"
LATER = datetime.now(UTC) + timedelta(days=400)  # the store's clock cannot be set, so that of the audit is


@pytest.fixture
def blobs(tmp_path):
    return open_blobs(None, tmp_path / "blobs")


@pytest.fixture
async def account(conn):
    return (await create_account(conn, name="Ada", credits=1000)).id


@pytest.fixture
async def look(conn, blobs):
    """Audit, mend if asked and look again, and return what there is."""

    async def look(*, mends=False, **options):
        report = await audit(conn, blobs, **options)
        if mends:
            await repair(conn, blobs, report.findings, at=options.get("at"))
            report = await audit(conn, blobs, **options)
        return [(finding.kind, finding.subject) for finding in report.findings]

    return look


@pytest.fixture
async def conn(database):
    async with await connect(database, name="test") as connection:
        yield connection


@pytest.fixture
async def damage(conn):
    """Change rows behind the back of the triggers, as only the database's owner can."""

    async def damage(statement, **facts):
        for table in ("job", "transfer"):
            await conn.execute(f"alter table {table} disable trigger user")
        await conn.execute(statement, facts)
        for table in ("job", "transfer"):
            await conn.execute(f"alter table {table} enable trigger user")

    return damage


async def submitted(conn, account, **wishes):
    return (await submit(conn, an_order(account, **wishes), answer_of=answer_of)).job


async def succeeded(conn, blobs, account, **wishes):
    job = await submitted(conn, account, **wishes)
    taken = await claim(conn, pools=["default"], worker="w", lease_s=LEASE_S)
    assert taken is not None
    assert taken.job.id == job.id
    await blobs.put_bytes(f"jobs/{job.id}/1/result.mp4", bytes(1000))
    finished = await finish(conn, job.id, 1, a_success(taken.job))
    assert finished is not None
    return finished.job


async def test_a_sound_service_has_no_finding(conn, blobs, account, look):
    await succeeded(conn, blobs, account, request=a_request(webhook_url=HOOK))
    cancelled = await submitted(conn, account)
    await cancel(conn, account, cancelled.id, is_live=True)
    await submitted(conn, account, key="k")

    assert await look(orphan_age_s=0) == []


async def test_a_balance_that_drifted_is_found_and_left_alone(conn, account, look, damage):
    await damage("update balance set available_credits = available_credits + 5 where account_id = %(id)s", id=account)

    assert await look(mends=True) == [(Kind.LEDGER_UNSOUND, f"{account}/live")]
    assert (await ledger.balance(conn, account, is_live=True)).available_credits == 1005


async def test_a_hold_that_was_never_made_or_never_ended_is_found(conn, account, look, damage):
    lacking, lasting = await submitted(conn, account), await submitted(conn, account)
    await cancel(conn, account, lasting.id, is_live=True)
    await damage("delete from transfer where job_id = %(id)s", id=lacking.id)
    await damage("delete from transfer where job_id = %(id)s and kind = 'release'", id=lasting.id)

    found = await look(mends=True)

    assert {(Kind.HOLD_MISSING, lacking.id), (Kind.HOLD_OPEN, lasting.id)} <= set(found)


async def test_a_hold_that_ended_early_or_the_wrong_way_is_found(conn, account, look, damage):
    early, wrong = await submitted(conn, account), await submitted(conn, account)
    for job in (early, wrong):
        await cancel(conn, account, job.id, is_live=True)
    await damage("update job set state = 'queued', finished_at = null where id = %(id)s", id=early.id)
    await damage(
        "update transfer set kind = 'capture', target = 'revenue' where job_id = %(id)s and kind = 'release'",
        id=wrong.id,
    )

    found = await look()

    assert {(Kind.HOLD_SPENT, early.id), (Kind.HOLD_WRONG, wrong.id)} <= set(found)


async def test_a_lane_that_miscounts_is_counted_anew(conn, account, look, damage):
    await submitted(conn, account)
    await damage("update lane set queued = 7, running = 2")

    assert await look() == [(Kind.LANE_MISCOUNTED, f"{account}/live/default")]
    assert await look(mends=True) == []
    assert [row["queued"] for row in await many(conn, "select queued from lane", {})] == [1]


async def test_what_lists_count_wrongly_is_counted_anew(conn, account, look, damage):
    await submitted(conn, account)
    cancelled = await submitted(conn, account)
    await cancel(conn, account, cancelled.id, is_live=True)
    await submitted(conn, account, is_live=False)
    await damage("update job_count set jobs = jobs + 5 where is_live and state = 'cancelled'")
    await damage("delete from job_count where not is_live")

    found = [(Kind.LIST_MISCOUNTED, f"{account}/{mode}/default") for mode in ("test", "live")]
    assert await look() == found
    assert await look(mends=True) == []
    counted = await many(conn, "select is_live, state, jobs from job_count order by is_live, state", {})
    assert [tuple(row.values()) for row in counted] == [
        (False, "queued", 1),
        (True, "queued", 1),
        (True, "cancelled", 1),
    ]


async def test_a_job_that_is_with_no_engine_of_its_route_is_found(conn, account, look, damage):
    route = (Leg("studio", "gpu"), Leg("animatic", "default"))
    beyond, elsewhere, plain, sound = [
        await submitted(conn, account, pool="gpu", route=legs) for legs in (route, route, (), route)
    ]
    for job, leg in ((beyond, 2), (elsewhere, 1), (plain, 1)):
        await damage("update job set leg = %(leg)s where id = %(id)s", leg=leg, id=job.id)

    wrong = await look(mends=True)

    assert wrong == [(Kind.ROUTE_UNSOUND, job_id) for job_id in sorted({beyond.id, elsewhere.id, plain.id})]
    assert sound.id not in {subject for _, subject in wrong}


async def test_jobs_that_nobody_ended_are_ended_as_workers_would(conn, account, look, damage):
    silent, expired = await submitted(conn, account), await submitted(conn, account)
    await claim(conn, pools=["default"], worker="w", lease_s=LEASE_S)
    await damage("update job set lease_until = lease_until - interval '1 hour' where id = %(id)s", id=silent.id)
    await damage("update job set deadline_at = created_at - interval '1 hour' where id = %(id)s", id=expired.id)

    assert await look() == [(Kind.LEASE_OVERDUE, silent.id), (Kind.DEADLINE_OVERDUE, expired.id)]
    assert await look(mends=True) == []


async def test_a_job_that_is_kept_for_a_silent_worker_is_found(conn, account, look, damage):
    job = await submitted(conn, account)
    await claim(conn, pools=["default"], worker="w", lease_s=LEASE_S)
    await damage(
        "insert into worker (id, pools, capabilities, seen_at)"
        " values ('w', '{default}', '{}', clock_timestamp() - interval '2 minutes')"
    )

    assert await look() == [(Kind.WORKER_GONE, job.id)]


async def test_old_bytes_that_nothing_names_are_deleted_and_young_ones_stay(conn, blobs, account, look):
    job = await submitted(conn, account)
    await claim(conn, pools=["default"], worker="w", lease_s=LEASE_S)
    orphans = ["assets/ast_1", "checks/1", f"jobs/{job.id}/0/result.mp4", "jobs/req_gone/1/result.mp4"]
    for key in [*orphans, f"jobs/{job.id}/1/result.mp4"]:
        await blobs.put_bytes(key, b"x")

    assert await look() == []
    assert await look(orphan_age_s=0) == [(Kind.BYTES_ORPHANED, key) for key in orphans]
    assert await look(orphan_age_s=0, mends=True) == []
    assert [entry.key async for entry in blobs.entries("jobs")] == [f"jobs/{job.id}/1/result.mp4"]


async def test_what_a_killed_worker_left_half_written_beside_a_result_is_deleted(conn, blobs, account, look, tmp_path):
    job = await succeeded(conn, blobs, account)
    part = tmp_path / "blobs" / f"{job.output.key}#1"
    part.write_bytes(b"half")

    assert await look() == []
    assert await look(orphan_age_s=0) == [(Kind.BYTES_ORPHANED, f"{job.output.key}#1")]
    assert await look(orphan_age_s=0, mends=True) == []
    assert not part.exists()


async def test_results_that_are_missing_cut_or_overwritten_are_found(conn, blobs, account, look):
    missing, cut, other = [await succeeded(conn, blobs, account) for _ in range(3)]
    for job, data in ((missing, None), (cut, b"short"), (other, b"\1" * 1000)):
        await blobs.delete(job.output.key)
        if data:
            await blobs.put_bytes(job.output.key, data)

    assert set(await look(mends=True)) == {(Kind.BYTES_MISSING, missing.id), (Kind.BYTES_CHANGED, cut.id)}
    assert (Kind.BYTES_CHANGED, other.id) in await look(reads_bytes=True)


async def test_an_upload_that_a_final_job_keeps_is_let_go(conn, blobs, account, look, damage):
    job = await submitted(conn, account)
    await blobs.put_bytes("assets/ast_1", b"x")
    asset = Asset(
        id="ast_1",
        account_id=account,
        is_live=True,
        kind=MediaKind.IMAGE,
        blob_key="assets/ast_1",
        size_bytes=1,
        sha256="0" * 64,
        format="png",
        expires_at=LATER,
    )
    await assets.insert(conn, asset)
    await cancel(conn, account, job.id, is_live=True)
    await damage("insert into asset_pin (job_id, asset_id) values (%(id)s, 'ast_1')", id=job.id)

    assert await look() == [(Kind.ASSET_PINNED, job.id)]
    assert await look(mends=True) == []


async def test_a_webhook_that_was_lost_is_written_and_scheduled_again(conn, account, look, damage):
    unwritten, untold = [await submitted(conn, account, request=a_request(webhook_url=HOOK)) for _ in range(2)]
    for job in (unwritten, untold):
        await cancel(conn, account, job.id, is_live=True)
    await damage("delete from delivery where job_id = %(id)s", id=unwritten.id)
    await damage("delete from procrastinate_jobs")

    assert [kind for kind, _ in await look()] == [Kind.DELIVERY_MISSING, Kind.DELIVERY_UNSCHEDULED]
    assert await look(mends=True) == []
    tasks = await many(conn, "select args->>'delivery_id' as id from procrastinate_jobs", {})
    assert len({task["id"] for task in tasks}) == 2


async def test_a_webhook_that_is_long_due_is_found(conn, account, look):
    job = await submitted(conn, account, request=a_request(webhook_url=HOOK))
    await cancel(conn, account, job.id, is_live=True)

    found = await look(at=datetime.now(UTC) + timedelta(hours=1))

    assert [kind for kind, _ in found] == [Kind.DELIVERY_OVERDUE]


async def test_an_answer_whose_job_is_gone_is_found(conn, account, look, damage):
    await damage("alter table idempotency drop constraint idempotency_job_id_fkey")
    job = await submitted(conn, account, key="k")
    await damage("update idempotency set job_id = 'req_gone'")

    assert await look(mends=True) == [(Kind.ANSWER_ORPHANED, f"{account}/live")]
    assert job.id


async def test_a_busy_service_gives_no_false_alarm(database, blobs, account):
    stop = asyncio.Event()

    async def customer(conn):
        while not stop.is_set():
            job = await submitted(conn, account, price=1, queue_limit_jobs=10_000)
            with suppress(NotCancellable):  # the worker was faster
                await cancel(conn, account, job.id, is_live=True)

    async def worker(conn):
        while not stop.is_set():
            if taken := await claim(conn, pools=["default"], worker="w", lease_s=LEASE_S):
                await blobs.put_bytes(f"jobs/{taken.job.id}/{taken.job.attempt}/result.mp4", bytes(1000))
                await finish(conn, taken.job.id, taken.job.attempt, a_success(taken.job))

    crews = [await connect(database, name="test") for _ in range(5)]
    async with AsyncExitStack() as opened, asyncio.TaskGroup() as group:
        for conn in crews:
            opened.push_async_callback(conn.close)
        for conn in crews[:2]:
            group.create_task(customer(conn))
        for conn in crews[2:4]:
            group.create_task(worker(conn))
        found = [finding for _ in range(10) for finding in (await audit(crews[4], blobs)).findings]
        stop.set()

    assert found == []


async def test_only_one_of_many_workers_looks_in_an_hour(conn):
    first = await audit_runs.take_turn(conn, every_s=3600)
    second = await audit_runs.take_turn(conn, every_s=3600)
    later = await audit_runs.take_turn(conn, every_s=3600, at=datetime.now(UTC) + timedelta(hours=2))

    assert first is not None
    assert second is None
    assert later is not None


async def test_the_metric_counts_every_kind_and_says_when(conn, blobs, account):
    text = prometheus(await audit(conn, blobs))

    assert text.count("seedbed_audit_findings{") == len(Kind)
    assert 'seedbed_audit_findings{kind="hold_open"} 0\n' in text
    assert "\nseedbed_audit_last_run_timestamp_seconds 1" in text


async def test_the_audit_itself_can_write_nothing(conn):
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        async with snapshot(conn):
            await conn.execute("delete from lane")
