"""Makes trouble, with seeded chance: kills, freezes, crashes, a store that refuses and a disk that is full."""

from __future__ import annotations

import asyncio
import signal
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random

import psutil
from chaos_stage import Kept, Stage

FROZEN_S = (6.0, 11.0)  # longer than a lease
AWAY_S = (3.0, 7.0)
MOST = 10_000  # of one kind
TRIES = 5  # to do it once

Verb = Callable[[], Awaitable[bool]]  # False: there was nobody to hurt


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubles:
    """The mean time between two troubles of a kind, in seconds. None: there is none of them."""

    coming_up_s: float = 8.0  # who has been up for less is spared
    kill_worker_s: float | None = None
    freeze_worker_s: float | None = None
    kill_engine_s: float | None = None
    kill_api_s: float | None = None
    crash_database_s: float | None = None
    database_away_s: float = 0.0
    refuse_store_s: float | None = None
    fill_disk_s: float | None = None


ALL = Troubles(
    kill_worker_s=6,
    freeze_worker_s=5,
    kill_engine_s=15,
    kill_api_s=25,
    crash_database_s=60,
    refuse_store_s=50,
    fill_disk_s=50,
)


class Troublemaker:
    def __init__(self, stage: Stage, chance: Random, troubles: Troubles) -> None:
        self._stage = stage
        self._troubles = troubles
        self._chance = chance
        self._done: dict[Verb, bool] = defaultdict(bool)
        self._store = asyncio.Lock()  # one trouble with the store at a time

    async def make(self, *, enough: asyncio.Event) -> None:
        """Make trouble until it is enough, and each kind at least once (but wait for that only so long).

        What is still frozen or away then comes back in its own time.
        """
        troubles = self._troubles
        verbs: list[tuple[float | None, Verb]] = [
            (troubles.kill_worker_s, self.kill_worker),
            (troubles.freeze_worker_s, self.freeze_worker),
            (troubles.kill_engine_s, self.kill_engine),
            (troubles.kill_api_s, self.kill_api),
            (troubles.crash_database_s, self.crash_database),
            (troubles.refuse_store_s, self.refuse_store),
            (troubles.fill_disk_s if self._stage.has_small_disk else None, self.fill_disk),
        ]
        async with asyncio.TaskGroup() as group:
            for mean_s, verb in verbs:
                if mean_s is not None:
                    group.create_task(self._again_and_again(mean_s, verb, enough))

    async def _again_and_again(self, mean_s: float, verb: Verb, enough: asyncio.Event) -> None:
        for once in range(MOST):
            with suppress(TimeoutError):
                async with asyncio.timeout(mean_s * self._chance.uniform(0.4, 1.6)):
                    await (enough.wait() if self._done[verb] else asyncio.Event().wait())
            if enough.is_set() and (self._done[verb] or once >= TRIES):
                return
            self._done[verb] |= await verb()

    async def kill_worker(self) -> bool:
        if victim := self._one_of(self._stage.workers):
            victim.send(signal.SIGKILL)
            self._stage.tallies["workers_killed"] += 1
        return victim is not None

    async def freeze_worker(self) -> bool:
        """Stop a worker, and every other time its engine too, until after its lease."""
        victim = self._one_of(self._stage.workers)
        if victim is None:
            return False
        victim.send(signal.SIGSTOP, to_children=self._chance.random() < 0.5)
        self._stage.tallies["workers_frozen"] += 1
        try:
            await asyncio.sleep(self._chance.uniform(*FROZEN_S))
        finally:
            victim.send(signal.SIGCONT, to_children=True)
        return True

    async def kill_engine(self) -> bool:
        victim = self._one_of(self._stage.workers)
        engines = victim.engines() if victim else []
        for engine in engines:
            with suppress(psutil.NoSuchProcess):
                engine.kill()
                self._stage.tallies["engines_killed"] += 1
        return bool(engines)

    async def kill_api(self) -> bool:
        """Kill one, but never the only one that answers: how long nobody can order is no promise to be tested."""
        others_answer = sum(api.age_s > self._troubles.coming_up_s for api in self._stage.apis) > 1
        victim = self._one_of(self._stage.apis) if others_answer else None
        if victim:
            victim.send(signal.SIGKILL)
            self._stage.tallies["apis_killed"] += 1
        return victim is not None

    async def crash_database(self) -> bool:
        # In this thread: the kernel ties the server to it. Customers and receiver stand still for a second meanwhile.
        await self._stage.crash_database(away_s=self._troubles.database_away_s)
        return True

    async def refuse_store(self) -> bool:
        async with self._store:
            with self._stage.refusing_store():
                await asyncio.sleep(self._chance.uniform(*AWAY_S))
        return True

    async def fill_disk(self) -> bool:
        async with self._store:
            with self._stage.full_disk():
                await asyncio.sleep(self._chance.uniform(*AWAY_S))
        return True

    def _one_of(self, group: list[Kept]) -> Kept | None:
        """Choose among those that have come up, or a slow machine would do nothing but start processes."""
        up = [kept for kept in group if kept.age_s > self._troubles.coming_up_s]
        return self._chance.choice(up) if up else None
