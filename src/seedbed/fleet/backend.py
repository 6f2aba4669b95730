"""What a fleet asks of those who run its workers: this machine's processes, or Ray's actors on many machines.

A backend starts and stops workers and knows which slots it has; what jobs there are, it never learns. Its faults cost
time, and no job.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from seedbed.core.fleet_sizing import PoolSpec


@dataclass(frozen=True, slots=True)
class Placed:
    """A slot that the backend keeps. `trouble` says what is in its way, in words for the operator.

    `is_waiting`: that is no fault, but a place which it has not got yet.
    """

    slot: str
    pool: str
    trouble: str | None = None
    is_waiting: bool = False


class Backend(Protocol):
    """All of these raise Unavailable while the backend does not answer."""

    name: str
    is_one_host: bool  # a slot in the place of one that is unfit would be as unfit

    async def placed(self) -> Sequence[Placed]:
        """Return the slots that are there or on their way."""
        ...

    async def start(self, slot: str, pool: PoolSpec) -> None:
        """Have a worker of the pool in that slot, from now on, however often it ends. Idempotent."""
        ...

    async def stop(self, slot: str) -> None:
        """Give the slot up. A worker that has a job may finish it or hand it back. Idempotent."""
        ...

    async def well(self, slot: str) -> None:
        """Hear that the slot's worker is at work, so that what was in its way is past."""
        ...

    async def release(self) -> None:
        """Do what is due when somebody else leads the fleet from now on."""
        ...

    async def close(self) -> None:
        """End in good order, when this process does."""
        ...

    def kill(self) -> None:
        """End at once whatever this process keeps; `close` may still be waiting."""
        ...
