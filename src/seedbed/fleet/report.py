"""What a fleet's leader says of its pools: stored with its row, and printed by `seedbed fleet status`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from seedbed.core.fleet_sizing import Decision, Demand, PoolSpec, Seat, SlotState
from seedbed.fleet.backend import Placed


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolReport:
    """A pool as its fleet sees it. `troubles` are by slot; `failing` is how many of those are faults.

    `store.stranded` reads `pool`, `desired` and `failing`.
    """

    pool: str
    engine: str
    min_workers: int
    max_workers: int
    desired: int
    reason: str
    ready: int
    starting: int
    unfit: int
    leaving: int
    failing: int
    queued: int
    running: int
    waiting: int
    oldest_wait_s: float
    job_s: float | None
    load_s: float | None
    troubles: dict[str, str]


def report_of(
    spec: PoolSpec,
    demand: Demand,
    decision: Decision,
    seats: Sequence[Seat],
    placed: Sequence[Placed],
    *,
    load_s: float | None,
    trouble: str | None = None,
) -> dict[str, Any]:
    """Return the report as JSON. `trouble` is what is wrong with the backend as a whole."""
    whole = {"all": trouble} if trouble else {}
    states = [seat.state for seat in seats]
    return asdict(
        PoolReport(
            pool=spec.name,
            engine=spec.engine,
            min_workers=spec.floor,
            max_workers=spec.max_workers,
            desired=decision.workers,
            reason=decision.reason,
            ready=states.count(SlotState.READY),
            starting=states.count(SlotState.STARTING),
            unfit=states.count(SlotState.UNFIT),
            leaving=states.count(SlotState.LEAVING),
            failing=sum(1 for each in placed if each.trouble and not each.is_waiting) + len(whole),
            queued=demand.queued,
            running=demand.running,
            waiting=demand.waiting,
            oldest_wait_s=round(demand.oldest_wait_s, 1),
            job_s=demand.job_s and round(demand.job_s, 1),
            load_s=load_s,
            troubles=whole | {each.slot: each.trouble for each in placed if each.trouble},
        )
    )
