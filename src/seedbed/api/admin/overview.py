"""The service as a whole, for the desk: how it is now, and how its queue was in the last hour, day or week."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from seedbed.api.admin.gate import operator
from seedbed.api.admin.maintenance import maintenance_view
from seedbed.api.admin.overview_wire import OutcomeView, Overview, PoolSeries, Series, StoredView, Workforce
from seedbed.api.admin.pool_views import check_pool, known_pools, pool_views
from seedbed.api.native.answers import json_response
from seedbed.api.native.moments import shown
from seedbed.api.service import Service
from seedbed.core.errors import InvalidRequest
from seedbed.store import operations, pool_board, pool_minutes, stored, workers
from seedbed.store.database import moment
from seedbed.store.pool_minutes import Depth, Ended
from seedbed.store.stored import Stored
from seedbed.store.workers import Worker, WorkerState

PATH = "/overview"
STEPS = {
    "1h": (timedelta(hours=1), timedelta(minutes=1)),
    "24h": (timedelta(days=1), timedelta(minutes=5)),
    "7d": (timedelta(days=7), timedelta(minutes=30)),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def overview_routes(service: Service) -> list[Route]:
    return [Route(PATH, partial(show, service)), Route(PATH + "/series", partial(show_series, service))]


async def show(service: Service, request: Request) -> Response:
    """Show how the service is now. Its cost does not grow with the jobs there are, and no store is listed."""
    await operator(service, request)
    async with service.connection() as conn:
        now = await moment(conn, None)
        pools = await pool_views(conn, service.deployment, await known_pools(conn, service.deployment))
        ended = await pool_minutes.ended_since(conn, now - timedelta(days=1))
        closed = await operations.maintenance(conn)
        answer = Overview(
            at=shown(now),
            queued=sum(pool.queued for pool in pools),
            running=sum(pool.running for pool in pools),
            workers=workforce(await workers.alive(conn)),
            pools=pools,
            outcomes=tuple(OutcomeView(code=code, jobs=jobs) for code, jobs in ended.items()),
            maintenance=maintenance_view(closed) if closed else None,
            stored=tuple(map(stored_view, await stored.told(conn))),
            database_bytes=await pool_board.database_bytes(conn),
        )
    return json_response(answer)


async def show_series(service: Service, request: Request) -> Response:
    """Show how the pools stood and what ended, step by step."""
    await operator(service, request)
    span, pool = request.query_params.get("span", "1h"), request.query_params.get("pool")
    if span not in STEPS:
        raise InvalidRequest(f"span must be one of {', '.join(STEPS)}.", param="span")
    async with service.connection() as conn:
        if pool is not None:
            await check_pool(conn, service.deployment, pool)
        grid = Grid.until(await moment(conn, None), span)
        asked = [] if pool is None else [pool]
        depths = await pool_minutes.depths(conn, first=grid.first, step=grid.step, pools=asked)
        ended = await pool_minutes.outcomes(conn, first=grid.first, step=grid.step, pools=asked)
    pools = sorted({depth.pool for depth in depths} | {one.pool for one in ended})
    return json_response(
        Series(
            span=span,
            from_=shown(grid.first),
            step_seconds=grid.step // timedelta(seconds=1),
            steps=grid.steps,
            pools=tuple(_series_of(each, grid, depths, ended) for each in pools),
        )
    )


@dataclass(frozen=True, slots=True)
class Grid:
    """Steps of time, as many as the span has and the one that is under way; they begin at whole multiples."""

    first: datetime
    step: timedelta
    steps: int

    @classmethod
    def until(cls, now: datetime, span: str) -> Grid:
        length, step = STEPS[span]
        last = _EPOCH + (now - _EPOCH) // step * step
        return cls(last - length, step, length // step + 1)

    def place(self, at: datetime) -> int:
        return (at - self.first) // self.step


def workforce(alive: Iterable[Worker]) -> Workforce:
    drained = ready = busy = unfit = 0
    for worker in alive:
        if worker.is_drained:
            drained += 1
        elif worker.state is WorkerState.READY:
            ready += 1
            busy += worker.doing is not None
        else:
            unfit += 1
    return Workforce(ready=ready, busy=busy, drained=drained, unfit=unfit)


def stored_view(counted: Stored) -> StoredView:
    return StoredView(
        part=counted.part, files=counted.files, size_bytes=counted.size_bytes, counted_at=shown(counted.counted_at)
    )


def _series_of(pool: str, grid: Grid, depths: Iterable[Depth], ended: Iterable[Ended]) -> PoolSeries:
    stood = {grid.place(depth.at): depth for depth in depths if depth.pool == pool}
    codes: dict[str, list[int]] = {}
    for one in ended:
        if one.pool == pool:
            codes.setdefault(one.code, [0] * grid.steps)[grid.place(one.at)] += one.jobs
    at_steps = [stood.get(place) for place in range(grid.steps)]
    return PoolSeries(
        pool=pool,
        queued=tuple(round(depth.queued, 2) if depth else None for depth in at_steps),
        running=tuple(round(depth.running, 2) if depth else None for depth in at_steps),
        oldest_wait_seconds=tuple(round(depth.oldest_s, 3) if depth else None for depth in at_steps),
        ended={code: tuple(jobs) for code, jobs in codes.items()},
    )
