"""What stands on the wire about workers, the machines they run on, and the fleets that keep them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from seedbed.api.described import says
from seedbed.api.native.wire import Wire
from seedbed.core.lines import MAX_NOTE_CHARACTERS

_NOTE = {"minLength": 1, "maxLength": MAX_NOTE_CHARACTERS}


class DrainView(Wire, frozen=True, kw_only=True):
    kind: Annotated[Literal["host", "worker"], says("A machine with all its workers, or one worker.")]
    target: str
    reason: str
    since: str


class WorkerView(Wire, frozen=True, kw_only=True):
    id: str
    pools: tuple[str, ...]
    state: Annotated[str, says("That of its best slot.", enum=["ready", "testing", "quarantined"])]
    state_since: str
    reason: Annotated[str | None, says("What is wrong with any of its slots.")]
    is_drained: Annotated[bool, says("It knows that it is to take no jobs, and takes none.")]
    doing: Annotated[str | None, says("The job that it makes.")]
    doing_since: str | None
    started_at: str
    seen_at: str
    host: str | None
    engine: str | None
    gpus: Annotated[str | None, says("Those that it was given, as the driver counts them.")]
    fleet: Annotated[str | None, says("Who keeps it; null: somebody started it by hand.")]
    slot: str | None


class FleetView(Wire, frozen=True, kw_only=True):
    """What the leader of a fleet last said."""

    name: str
    leader: Annotated[str | None, says("Host and process; null: nobody leads it now.")]
    backend: str
    led_since: str
    seen_at: str
    pools: Annotated[tuple[dict[str, Any], ...], says("What each should have and has, as `seedbed fleet status`.")]


class WorkerList(Wire, frozen=True, kw_only=True):
    """The workers that were heard of in the last 15 seconds, the fleets, and what is drained."""

    success: Literal[True] = True
    data: tuple[WorkerView, ...]
    fleets: tuple[FleetView, ...]
    drained: tuple[DrainView, ...]


class DrainingBody(Wire, frozen=True, kw_only=True):
    reason: Annotated[str, says("Why; for operators alone.", **_NOTE)]


class Drained(Wire, frozen=True, kw_only=True):
    """What is drained now, all of it."""

    success: Literal[True] = True
    drained: tuple[DrainView, ...]
