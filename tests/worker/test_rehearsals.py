"""Magic prompts through a real worker: every outcome that test mode promises, with its money and its message."""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta

import pytest
from world import PRICE, picture

from seedbed.actions.balance import balance
from seedbed.actions.cancel import cancel
from seedbed.actions.submit import Order, submit
from seedbed.actions.wake import wake
from seedbed.core.credits import TEST_TOPUP_CREDITS, Balance
from seedbed.core.errors import Expired
from seedbed.core.job import State, make_job_id
from seedbed.core.rehearsal import BY_CODE
from seedbed.core.request import Accepted, GenerationRequest
from seedbed.core.sizes import AspectRatio, Resolution

pytestmark = pytest.mark.server
FAILING = [code for code in BY_CODE if code != Expired.code]


async def order(world, prompt: str, *, is_live=False, **wishes) -> str:
    small = {"duration_s": 4, "resolution": Resolution.P480, "aspect_ratio": AspectRatio.WIDE, "seed": 7}
    request = GenerationRequest(**{"model": "seedance-2.0", "prompt": prompt} | small | wishes)
    new = Order(
        account_id=world.account_id, is_live=is_live, dialect="native", accepted=Accepted(request), pool="default",
        price_credits=PRICE, job_id=make_job_id(secrets.token_bytes(16)), queue_limit_jobs=100, running_limit_jobs=4,
    )  # fmt: skip
    async with world.pool.connection() as conn:
        submitted = await submit(conn, new, answer_of=lambda _job: b"{}")
        await wake(conn, "default")
    return submitted.job.id


async def everything_is_paid_back(world) -> None:
    async with world.pool.connection() as conn:
        assert await balance(conn, world.account_id, is_live=False) == Balance(TEST_TOPUP_CREDITS, 0)


async def test_every_failure_can_be_forced_in_one_go_and_is_paid_back(world):
    jobs = {code: await order(world, f"A lake. [seedbed:fail={code}]") for code in FAILING}

    async with world.worker(slots=2):
        ended = dict(zip(jobs, await asyncio.gather(*map(world.ended_at_last, jobs.values())), strict=True))

    for code, job in ended.items():
        assert (job.state, job.failure.code) == (State.FAILED, code)
        assert "as its prompt asked" in job.failure.message
        assert job.failures == (3 if BY_CODE[code].is_retryable else 1)
    await everything_is_paid_back(world)
    assert world.stored() == []


async def test_a_media_failure_names_the_reference_and_needs_none_that_can_be_fetched(world):
    job_id = await order(
        world, "[seedbed:fail=media_invalid]", references=picture("https://nowhere.invalid/a.jpg?secret=1")
    )

    async with world.worker():
        job = await world.ended(job_id)

    assert job.failure.message == "mediaUrls[0] (nowhere.invalid): it is broken, as its prompt asked"


async def test_a_job_may_expire_without_ever_being_begun(world):
    job_id = await order(world, "[seedbed:fail=expired]")

    async with world.worker():
        job = await world.ended(job_id)

    assert (job.failure.code, job.attempt) == ("expired", 0)
    await everything_is_paid_back(world)


@pytest.mark.parametrize("wrong", ["fail=engine_failed", "crash"])
async def test_what_goes_wrong_once_succeeds_at_the_next_attempt(world, wrong):
    job_id = await order(world, f"A lake. [seedbed:{wrong}] [seedbed:times=1]")

    async with world.worker():
        job = await world.ended_at_last(job_id)

    assert (job.state, job.failures, job.attempt) == (State.SUCCEEDED, 1, 2)


async def test_a_crash_ends_the_engines_process_and_not_the_worker(world):
    crashing = await order(world, "[seedbed:crash]")

    async with world.worker():
        job = await world.ended_at_last(crashing)
        next_job = await world.ended(await order(world, "A lake."))

    assert (job.failure.code, job.failures) == ("engine_failed", 2)
    assert next_job.state is State.SUCCEEDED


async def test_a_job_may_stay_in_the_queue_and_take_its_time(world):
    job_id = await order(world, "[seedbed:queue=1] [seedbed:take=1]")

    async with world.worker():
        job = await world.ended(job_id)

    assert job.state is State.SUCCEEDED
    assert job.started_at - job.created_at >= timedelta(seconds=1)
    assert job.finished_at - job.started_at >= timedelta(seconds=1)


async def test_a_job_that_takes_its_time_can_be_cancelled(world):
    job_id = await order(world, "[seedbed:take=600]")

    async with world.worker():
        await world.until(job_id, lambda job: job.progress and job.progress.fraction > 0)
        async with world.pool.connection() as conn:
            await cancel(conn, world.account_id, job_id, is_live=False)
        job = await world.ended(job_id)

    assert job.state is State.CANCELLED
    await everything_is_paid_back(world)


async def test_in_live_mode_the_same_words_are_ordinary(world):
    job_id = await order(world, "[seedbed:fail=engine_failed] [seedbed:crash] [seedbed:nonsense]", is_live=True)

    async with world.worker():
        job = await world.ended(job_id)

    assert (job.state, job.failures) == (State.SUCCEEDED, 0)
