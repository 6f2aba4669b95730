"""Pools as the operator's API shows them: what they have to do, who does it, how fast it lately went."""

from __future__ import annotations

from collections.abc import Sequence

from seedbed.api.admin.pool_wire import PaceView, PauseView, PoolView
from seedbed.api.native.moments import shown
from seedbed.core.deployment import Deployment
from seedbed.core.errors import NotFound
from seedbed.core.fleet_sizing import Demand
from seedbed.store import fleet, operations, pool_board, workers
from seedbed.store.database import Connection
from seedbed.store.operations import Pause
from seedbed.store.pool_board import Pace
from seedbed.store.workers import Worker, WorkerState


async def known_pools(conn: Connection, deployment: Deployment) -> list[str]:
    """Return the names of all pools that there are, in order."""
    return sorted(await pool_board.busy(conn) | {engine.pool for engine in deployment.engines.values()})


async def check_pool(conn: Connection, deployment: Deployment, pool: str) -> None:
    """Raises NotFound, naming those that there are."""
    known = await known_pools(conn, deployment)
    if pool not in known:
        raise NotFound(f"There is no pool '{pool[:80]}'; there are {', '.join(known)}.")


async def pool_views(conn: Connection, deployment: Deployment, pools: Sequence[str]) -> tuple[PoolView, ...]:
    demands = await fleet.demand(conn, pools)
    paces = await pool_board.paces(conn, pools)
    pauses = await operations.pauses(conn)
    alive = await workers.alive(conn)
    return tuple(
        pool_view(
            pool,
            demands[pool],
            engines=[engine.name for engine in deployment.engines.values() if engine.pool == pool],
            pause=pauses.get(pool),
            serving=[worker for worker in alive if pool in worker.pools],
            pace=paces.get(pool),
        )
        for pool in pools
    )


def pool_view(
    name: str,
    demand: Demand,
    *,
    engines: Sequence[str],
    pause: Pause | None,
    serving: Sequence[Worker],
    pace: Pace | None,
) -> PoolView:
    ready = [worker for worker in serving if worker.state is WorkerState.READY and not worker.is_drained]
    return PoolView(
        name=name,
        engines=tuple(sorted(engines)),
        paused=PauseView(reason=pause.reason, since=shown(pause.since), by=pause.actor) if pause else None,
        queued=demand.waiting,
        startable=0 if pause else demand.queued,
        running=demand.running,
        oldest_wait_seconds=round(demand.oldest_wait_s, 3),
        workers=len(serving),
        workers_ready=len(ready),
        pace=pace_view(pace) if pace else None,
    )


def pace_view(pace: Pace) -> PaceView:
    return PaceView(
        jobs=pace.jobs,
        wait_p50_seconds=round(pace.wait_p50_s, 3),
        wait_p95_seconds=round(pace.wait_p95_s, 3),
        engine_p50_seconds=round(pace.took_p50_s, 3),
        engine_p95_seconds=round(pace.took_p95_s, 3),
        speed=round(pace.video_s / pace.engine_s, 4) if pace.engine_s else None,
    )
