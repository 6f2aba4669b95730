"""Whether a slot can be trusted with jobs: what failed lately, what its self-tests said, and when it is tested again.

An engine that fails over and over is either bad itself or meets bad jobs. Only a job whose outcome is known tells them
apart, and the self-test is one. So from the second failure in a row on (`suspect_after`), a failure is counted against
its job only after the slot has passed the test: a bad slot costs one failure, to one job.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import structlog

from seedbed.core.engine import Stage
from seedbed.core.errors import (
    EngineFailed,
    EngineOutOfMemory,
    EngineUnavailable,
    EngineUnfit,
    JobFailure,
    StageOverran,
    UpstreamFailed,
    UpstreamRefused,
    UpstreamTimeout,
    UpstreamUnresolved,
)
from seedbed.store.workers import WorkerState

log = structlog.get_logger()

RETEST_FIRST_S = 1.0
RETEST_CAP_S = 300.0
# Between jobs that fail one after the other on a slot that is sound. It is short: good jobs wait as well.
PAUSE_CAP_S = 10.0

Test = Callable[[], Awaitable[str | None]]  # says what is wrong with the engine, or None
Replace = Callable[[], Awaitable[None]]  # begins with a new process of the engine


@dataclass(frozen=True, slots=True)
class Condition:
    """How a slot or a worker is. `reason` says what is wrong, for the operator."""

    state: WorkerState
    reason: str | None = None

    @property
    def is_ready(self) -> bool:
        return self.state is WorkerState.READY


READY = Condition(WorkerState.READY)


def overall(conditions: Iterable[Condition]) -> Condition:
    """Return the state of the best slot, and what is wrong with any."""
    known = list(conditions)
    best = min((condition.state for condition in known), key=list(WorkerState).index)
    return Condition(best, "; ".join(dict.fromkeys(c.reason for c in known if c.reason)) or None)


def concerns_engine(failure: JobFailure) -> bool:
    """Whether the engine may be to blame: not for what is wrong with a reference, nor for a store that is away.

    One that is asked for what it cannot make is none the worse for it.
    """
    if isinstance(failure, StageOverran):
        return failure.stage != Stage.STORING
    if isinstance(failure, EngineUnfit | UpstreamRefused | UpstreamUnresolved):
        return False
    return isinstance(failure, EngineFailed | EngineOutOfMemory | UpstreamFailed | UpstreamTimeout | EngineUnavailable)


class Health:
    """The health of one slot. A test that is cancelled leaves the slot as suspect as it was."""

    def __init__(self, test: Test, replace: Replace, *, suspect_after: int, on_change: Callable[[], None]) -> None:
        self.condition = READY
        self._test = test
        self._replace = replace
        self._suspect_after = suspect_after
        self._on_change = on_change
        self._failures = 0  # in a row, of the engine
        self._failed_tests = 0  # in a row
        self._is_proven = False  # nothing was made since a new process passed the test

    @property
    def wait_s(self) -> float:
        """How long to wait before the next test if the slot is quarantined, else before the next job."""
        if not self.condition.is_ready:
            return min(RETEST_CAP_S, RETEST_FIRST_S * 2.0 ** min(20, self._failed_tests - 1))
        beyond = self._failures - self._suspect_after
        return min(PAUSE_CAP_S, 2.0 ** min(20, beyond)) if beyond >= 0 else 0.0

    def worked(self) -> None:
        """Note that the engine made a job's video."""
        self._failures = 0
        self._is_proven = False

    async def is_to_blame(self) -> bool:
        """Say after a failure of the engine whether the slot was at fault and not the job.

        A slot that fails the test gets a new process; it is quarantined if that one fails too. The first failure of a
        new process that has passed counts: else a job that spoils every process it is made in would go back for ever.
        """
        self._failures += 1
        was_proven, self._is_proven = self._is_proven, False
        if self._failures < self._suspect_after or was_proven:
            return False
        wrong = await self._tested()
        if wrong is None:
            return False
        await self.retest(because=wrong)
        return True

    async def retest(self, *, because: str | None = None) -> None:
        """Test a new process, and let the slot work again if that succeeds."""
        log.warning("slot.engine_replaced", reason=because or self.condition.reason)
        await self._replace()
        wrong = await self._tested()
        if wrong is None:
            self._failures = self._failed_tests = 0
            self._is_proven = True
            self._be(READY)
        else:
            self.quarantine(wrong)

    def quarantine(self, reason: str) -> None:
        """Take no job until a test succeeds."""
        self._failed_tests += 1
        self._be(Condition(WorkerState.QUARANTINED, reason))

    async def _tested(self) -> str | None:
        before = self.condition
        self._be(Condition(WorkerState.TESTING, before.reason))
        try:
            return await self._test()
        finally:
            self._be(before)

    def _be(self, condition: Condition) -> None:
        if condition != self.condition:
            self.condition = condition
            log.info("slot.judged", state=condition.state.value, reason=condition.reason)
            self._on_change()
