"""One job through the actions, one step a test."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import psycopg
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
from seedbed.core.job import Failure, Progress, QueuePlace, State
from seedbed.core.references import Kind, Reference, Role
from seedbed.core.sizes import AspectRatio
from seedbed.store import assets, deliveries, jobs, ledger
from seedbed.store.assets import Asset
from store.orders import LEASE_S, NOON, a_request, a_success, after, an_order, answer_of

pytestmark = pytest.mark.server
HOOK = "https://receiver.dev/hook"
CRASH = EngineFailed("The engine crashed.")


@pytest.fixture
async def account(conn):
    return (await create_account(conn, name="Ada", credits=1000, at=NOON)).id


async def _submitted(conn, account, *, at=NOON, **wishes):
    return (await submit(conn, an_order(account, **wishes), answer_of=answer_of, at=at)).job


async def _claimed(conn, *, at=NOON, pool="default"):
    claimed = await claim(conn, pools=[pool], worker="w1", lease_s=LEASE_S, at=at)
    return claimed and claimed.job


async def _balance(conn, account, *, is_live=True):
    return await ledger.balance(conn, account, is_live=is_live)


async def test_a_submitted_job_is_queued_and_its_price_is_held(conn, account):
    job = await _submitted(conn, account, warnings=("mind the gap",))

    assert job == await jobs.get(conn, account, job.id, is_live=True)
    assert (job.state, job.charged_credits, job.warnings) == (State.QUEUED, 40, ("mind the gap",))
    assert (job.created_at, job.deadline_at) == (NOON, after(172_800))
    assert await _balance(conn, account) == Balance(960, 40)


async def test_a_request_comes_back_as_it_was_stored(conn, account):
    request = a_request(
        prompt="민들레 \U0001f33c \\ ' \" %s",
        references=(Reference("https://photos.dev/a.jpg", Role.FIRST_FRAME, "mediaUrls[0]"),),
        aspect_ratio=None,
        metadata={"z": 1, "a": [1.5, None, "é"], "big": 2**60},
    )

    job = await _submitted(conn, account, request=request)

    assert job.request == request
    assert job.aspect_ratio is None


async def test_a_price_beyond_the_balance_is_refused_and_leaves_nothing(conn, account):
    with pytest.raises(InsufficientCredits, match="costs 1001 credits, but only 1000"):
        await _submitted(conn, account, price=1001)

    assert await _balance(conn, account) == Balance(1000, 0)
    assert await _claimed(conn) is None


async def test_a_free_job_moves_no_money(conn, account):
    await _submitted(conn, account, price=0)
    job = await _claimed(conn)

    await finish(conn, job.id, 1, a_success(job), at=NOON)

    assert await _balance(conn, account) == Balance(1000, 0)


async def test_test_mode_never_runs_dry_and_sees_nothing_of_live_mode(conn, account):
    job = await _submitted(conn, account, price=64, is_live=False)

    assert await _balance(conn, account, is_live=False) == Balance(99_936, 64)
    assert await _balance(conn, account) == Balance(1000, 0)
    assert await jobs.get(conn, account, job.id, is_live=True) is None


async def test_more_waiting_jobs_than_allowed_are_refused(conn, account):
    await _submitted(conn, account, queue_limit_jobs=1)

    with pytest.raises(QueueFull, match="already has 1 jobs waiting"):
        await _submitted(conn, account, queue_limit_jobs=1, pool="another")


async def test_the_same_key_and_body_give_the_first_answer_again(conn, account):
    first = await submit(conn, an_order(account, key="k"), answer_of=answer_of, at=NOON)
    again = await submit(conn, an_order(account, key="k"), answer_of=answer_of, at=after(6 * 86_400))

    assert (first.is_replay, again.is_replay) == (False, True)
    assert again.job == first.job
    assert again.answer == first.answer
    assert again.answer.body == answer_of(first.job)
    assert await _balance(conn, account) == Balance(960, 40)


async def test_the_same_key_with_another_body_is_refused(conn, account):
    await _submitted(conn, account, key="k")

    with pytest.raises(IdempotencyMismatch):
        await _submitted(conn, account, key="k", digest=b"\2" * 32)


async def test_a_key_is_forgotten_after_seven_days(conn, account):
    first = await _submitted(conn, account, key="k")
    second = await _submitted(conn, account, key="k", digest=b"\2" * 32, at=NOON + timedelta(days=7))

    assert second.id != first.id


async def test_a_key_belongs_to_one_account_and_mode(conn, account):
    first = await submit(conn, an_order(account, key="k"), answer_of=answer_of, at=NOON)
    other = await submit(conn, an_order(account, key="k", is_live=False), answer_of=answer_of, at=NOON)

    assert (first.is_replay, other.is_replay) == (False, False)


async def test_a_refused_request_stores_no_answer(conn, account):
    with pytest.raises(InsufficientCredits):
        await _submitted(conn, account, key="k", price=5000)

    assert (await submit(conn, an_order(account, key="k"), answer_of=answer_of, at=NOON)).is_replay is False


async def test_a_claim_leases_the_job_under_a_new_attempt(conn, account):
    submitted = await _submitted(conn, account)

    job = await _claimed(conn, at=after(1))

    assert job == replace(
        submitted, state=State.PROCESSING, attempt=1, version=2, started_at=after(1), claimed_at=after(1)
    )
    assert await _claimed(conn) is None


async def test_the_higher_priority_goes_first_and_then_the_older(conn, account):
    old = await _submitted(conn, account)
    urgent = await _submitted(conn, account, request=a_request(priority=9))

    assert [(await _claimed(conn)).id, (await _claimed(conn)).id] == [urgent.id, old.id]


async def test_no_more_jobs_run_than_the_limit_allows(conn, account):
    for _ in range(3):
        await _submitted(conn, account, running_limit_jobs=2)
    first, _, third = [await _claimed(conn) for _ in range(3)]
    assert third is None

    await finish(conn, first.id, 1, a_success(first), at=NOON)

    assert await _claimed(conn) is not None


async def test_a_busy_account_does_not_keep_a_newcomer_waiting(conn, account):
    for _ in range(3):
        await _submitted(conn, account, running_limit_jobs=10)
    await _claimed(conn)
    newcomer = (await create_account(conn, name="Bo", credits=1000)).id
    wanted = await _submitted(conn, newcomer)
    turns = [(await _claimed(conn)).account_id for _ in range(2)]

    assert newcomer in turns
    assert (await jobs.find(conn, wanted.id)).state is State.PROCESSING


async def test_an_account_that_ran_short_clips_gets_more_turns(conn, account):
    other = (await create_account(conn, name="Bo", credits=1000)).id
    for _ in range(6):
        await _submitted(conn, account, request=a_request(duration_s=15), running_limit_jobs=10)
        await _submitted(conn, other, request=a_request(duration_s=5), running_limit_jobs=10)
    turns = [(await _claimed(conn)).account_id for _ in range(8)]

    assert turns.count(other) == 6
    assert turns.count(account) == 2


async def test_a_beat_prolongs_the_lease_and_shows_the_progress(conn, account):
    await _submitted(conn, account)
    job = await _claimed(conn)

    assert await beat(conn, job.id, 1, lease_s=LEASE_S, stage=Stage.RENDERING, fraction=0.25, at=after(10))

    assert (await jobs.find(conn, job.id)).progress == Progress(Stage.RENDERING, 0.25)
    assert (await jobs.find(conn, job.id)).version == job.version
    assert await reap(conn, at=after(20)) == Reaped(retried=0, lost=0, expired=0)


async def test_what_the_worker_learned_is_shown_and_warnings_are_told_once(conn, account):
    await _submitted(conn, account, warnings=("a",), request=a_request(aspect_ratio=None))
    job = await _claimed(conn)

    assert await note(conn, job.id, 1, aspect_ratio=AspectRatio.TALL, engine="animatic", warnings=["b", "a", "b"])
    assert await note(conn, job.id, 1, shot_plan={"moves": []}, warnings=["c"])

    noted = await jobs.find(conn, job.id)
    assert (noted.aspect_ratio, noted.engine, noted.shot_plan) == (AspectRatio.TALL, "animatic", {"moves": []})
    assert noted.warnings == ("a", "b", "c")
    assert noted.version > job.version


async def test_a_success_captures_the_hold_and_stores_the_output(conn, account):
    await _submitted(conn, account)
    job = await _claimed(conn)

    finished = await finish(conn, job.id, 1, a_success(job, shot_plan={"moves": ["dolly"]}), at=after(3))

    assert finished.job == await jobs.get(conn, account, job.id, is_live=True)
    assert (finished.job.state, finished.job.finished_at) == (State.SUCCEEDED, after(3))
    assert (finished.job.output, finished.job.shot_plan) == (a_success(job).output, {"moves": ["dolly"]})
    assert await _balance(conn, account) == Balance(960, 0)


async def test_a_failure_that_may_pass_is_tried_again_after_a_wait(conn, account):
    await _submitted(conn, account)
    job = await _claimed(conn)

    finished = await finish(conn, job.id, 1, CRASH, at=NOON)

    assert (finished.job.state, finished.job.failures) == (State.QUEUED, 1)
    assert await _claimed(conn, at=after(1)) is None
    assert (await _claimed(conn, at=after(2))).attempt == 2
    assert await _balance(conn, account) == Balance(960, 40)


async def test_the_third_failure_is_the_last_and_gives_the_charge_back(conn, account):
    await _submitted(conn, account)
    for attempt, seconds in enumerate((0, 100, 200), start=1):
        job = await _claimed(conn, at=after(seconds))
        finished = await finish(conn, job.id, attempt, CRASH, at=after(seconds))

    assert finished.job.state is State.FAILED
    assert finished.job.failure == Failure("engine_failed", "The engine crashed.")
    assert finished.job.refunded_credits == 40
    assert await _balance(conn, account) == Balance(1000, 0)


async def test_a_failure_that_cannot_pass_is_final_at_once(conn, account):
    await _submitted(conn, account)
    job = await _claimed(conn)

    finished = await finish(conn, job.id, 1, MediaUnreachable("It answered 404.", name="mediaUrls[0]"), at=NOON)

    assert (finished.job.state, finished.job.failure.code) == (State.FAILED, "media_unreachable")
    assert await _balance(conn, account) == Balance(1000, 0)


async def test_a_zombie_can_write_nothing(conn, account):
    await _submitted(conn, account)
    job = await _claimed(conn)
    await reap(conn, at=after(LEASE_S))
    heir = await _claimed(conn, at=after(60))

    assert await finish(conn, job.id, 1, a_success(job), at=after(61)) is None
    assert not await beat(conn, job.id, 1, lease_s=LEASE_S, stage=Stage.STORING, fraction=1.0, at=after(61))
    assert not await note(conn, job.id, 1, engine="zombie")
    assert not await hand_back(conn, job.id, 1, at=after(61))
    assert await jobs.find(conn, job.id) == heir


async def test_nobody_can_write_to_a_job_that_never_was(conn):
    assert await finish(conn, "req_none", 1, CRASH) is None
    assert not await hand_back(conn, "req_none", 1)


async def test_handing_back_costs_no_failure(conn, account):
    await _submitted(conn, account)
    job = await _claimed(conn)

    assert await hand_back(conn, job.id, 1, at=NOON)

    again = await _claimed(conn)
    assert (again.attempt, again.failures) == (2, 0)


@pytest.mark.parametrize("is_claimed", [False, True])
async def test_cancelling_releases_the_hold_and_frees_the_lane(conn, account, is_claimed):
    job = await _submitted(conn, account, running_limit_jobs=1)
    if is_claimed:
        await _claimed(conn)

    cancelled = await cancel(conn, account, job.id, is_live=True, at=after(5))

    assert (cancelled.state, cancelled.finished_at) == (State.CANCELLED, after(5))
    assert cancelled.refunded_credits == 40
    assert await _balance(conn, account) == Balance(1000, 0)
    await _submitted(conn, account, running_limit_jobs=1)
    assert await _claimed(conn) is not None


async def test_cancelling_twice_is_the_same_as_once(conn, account):
    job = await _submitted(conn, account)

    first = await cancel(conn, account, job.id, is_live=True, at=after(1))

    assert await cancel(conn, account, job.id, is_live=True, at=after(2)) == first
    assert await _balance(conn, account) == Balance(1000, 0)


async def test_a_finished_job_cannot_be_cancelled(conn, account):
    await _submitted(conn, account)
    job = await _claimed(conn)
    await finish(conn, job.id, 1, a_success(job), at=NOON)

    with pytest.raises(NotCancellable, match="already succeeded"):
        await cancel(conn, account, job.id, is_live=True)


async def test_somebody_elses_job_cannot_be_cancelled(conn, account):
    job = await _submitted(conn, account)

    with pytest.raises(NotFound):
        await cancel(conn, account + 1, job.id, is_live=True)
    with pytest.raises(NotFound):
        await cancel(conn, account, job.id, is_live=False)


async def test_a_silent_worker_loses_its_job_and_the_third_loss_ends_it(conn, account):
    await _submitted(conn, account)
    reaped = []
    for seconds in (0, 100, 200):
        await _claimed(conn, at=after(seconds))
        reaped.append(await reap(conn, at=after(seconds + LEASE_S)))

    assert reaped[:2] == [Reaped(retried=1, lost=0, expired=0)] * 2
    assert reaped[2] == Reaped(retried=0, lost=1, expired=0)
    assert await _balance(conn, account) == Balance(1000, 0)


@pytest.mark.parametrize("is_claimed", [False, True])
async def test_a_job_expires_at_its_deadline_and_gives_the_charge_back(conn, account, is_claimed):
    job = await _submitted(conn, account, request=a_request(expires_after_s=3600))
    if is_claimed:
        await _claimed(conn, at=after(3599))

    assert await _claimed(conn, at=after(3600)) is None
    assert await reap(conn, at=after(3600)) == Reaped(retried=0, lost=0, expired=1)

    assert (await jobs.find(conn, job.id)).failure.code == "expired"
    assert await _balance(conn, account) == Balance(1000, 0)


@pytest.mark.parametrize("way", ["succeed", "fail", "cancel", "expire"])
async def test_every_end_tells_the_webhook_once(conn, account, way):
    job = await _submitted(conn, account, request=a_request(webhook_url=HOOK))
    held = await _claimed(conn)
    ends = {
        "succeed": lambda: finish(conn, job.id, 1, a_success(held), at=NOON),
        "fail": lambda: finish(conn, job.id, 1, MediaUnreachable("404", name="mediaUrls[0]"), at=NOON),
        "cancel": lambda: cancel(conn, account, job.id, is_live=True, at=NOON),
        "expire": lambda: reap(conn, at=after(172_800)),
    }

    await ends[way]()

    (delivery,) = await deliveries.of_job(conn, job.id)
    assert (delivery.url, delivery.attempts, delivery.event) == (HOOK, 0, (await jobs.find(conn, job.id)).state)
    cursor = await conn.execute("select queue_name, task_name, args from procrastinate_jobs")
    assert await cursor.fetchall() == [
        {"queue_name": "webhooks", "task_name": "deliver", "args": {"delivery_id": delivery.id}}
    ]


async def test_a_retry_tells_no_webhook(conn, account):
    job = await _submitted(conn, account, request=a_request(webhook_url=HOOK))
    await _claimed(conn)

    await finish(conn, job.id, 1, CRASH, at=NOON)

    assert await deliveries.of_job(conn, job.id) == []


def _asset(account, **wishes):
    facts = {
        "id": "ast_1",
        "account_id": account,
        "is_live": True,
        "kind": Kind.IMAGE,
        "blob_key": "assets/ast_1",
        "size_bytes": 3,
        "sha256": "0" * 64,
        "format": "jpeg",
        "expires_at": after(60),
    }
    return Asset(**facts | wishes)


def _using(asset_id):
    return a_request(references=(Reference(f"asset://{asset_id}", Role.FIRST_FRAME, "mediaUrls[0]"),))


async def test_an_asset_is_kept_while_a_job_needs_it(conn, account):
    await assets.insert(conn, _asset(account), at=NOON)
    job = await _submitted(conn, account, request=_using("ast_1"))

    assert await assets.take_expired(conn, at=after(61)) == []
    await cancel(conn, account, job.id, is_live=True, at=after(62))

    assert await assets.take_expired(conn, at=after(63)) == [_asset(account)]
    assert await assets.get(conn, account, "ast_1", is_live=True) is None


@pytest.mark.parametrize(
    "wishes", [{"id": "ast_2"}, {"is_live": False}, {"expires_at": NOON}], ids=["unknown", "other mode", "expired"]
)
async def test_an_asset_that_is_not_there_for_the_account_is_named(conn, account, wishes):
    await assets.insert(conn, _asset(account, **wishes), at=NOON)

    with pytest.raises(InvalidRequest, match="no such asset") as refused:
        await _submitted(conn, account, request=_using("ast_1"))

    assert refused.value.param == "mediaUrls[0]"
    assert await _balance(conn, account) == Balance(1000, 0)


async def test_the_place_in_the_queue_counts_who_comes_before(conn, account):
    other = (await create_account(conn, name="Bo", credits=1000)).id
    await _submitted(conn, account)
    second = await _submitted(conn, account)
    for _ in range(5):
        await _submitted(conn, other)

    # One of its own lane, and two turns of the other one; 121 frames of 720p are about 3 s each.
    assert await jobs.queue_place(conn, second) == QueuePlace(position=4, eta_s=10)


async def test_the_database_itself_refuses_to_leave_a_final_state(conn, account):
    job = await _submitted(conn, account)
    await cancel(conn, account, job.id, is_live=True, at=NOON)

    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="is cancelled and stays so"):
        await conn.execute("update job set state = 'queued', finished_at = null where id = %s", [job.id])


async def test_metadata_comes_back_in_the_order_in_which_it_was_written(conn, account):
    metadata = {"z": 1, "a": [{"y": None, "b": 1e300}], "m": "문자"}

    job = await _submitted(conn, account, request=a_request(metadata=metadata))

    stored = await jobs.find(conn, job.id)
    assert json.dumps(stored.request.metadata) == json.dumps(metadata)
