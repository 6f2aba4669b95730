"""Which machines are drained: those that stand out, and no others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from seedbed.core.bad_hosts import Patient, bad_hosts

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def sick(host: str, pool: str = "gpu", *, for_s: float = 60, is_remote: bool = False) -> Patient:
    since = NOON - timedelta(seconds=for_s)
    return Patient(
        host=host, pools=(pool,), is_quarantined=True, since=since, is_remote=is_remote, reason="the card fell off"
    )


def sound(host: str, pool: str = "gpu") -> Patient:
    return Patient(host=host, pools=(pool,), is_quarantined=False, since=NOON)


def test_a_host_whose_workers_fail_while_others_do_the_same_work_is_bad() -> None:
    [bad] = bad_hosts([sick("a"), sick("a"), sound("a"), sound("b")], at=NOON)

    assert bad.host == "a"
    assert bad.reason == "2 of its 3 workers are quarantined: the card fell off"


@pytest.mark.parametrize(
    "patients",
    [
        [sick("a"), sound("b")],  # a single one looks after itself
        [sick("a"), sick("a"), sound("a"), sound("a"), sound("b")],  # most of the host is well
        [sick("a"), sick("a")],  # nobody else shows that the work can be done
        [sick("a"), sick("a"), sick("b")],
        [sick("a"), sick("a"), sound("b", pool="cpu")],
        [sick("a"), sick("a", for_s=601), sound("b")],  # not within the same ten minutes
        [sick("a", is_remote=True), sick("a", is_remote=True), sound("b")],  # the fault is far away
    ],
)
def test_no_other_host_is(patients: list[Patient]) -> None:
    assert bad_hosts(patients, at=NOON) == []
