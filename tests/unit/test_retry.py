"""Waits between attempts: monotone, capped, and never shortened by a receiver."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core import errors
from seedbed.core.errors import JobFailure
from seedbed.core.retry import MAX_JOB_FAILURES, WEBHOOK_WAITS, job_backoff, webhook_wait


@pytest.mark.parametrize(("failures", "wait"), [(1, timedelta(seconds=2)), (2, timedelta(seconds=8)), (3, None)])
def test_a_job_is_tried_three_times_with_growing_waits(failures, wait):
    assert job_backoff(failures) == wait
    assert MAX_JOB_FAILURES == 3


@pytest.mark.parametrize(("failures", "kills", "is_tried_again"), [(1, 1, True), (2, 1, True), (2, 2, False)])
def test_a_job_that_killed_two_engines_gets_no_third(failures, kills, is_tried_again):
    assert (job_backoff(failures, kills=kills) is not None) is is_tried_again


RETRYABLE = {
    "EngineFailed", "EngineCrashed", "EngineOutOfMemory", "EngineKilledForMemory",
    "StageOverran", "UpstreamFailed", "UpstreamTimeout", "WorkerLost",
}  # fmt: skip
FINAL = {
    "MediaFailure", "MediaUnreachable", "MediaForbidden", "MediaTooLarge", "MediaUnsupported", "MediaInvalid",
    "ContentRejected", "Expired", "EngineUnfit", "EngineUnavailable", "UpstreamRefused", "UpstreamUnresolved",
}  # fmt: skip


def test_only_what_may_pass_is_tried_again_and_no_failure_is_forgotten_here():
    kinds = {k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, JobFailure)} - {JobFailure}

    assert {kind.__name__ for kind in kinds if kind.is_retryable} == RETRYABLE
    assert {kind.__name__ for kind in kinds if not kind.is_retryable} == FINAL


def test_only_the_death_of_a_process_costs_a_child():
    costly = {kind.__name__ for kind in vars(errors).values() if getattr(kind, "costs_child", False)}

    assert costly == {"EngineCrashed", "EngineKilledForMemory"}


@pytest.mark.parametrize(
    ("attempts", "wait"),
    [(1, "5 s"), (2, "5 m"), (3, "30 m"), (4, "2 h"), (5, "5 h"), (6, "10 h"), (7, "14 h"), (8, "20 h"), (9, "24 h")],
)
def test_webhook_waits_are_those_of_the_contract(attempts, wait):
    number, unit = wait.split()

    assert webhook_wait(attempts, chance=0) == timedelta(
        **{{"s": "seconds", "m": "minutes", "h": "hours"}[unit]: int(number)}
    )


@given(st.integers(1, 9), st.floats(0, 1), st.integers(0, 10**7))
def test_jitter_and_retry_after_only_lengthen_a_wait_and_are_capped(attempts, chance, retry_after_s):
    wait = webhook_wait(attempts, chance=chance, retry_after=timedelta(seconds=retry_after_s))

    assert wait is not None
    assert WEBHOOK_WAITS[attempts] <= wait <= timedelta(hours=24) * 1.1


def test_after_the_tenth_attempt_there_is_none():
    assert webhook_wait(10, chance=0) is None
