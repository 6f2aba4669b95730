"""Keeps a fleet: again and again its leader compares what each pool should have with what is there, and acts.

Nothing here is remembered but how many workers were wanted lately. What there is, is read anew each time: from the
database, where workers show themselves, and from the backend. So a new leader goes on where the last one stopped.
"""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import structlog

from seedbed.core.bad_hosts import Patient, bad_hosts
from seedbed.core.errors import Unavailable
from seedbed.core.fleet_sizing import (
    Decision,
    Demand,
    PoolSpec,
    Seat,
    SlotState,
    Supply,
    decide,
    free_numbers,
    may_go,
)
from seedbed.fleet.backend import Backend, Placed
from seedbed.fleet.report import report_of
from seedbed.store import fleet as fleets
from seedbed.store import workers
from seedbed.store.database import Connection, connected, moment
from seedbed.store.fleet import Drain, DrainKind, Leadership
from seedbed.store.workers import Worker, WorkerState

log = structlog.get_logger()

Deed = Callable[[], Awaitable[None]]

TICK_S = 2.0
SHRINKS = "its pool shrinks"


@dataclass(kw_only=True)
class Fleet:
    """A fleet by its name. `stands_by` is called with words whenever somebody else turns out to lead it.

    Other `pools` hold from the next tick on.
    """

    name: str
    url: str
    pools: Mapping[str, PoolSpec]
    backend: Backend
    stands_by: Callable[[str], object]
    tick_s: float = TICK_S
    _decisions: dict[str, Decision] = field(default_factory=dict, init=False)
    _leads: bool = field(default=False, init=False)
    _follows: str | None = field(default=None, init=False)

    async def run(self, stopping: asyncio.Event) -> None:
        """Lead, or stand by, until `stopping` is set. Ends the workers that this process keeps."""
        try:
            async with Leadership(self.url, fleet=self.name) as leadership:
                while not stopping.is_set():
                    try:
                        await self._tick(leadership)
                    except (Unavailable, TimeoutError) as exc:
                        log.warning("fleet.waits", fleet=self.name, reason=str(exc) or type(exc).__name__)
                    with suppress(TimeoutError):
                        async with asyncio.timeout(self.tick_s):
                            await stopping.wait()
        finally:
            await self.backend.close()

    async def _tick(self, leadership: Leadership) -> None:
        conn = await leadership.held()
        if conn is None:
            await self._stand_by()
            return
        if not self._leads:
            log.info("fleet.led", fleet=self.name, backend=self.backend.name, pools=sorted(self.pools))
        is_new, self._leads, self._follows = not self._leads, True, None
        placed, trouble = await self._placed()
        async with leadership.used():
            deeds = await self._lead(conn, placed, trouble, is_new=is_new)
        for deed in deeds:  # a backend may take its time, which says nothing of the database
            await deed()

    async def _stand_by(self) -> None:
        async with connected(self.url, name="fleet") as conn:
            row = next((row for row in await fleets.told(conn) if row.name == self.name), None)
        if self._leads:
            await self.backend.release()
        self._leads, self._decisions = False, {}
        leader = row.leader if row else "another process"
        if leader != self._follows:
            self._follows = leader
            since = f" since {row.led_since:%Y-%m-%d %H:%M:%S %Z}" if row else ""
            self.stands_by(
                f"The fleet '{self.name}' is led by {leader}{since}; this one stands by and takes over when that one "
                "is gone. For a fleet beside it, give another --name."
            )

    async def _lead(
        self, conn: Connection, placed: Sequence[Placed], trouble: str | None, *, is_new: bool
    ) -> list[Deed]:
        """Decide and tell, and return what the backend is to do."""
        pools, at = self.pools, await moment(conn, None)
        alive = await workers.alive(conn)
        drained = await self._drain_bad_hosts(conn, alive, await fleets.drains(conn), at=at)
        demands = await fleets.demand(conn, list(pools))
        loads_s = await fleets.loads_s(conn)
        deeds: list[Deed] = []
        reports: list[dict[str, Any]] = []
        mine = self._by_slot(alive)
        for spec in pools.values():
            demand, here = demands[spec.name], [each for each in placed if each.pool == spec.name]
            seats = [_seat(each, mine.get(each.slot), drained) for each in here]
            decision = self._decided(spec, demand, seats, at=at)
            if trouble is None:
                deeds += await self._act(conn, spec, decision, seats, mine, at=at)
            load_s = loads_s.get(spec.name)
            reports.append(report_of(spec, demand, decision, seats, here, load_s=load_s, trouble=trouble))
        deeds += [partial(self.backend.stop, each.slot) for each in placed if each.pool not in pools]
        await fleets.tell(
            conn, self.name, leader=leader_name(), backend=self.backend.name, pools=reports, is_new=is_new
        )
        return deeds

    async def _placed(self) -> tuple[Sequence[Placed], str | None]:
        """Return the backend's slots, and what is wrong with it if it does not answer: then nothing can be done."""
        try:
            return await self.backend.placed(), None
        except Unavailable as exc:
            log.warning("fleet.backend_away", fleet=self.name, backend=self.backend.name, reason=str(exc))
            return (), str(exc)

    def _by_slot(self, alive: Sequence[Worker]) -> dict[str, Worker]:
        """Return this fleet's workers by slot; of two in one slot, the one that came last."""
        mine = sorted((each for each in alive if each.place.fleet == self.name), key=lambda each: each.started_at)
        return {worker.place.slot: worker for worker in mine if worker.place.slot}

    def _decided(self, spec: PoolSpec, demand: Demand, seats: Sequence[Seat], *, at: datetime) -> Decision:
        states = [seat.state for seat in seats]
        supply = Supply(ready=states.count(SlotState.READY), starting=states.count(SlotState.STARTING))
        before = self._decisions.get(spec.name)
        decision = decide(spec, demand, supply, before=before, at=at)
        if before is None or before.workers != decision.workers:
            log.info("pool.sized", pool=spec.name, workers=decision.workers, reason=decision.reason)
        self._decisions[spec.name] = decision
        return decision

    async def _act(
        self,
        conn: Connection,
        spec: PoolSpec,
        decision: Decision,
        seats: Sequence[Seat],
        mine: Mapping[str, Worker],
        *,
        at: datetime,
    ) -> list[Deed]:
        """Drain and undrain workers, and return what the backend is to do."""
        deeds: list[Deed] = []
        counted = [seat for seat in seats if self._counts(seat)]
        missing = decision.workers - len(counted)
        leaving = [seat for seat in seats if seat.state is SlotState.LEAVING]
        for seat in leaving[: max(0, missing)]:
            await fleets.undrain(conn, mine[seat.slot].id, kind=DrainKind.WORKER)
        gone = [s.slot for s in leaving[max(0, missing) :] if mine[s.slot].is_drained and not s.is_busy]
        deeds += [partial(self.backend.stop, slot) for slot in gone]
        numbers = free_numbers([seat.number for seat in seats], max(0, missing - len(leaving)))
        deeds += [partial(self.backend.start, f"{spec.name}-{number}", spec) for number in numbers]
        spare = [seat for seat in seats if seat.state is not SlotState.LEAVING] if not decision.workers else counted
        for seat in may_go(spec, spare, -missing if decision.workers else len(spare), at=at):
            if seat.state is SlotState.READY:
                await fleets.drain(conn, DrainKind.WORKER, mine[seat.slot].id, reason=SHRINKS)
            else:
                deeds.append(partial(self.backend.stop, seat.slot))
        deeds += [partial(self.backend.well, seat.slot) for seat in seats if seat.state is SlotState.READY]
        return deeds

    def _counts(self, seat: Seat) -> bool:
        """Whether a seat stands for one of the workers that the pool should have."""
        if seat.state is SlotState.UNFIT:
            return self.backend.is_one_host
        return seat.state is not SlotState.LEAVING

    async def _drain_bad_hosts(
        self, conn: Connection, alive: Sequence[Worker], drained: Sequence[Drain], *, at: datetime
    ) -> list[Drain]:
        """Drain the machines that stand out, and return all that is drained."""
        known = {drain.target for drain in drained if drain.kind is DrainKind.HOST}
        found = [bad for bad in bad_hosts([_patient(each) for each in alive], at=at) if bad.host not in known]
        for bad in found:
            log.error("host.drained", host=bad.host, reason=bad.reason)
            await fleets.drain(conn, DrainKind.HOST, bad.host, reason=bad.reason)
        return [*drained, *(Drain(DrainKind.HOST, bad.host, bad.reason, at) for bad in found)]


