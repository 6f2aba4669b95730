"""What stands on the wire about the service as a whole: how it is now, and how it was."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from seedbed.api.admin.maintenance import MaintenanceView
from seedbed.api.admin.pool_wire import PoolView
from seedbed.api.described import says
from seedbed.api.native.wire import Wire


class OutcomeView(Wire, frozen=True, kw_only=True):
    code: Annotated[str, says("succeeded, cancelled, or why they failed.")]
    jobs: int


class StoredView(Wire, frozen=True, kw_only=True):
    part: Annotated[str, says("jobs: results and previews; assets: uploads and kept references.")]
    files: int
    size_bytes: int
    counted_at: Annotated[str, says("When the store was last read as a whole, which is once a day.")]


class Workforce(Wire, frozen=True, kw_only=True):
    """Workers that were heard of in the last 15 seconds, each counted once."""

    ready: int
    busy: Annotated[int, says("Those of the ready ones that make a video.")]
    drained: int
    unfit: Annotated[int, says("Their engine fails.")]


class Overview(Wire, frozen=True, kw_only=True):
    success: Literal[True] = True
    at: str
    queued: int
    running: int
    workers: Workforce
    pools: tuple[PoolView, ...]
    outcomes: Annotated[tuple[OutcomeView, ...], says("Jobs that ended in the last 24 hours, by code.")]
    maintenance: MaintenanceView | None
    stored: Annotated[tuple[StoredView, ...], says("Empty before the store was read for the first time.")]
    database_bytes: int


class PoolSeries(Wire, frozen=True, kw_only=True):
    """One number for each step; null: nobody looked then."""

    pool: str
    queued: tuple[float | None, ...]
    running: tuple[float | None, ...]
    oldest_wait_seconds: tuple[float | None, ...]
    ended: Annotated[dict[str, tuple[int, ...]], says("By code: how many jobs ended in each step.")]


class Series(Wire, frozen=True, kw_only=True):
    """`queued` and `running` are means of a step's samples, `oldestWaitSeconds` is its longest wait."""

    success: Literal[True] = True
    span: str
    from_: Annotated[str, says("The beginning of the first step.")] = msgspec.field(name="from")
    step_seconds: int
    steps: int
    pools: tuple[PoolSeries, ...]
