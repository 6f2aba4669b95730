"""What stands on the wire about pools of workers."""

from __future__ import annotations

from typing import Annotated, Literal

from seedbed.api.described import says
from seedbed.api.native.wire import Wire
from seedbed.core.lines import MAX_NOTE_CHARACTERS

_NOTE = {"minLength": 1, "maxLength": MAX_NOTE_CHARACTERS}


class PauseView(Wire, frozen=True, kw_only=True):
    reason: str
    since: str
    by: Annotated[str, says("The name of the key that said so, as it was then; `cli`: the command line.")]


class PaceView(Wire, frozen=True, kw_only=True):
    """What the pool's last successes took, 200 at most."""

    jobs: int
    wait_p50_seconds: Annotated[float, says("From arrival to the first worker.")]
    wait_p95_seconds: float
    engine_p50_seconds: Annotated[float, says("From the last worker to the end.")]
    engine_p95_seconds: float
    speed: Annotated[float | None, says("Seconds of video for a second of the engine.")]


class PoolView(Wire, frozen=True, kw_only=True):
    name: str
    engines: Annotated[tuple[str, ...], says("Those of the deployment that work for it.")]
    paused: Annotated[PauseView | None, says("null: its jobs are claimed.")]
    queued: Annotated[int, says("All that wait, for whatever.")]
    startable: Annotated[int, says("Those of them that another worker could begin now: no limit is in their way.")]
    running: int
    oldest_wait_seconds: Annotated[float, says("Of the job that would be next.")]
    workers: Annotated[int, says("That were heard of in the last 15 seconds.")]
    workers_ready: Annotated[int, says("Those of them that take jobs.")]
    pace: Annotated[PaceView | None, says("null: it has had no success yet.")]


class PoolList(Wire, frozen=True, kw_only=True):
    """Every pool that has an engine, a worker, an open job or a pause, by name."""

    success: Literal[True] = True
    data: tuple[PoolView, ...]


class PoolAnswer(Wire, frozen=True, kw_only=True):
    success: Literal[True] = True
    pool: PoolView


class PausingBody(Wire, frozen=True, kw_only=True):
    reason: Annotated[str, says("Why; for operators alone.", **_NOTE)]
