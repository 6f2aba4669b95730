"""What is done to the service, one blow after the other, and how long each was felt."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from siege_cluster import Machine
from siege_stage import LEASE_S, WORKERS, Stage

from seedbed.store.database import connected, many, moment

HELD = "select id, attempt, worker from job where state = 'processing'"
ENDS = "select id, attempt, finished_at from job where finished_at is not null"
# A node that lost its head ends after about a minute, and its supervisor begins it anew.
LAST_S = 110.0
WHOLE_WITHIN_S = 300.0
BUSY_WITHIN_S = 60.0
LOCKED_S = 15.0  # as long as a silent transaction may last


@dataclass(frozen=True, slots=True)
class Held:
    """A job that was being made when the blow fell. `pid`: the worker that had it."""

    id: str
    attempt: int
    pid: int


@dataclass(slots=True, kw_only=True)
class Blow:
    """`held` are jobs of the victim alone, if it holds any."""

    what: str
    at: datetime
    at_s: float  # by the clock of this process
    away_s: float
    is_long_freeze: bool
    held: list[Held]


@dataclass
class Blows:
    stage: Stage
    struck: list[Blow] = field(default_factory=list)
    counted: list[tuple[float, int]] = field(default_factory=list)  # when, and how many workers were heard of
    are_all_back: bool = False

    async def strike(self) -> None:
        """Strike everything once, with time in between to see what comes of it."""
        verbs: list[tuple[float, Callable[[], Awaitable[None]]]] = [
            (10, lambda: self.kill_node(away_s=15)),
            (30, self.kill_api),
            (10, lambda: self.freeze_node("node frozen past its lease", for_s=11)),
            (15, lambda: self.kill_store(away_s=12)),
            (10, lambda: self.freeze_node("node frozen until Ray gave it up", for_s=45)),
            (20, lambda: self.freeze_head(for_s=25)),
            (15, lambda: self.kill_head(away_s=10)),
        ]
        counting = asyncio.create_task(self._count())
        for wait_s, verb in verbs:
            await asyncio.sleep(wait_s)
            await verb()
        await asyncio.sleep(LAST_S)
        self.are_all_back = await self.all_there()
        counting.cancel()

    async def all_there(self) -> bool:
        """Wait until every worker that the fleet is to keep is heard of, and say whether they were in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(WHOLE_WITHIN_S):
                while len(await self.stage.heard_of()) < WORKERS:  # noqa: ASYNC110 - it happens elsewhere
                    await asyncio.sleep(1)
                return True
        return False

    async def kill_node(self, *, away_s: float) -> None:
        node = await self._busiest()
        await self._note("node killed", away_s=away_s, pids=node.pids())
        node.crash(away_s=away_s)

    async def freeze_node(self, what: str, *, for_s: float) -> None:
        node = await self._busiest()
        node.freeze()  # first: what it holds then is what it still believes to hold when it wakes
        await asyncio.sleep(0.5)  # for what it had already sent
        await self._note(what, away_s=for_s, pids=node.pids(), is_long_freeze=for_s > LOCKED_S + LEASE_S)
        await asyncio.sleep(for_s)
        node.thaw()

    async def kill_api(self) -> None:
        await self._note("API process killed")
        self.stage.apis[1].send(signal.SIGKILL)

    async def kill_store(self, *, away_s: float) -> None:
        await self._note("S3 killed", away_s=away_s)
        await asyncio.to_thread(self.stage.bucket.kill)
        await asyncio.sleep(away_s)
        await asyncio.to_thread(self.stage.bucket.start)

    async def kill_head(self, *, away_s: float) -> None:
        await self._note("head killed", away_s=away_s)
        self.stage.head.crash(away_s=away_s)

    async def _busiest(self) -> Machine:
        """Return the node with the most jobs in hand, as soon as one has any."""
        async with asyncio.timeout(BUSY_WITHIN_S):
            while True:
                makers = {held.pid for held in await self._held()}
                in_hand = {node: len(makers & node.pids()) for node in self.stage.nodes}
                if any(in_hand.values()):
                    return max(in_hand, key=in_hand.__getitem__)
                await asyncio.sleep(0.1)

    async def freeze_head(self, *, for_s: float) -> None:
        await self._note("head frozen", away_s=for_s)
        self.stage.head.freeze()
        await asyncio.sleep(for_s)
        self.stage.head.thaw()

    async def _held(self) -> list[Held]:
        async with connected(self.stage.url, name="siege") as conn:
            rows = await many(conn, HELD, {})
        return [Held(row["id"], row["attempt"], int(row["worker"].split("-")[-2])) for row in rows]

    async def _note(
        self, what: str, *, away_s: float = 0.0, pids: set[int] | None = None, is_long_freeze: bool = False
    ) -> None:
        async with connected(self.stage.url, name="siege") as conn:
            at = await moment(conn, None)
        mine = [held for held in await self._held() if pids is None or held.pid in pids]
        at_s = time.monotonic()
        self.struck.append(Blow(what=what, at=at, at_s=at_s, away_s=away_s, is_long_freeze=is_long_freeze, held=mine))
        print(f"{time.strftime('%H:%M:%S')} {what}, {len(mine)} jobs in hand", flush=True)

    async def _count(self) -> None:
        while True:
            heard_of = await self.stage.heard_of()
            self.counted.append((time.monotonic(), len(heard_of)))
            await asyncio.sleep(1)

    async def table(self) -> list[dict[str, object]]:
        """Say of each blow how long its jobs took to end, how long no job ended, and when all workers were back."""
        async with connected(self.stage.url, name="siege") as conn:
            ends = {row["id"]: row for row in await many(conn, ENDS, {})}
        until_s = [later.at_s for later in self.struck[1:]] + [self.counted[-1][0] + 1]
        return [
            _felt(blow, ends, until_s=end_s) | self._workers_after(blow.at_s, end_s)
            for blow, end_s in zip(self.struck, until_s, strict=True)
        ]

    def _workers_after(self, at_s: float, until_s: float) -> dict[str, object]:
        then = [(seen_s, count) for seen_s, count in self.counted if at_s < seen_s < until_s]
        missed = [seen_s for seen_s, count in then if count < WORKERS]
        return {
            "fewest_workers": min(count for _, count in then),
            "all_workers_after_s": round(missed[-1] + 1 - at_s, 1) if missed else 0.0,
        }


