"""Magic prompts: read strictly, in test mode alone, complete, and all of them documented."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from seedbed.core import errors
from seedbed.core.errors import InvalidRequest, JobFailure, Refusal
from seedbed.core.rehearsal import BY_CODE, FAILURES, REFUSALS, Rehearsal, rehearse

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "test-mode.md").read_text(encoding="utf-8")
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
ABOUT_PRICE = {"price_credits": 40, "queue_limit_jobs": 9}


def read(prompt: str) -> Rehearsal | None:
    return rehearse(prompt, is_live=False)


def codes(root: type) -> set[str]:
    own = {root.code} if hasattr(root, "code") else set()
    return own.union(*(codes(below) for below in root.__subclasses__()))


def test_every_failure_of_a_job_has_its_directive():
    assert {kind.code for kind in FAILURES} == codes(JobFailure)
    for code, kind in BY_CODE.items():
        failure = read(f"[seedbed:fail={code}]").failure(())
        assert (type(failure), failure.code) == (kind, code)


def test_every_forced_refusal_is_the_one_that_was_asked_for():
    for code in REFUSALS:
        assert read(f"[seedbed:refuse={code}]").refusal(**ABOUT_PRICE).code == code
    assert set(REFUSALS) < codes(Refusal)


def test_every_outcome_and_how_to_have_it_stands_in_the_document():
    rows = {line.strip("| ") for line in PAGE.splitlines() if line.startswith("|")}

    for code, kind in BY_CODE.items():
        [row] = [row for row in rows if row.startswith(f"`[seedbed:fail={code}]` | `{code}`")]
        assert row.endswith("yes") == kind.is_retryable
    for code in codes(Refusal):
        assert any(re.match(rf"\d{{3}} \| `{code}` \| .*", row) for row in rows), code
    for code in REFUSALS:
        assert f"`[seedbed:refuse={code}]`" in PAGE


@pytest.mark.parametrize(
    "prompt", ["A fox.", "[Image1] moves", "[seedbed]", "seedbed:fail=expired", "[ seedbed:crash]"]
)
def test_an_ordinary_prompt_forces_nothing(prompt):
    assert read(prompt) is None


def test_in_live_mode_no_prompt_forces_anything():
    assert rehearse("[seedbed:fail=expired] [seedbed:nonsense]", is_live=True) is None


def test_directives_may_stand_together_anywhere_in_the_prompt():
    found = read("A [seedbed:queue=5]fox [seedbed:take = 10] runs.[seedbed:fail=engine_failed][seedbed:times=1]")

    assert found == Rehearsal(fail="engine_failed", times=1, queue_s=5, take_s=10)
    assert (found.goes_wrong(0), found.goes_wrong(1)) == (True, False)
    assert read("[seedbed:crash]").goes_wrong(99)


@pytest.mark.parametrize(
    "directive",
    [
        "", "fail", "fail=", "fail=nothing", "fail=ENGINE_FAILED", "fial=expired", "crash=1", "times=1", "times=0",
        "queue=0", "queue=3601", "queue=-1", "queue=1.5", "queue=٣", "take=601", "take=" + "9" * 5000,
        "refuse=forbidden",
        "fail=expired] [seedbed:times=1", "fail=media_invalid] [seedbed:crash", "crash] [seedbed:times=3",
        "crash] [seedbed:crash", "refuse=queue_full] [seedbed:take=1",
    ],
)  # fmt: skip
def test_a_directive_that_is_not_right_is_refused_with_those_there_are(directive):
    with pytest.raises(InvalidRequest, match=r"\[seedbed:fail=CODE\]") as caught:
        read(f"A fox. [seedbed:{directive}]")

    assert caught.value.param == "prompt"


def test_a_job_that_is_to_expire_has_an_early_deadline_and_is_not_begun_before():
    usual = NOON + timedelta(days=2)
    expiring, waiting = read("[seedbed:fail=expired]"), read("[seedbed:queue=60]")

    assert NOON < expiring.deadline(NOON, usual=usual) <= expiring.run_at(NOON) < NOON + timedelta(seconds=10)
    assert (waiting.run_at(NOON), waiting.deadline(NOON, usual=usual)) == (NOON + timedelta(minutes=1), usual)


def test_a_forced_refusal_says_what_a_real_one_would():
    poor = read("[seedbed:refuse=insufficient_credits]").refusal(**ABOUT_PRICE)
    full = read("[seedbed:refuse=queue_full]").refusal(**ABOUT_PRICE)

    assert (poor.needed_credits, full.limit_jobs) == (40, 9)
    assert isinstance(poor, errors.InsufficientCredits)
