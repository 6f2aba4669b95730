"""The questions about what stops an engine: a cancel at several moments, and memory that is not there."""

from __future__ import annotations

from seedbed.cli.engine_check.bench import Bench, Stopped
from seedbed.cli.engine_check.findings import Group, Said
from seedbed.cli.engine_check.probes import Findings
from seedbed.core.errors import EngineOutOfMemory
from seedbed.worker.testimony import Order

MOMENTS = {"at its first report": 0.0, "halfway": 0.5, "near its end": 0.85}


async def cancel(bench: Bench) -> Findings:
    said, first = Said(Group.CANCEL), await bench.first()
    if first.told is None or not first.told.marks:
        yield said.broken("stops when it is told to", first.fault or "it never reports, so it cannot be told")
        return
    tried = set()
    for moment, share in MOMENTS.items():
        place = first.told.at(share)
        if place in tried:
            continue
        tried.add(place)
        stopped = await bench.stop(place)
        fact = f"stops {moment}"
        if not stopped.was_held:
            yield said.untried(fact, "it did not come there again")
        else:
            yield said.judged(fact, _fault_of(stopped, bench.grace_s), f"within {stopped.took_s:.2f} s")
    after = await bench.make(bench.task())
    yield said.judged("makes the next video after that", after.fault)


async def memory(bench: Bench) -> Findings:
    """The allocation that fails is one of ours, in the engine's own call; what the engine makes of it is its own."""
    assert bench.capabilities is not None
    said, fact = Said(Group.MEMORY), "out of memory is a failure with a name"
    if bench.capabilities.is_remote:
        yield said.untried(fact, "its memory is elsewhere")
        return
    first = await bench.first()
    if first.told is None or not first.told.marks:
        yield said.untried(fact, "it never reports")
        return
    outcome = await bench.make(bench.task(), Order(runs_out_at=first.told.at(0.5)))
    if isinstance(outcome.failure, EngineOutOfMemory):
        yield said.kept(fact, type(outcome.failure).__name__)
    else:
        ending = outcome.fault or "it made a video as if nothing had been"
        yield said.broken(fact, f"{ending}; let a MemoryError pass, or raise EngineOutOfMemory")
    after = await bench.make(bench.task())
    yield said.judged("makes the next video after that", after.fault)


def _fault_of(stopped: Stopped, grace_s: float) -> str:
    told = stopped.told
    if stopped.was_killed or told is None:
        return f"it did not stop within its grace of {grace_s:g} s, and had to be killed"
    if told.ending != "stopped":
        return f"it swallowed the Stop: make ended with '{told.ending}'; let Stop pass through"
    if told.reports_after_stop:
        return f"it caught the Stop and went on: {told.reports_after_stop} more calls of report"
    return ""