def _felt(blow: Blow, ends: dict[str, dict], *, until_s: float) -> dict[str, object]:
    until = blow.at + timedelta(seconds=until_s - blow.at_s)
    moments = [blow.at, *sorted(end["finished_at"] for end in ends.values() if blow.at < end["finished_at"] < until)]
    pauses_s = [(later - earlier).total_seconds() for earlier, later in pairwise(moments)]
    held_s = [(ends[held.id]["finished_at"] - blow.at).total_seconds() for held in blow.held if held.id in ends]
    return {
        "what": blow.what,
        "away_s": blow.away_s,
        "held": len(blow.held),
        "held_all_ended_after_s": round(max(held_s, default=0.0), 1),
        "longest_without_an_end_s": round(max(pauses_s, default=0.0), 1),
    }


def late_writes(blows: Blows, jobs: list[dict]) -> list[str]:
    """Name the jobs that a node was frozen with for long, and that ended as its attempt all the same.

    A short freeze proves less: who was frozen within its last transaction has the job until PostgreSQL ends that.
    """
    last = {job["id"]: job["attempt"] for job in jobs if job["state"] == "succeeded"}
    frozen = [held for blow in blows.struck if blow.is_long_freeze for held in blow.held]
    return [f"{held.id}: a thawed worker finished it" for held in frozen if last.get(held.id) == held.attempt]