def leader_name() -> str:
    return f"{platform.node()}, process {os.getpid()}"


def _seat(placed: Placed, worker: Worker | None, drained: Sequence[Drain]) -> Seat:
    number = int(placed.slot.rpartition("-")[2])
    if worker is None:
        return Seat(slot=placed.slot, number=number, state=SlotState.STARTING)
    return Seat(
        slot=placed.slot,
        number=number,
        state=_state(worker, drained),
        is_busy=worker.doing is not None,
        since=worker.started_at,
    )


def _state(worker: Worker, drained: Sequence[Drain]) -> SlotState:
    of_worker = [drain for drain in drained if (drain.kind, drain.target) == (DrainKind.WORKER, worker.id)]
    of_host = [drain for drain in drained if (drain.kind, drain.target) == (DrainKind.HOST, worker.place.host)]
    if any(drain.reason == SHRINKS for drain in of_worker):
        return SlotState.LEAVING
    if of_worker or of_host or worker.state is WorkerState.QUARANTINED:
        return SlotState.UNFIT
    return SlotState.READY


def _patient(worker: Worker) -> Patient:
    return Patient(
        host=worker.place.host or worker.id,
        pools=worker.pools,
        is_quarantined=worker.state is WorkerState.QUARANTINED,
        since=worker.state_since,
        is_remote=bool(worker.capabilities.get("is_remote")),
        reason=worker.reason,
    )
