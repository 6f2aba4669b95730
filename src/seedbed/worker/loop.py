"""A worker: slots that make videos, and the chores that any worker may do for the whole service.

Workers know nothing of each other; PostgreSQL hands out the work. Once told to stop, a worker claims nothing more, and
gives its jobs some time to finish before it hands them back.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial

import msgspec
import structlog

from seedbed.blobs.store import Blobs
from seedbed.core.deployment import EngineSpec
from seedbed.core.engine import Capabilities
from seedbed.settings import Settings
from seedbed.store import fleet, workers
from seedbed.store.database import Pool, borrow, connect_pool
from seedbed.store.workers import Place
from seedbed.worker.attempt import Bench
from seedbed.worker.beside import beside
from seedbed.worker.chores import do_chores
from seedbed.worker.deliverer import deliver_webhooks
from seedbed.worker.engines import options_of
from seedbed.worker.health import Health, overall
from seedbed.worker.host import EngineHost, EngineLimits, processors
from seedbed.worker.patience import TRANSIENT
from seedbed.worker.references import Sources
from seedbed.worker.scratch import open_scratch
from seedbed.worker.selftest import self_test
from seedbed.worker.slot import Slot
from seedbed.worker.switchboard import Switchboard
from seedbed.worker.ways import way_out

log = structlog.get_logger()

HEARTBEAT_S = 5.0
STOP_GRACE_S = 5.0  # those who stop processes usually wait 10 s in all


async def run_worker(
    url: str,
    blobs: Blobs,
    settings: Settings,
    *,
    engine: EngineSpec,
    stopping: asyncio.Event,
    stop_grace_s: float = STOP_GRACE_S,
    hurry: asyncio.Event | None = None,
    place: Place | None = None,
) -> None:
    """Work until `stopping` is set. Call it in a thread that lives as long as the process: engines are tied to the one
    that started them.

    `hurry`, set after it, has the jobs in hand handed back at once. `url` is the database's, migrated. `place` is what
    a fleet says of the worker. Raises NotReady if the engine cannot be loaded.
    """
    options = options_of(engine)
    place = _placed(place, engine)
    name = f"{place.host}-{os.getpid()}-{secrets.token_hex(4)}"
    async with AsyncExitStack() as stack:
        scratch = stack.enter_context(open_scratch())
        pool = await stack.enter_async_context(_pool(url, engine, settings))
        limits = replace(
            engine_limits(settings, slots=engine.slots),
            start_s=engine.start_limit_s,
            silence_s=engine.silence_limit_s,
        )
        hosts = [EngineHost(engine.kind, limits, options=options, private=engine.key_env) for _ in range(engine.slots)]
        for host in hosts:
            stack.push_async_callback(host.close)
        began_s = time.monotonic()
        capabilities = (await asyncio.gather(*(host.warm() for host in hosts)))[0]
        load_s = time.monotonic() - began_s
        shift = _Shift(
            name,
            (engine.pool,),
            pool,
            Switchboard((engine.pool,)),
            stopping=stopping,
            hurry=hurry or asyncio.Event(),
            news=asyncio.Event(),
            admitted=asyncio.Event(),
            place=place,
            load_s=load_s,
        )
        sources = sources_of(settings, pool, blobs)
        limit_s = settings.store_time_limit_s
        working = [_slot(shift, Bench(host, sources, scratch, limit_s, engine.name), settings) for host in hosts]
        log.info("worker.started", worker=name, engine=engine.name, kind=capabilities.name, slots=engine.slots)
        async with beside(
            shift.switchboard.listen(pool),
            _show(shift, capabilities, working),
            _hurry_later(shift, grace_s=stop_grace_s),
            do_chores(pool, blobs),
            deliver_webhooks(url, pool, settings, shift.switchboard),
        ):
            await asyncio.gather(*(slot.run() for slot in working))
        await _leave(shift)
        log.info("worker.stopped", worker=name)


def _pool(url: str, engine: EngineSpec, settings: Settings) -> Pool:
    most = settings.worker_connections or 2 * engine.slots + 4
    return connect_pool(url, min_size=1, max_size=most, name="worker", listen_url=settings.listen_url)


def engine_limits(settings: Settings, *, slots: int = 1) -> EngineLimits:
    return EngineLimits(
        grace_s=settings.engine_grace_s,
        time_limit_s=settings.engine_time_limit_s,
        finish_limit_s=settings.finish_time_limit_s,
        memory_bytes=settings.engine_memory_bytes,
        threads=max(1, processors() // slots),
    )


def sources_of(settings: Settings, pool: Pool, blobs: Blobs) -> Sources:
    return Sources(
        pool=pool,
        blobs=blobs,
        limits=settings.media_limits,
        deadline_s=settings.fetch_deadline_s,
        opened=settings.open_networks,
        way=way_out(settings),
        has_samples=settings.rules.has_samples,
        kept_for_s=settings.reference_lifetime_s,
    )


@dataclass(frozen=True, slots=True)
class _Shift:
    """What the parts of one worker share."""

    worker: str
    pools: tuple[str, ...]
    pool: Pool
    switchboard: Switchboard
    stopping: asyncio.Event
    hurry: asyncio.Event
    news: asyncio.Event  # that the worker's row should change at once
    admitted: asyncio.Event  # neither the worker nor its host is drained, as its last heartbeat was told
    place: Place
    load_s: float  # what its engine took to load


def _slot(shift: _Shift, bench: Bench, settings: Settings) -> Slot:
    health = Health(
        partial(self_test, bench.host, bench.scratch, limit_s=settings.self_test_limit_s),
        bench.host.replace,
        suspect_after=settings.suspect_after,
        on_change=shift.news.set,
    )
    return Slot(
        health=health,
        bench=bench,
        pool=shift.pool,
        switchboard=shift.switchboard,
        worker=shift.worker,
        pools=shift.pools,
        lease_s=settings.lease_s,
        poll_s=settings.poll_s,
        stopping=shift.stopping,
        hurry=shift.hurry,
        admitted=shift.admitted,
    )


async def _show(shift: _Shift, capabilities: Capabilities, working: Sequence[Slot]) -> None:
    """Write the worker's row again and again, so that others see that it is there and what it can do."""
    told = {**msgspec.to_builtins(capabilities), "roles": sorted(capabilities.roles)}
    is_known = False
    while True:
        shift.news.clear()
        doing = next((slot.doing.id for slot in working if slot.doing), None)
        now = overall(slot.health.condition for slot in working)
        try:
            async with borrow(shift.pool) as conn:
                may_work = await workers.heartbeat(
                    conn,
                    shift.worker,
                    shift.pools,
                    told,
                    doing,
                    state=now.state,
                    reason=now.reason,
                    place=shift.place,
                    is_drained=is_known and not shift.admitted.is_set(),
                )
                if not is_known:
                    await fleet.tell_load(conn, shift.pools[0], shift.place.engine or "", load_s=shift.load_s)
                    is_known = True
            _admit(shift, may_work=may_work)
        except TRANSIENT as exc:
            log.warning("worker.unheard", reason=type(exc).__name__)
        with suppress(TimeoutError):
            async with asyncio.timeout(HEARTBEAT_S):
                await shift.news.wait()


def _admit(shift: _Shift, *, may_work: bool) -> None:
    """Let the slots begin jobs, or no more; the worker's row is to show at once that it obeys."""
    if may_work == shift.admitted.is_set():
        return
    log.info("worker.admitted" if may_work else "worker.drained", worker=shift.worker)
    shift.news.set()
    if may_work:
        shift.admitted.set()
    else:
        shift.admitted.clear()


def _placed(place: Place | None, engine: EngineSpec) -> Place:
    """Return where this process runs, as far as nobody has said it already."""
    told = place or Place()
    return replace(
        told,
        host=told.host or socket.gethostname(),
        engine=engine.name,
        gpus=told.gpus or os.environ.get("CUDA_VISIBLE_DEVICES") or None,
    )


async def _hurry_later(shift: _Shift, *, grace_s: float) -> None:
    """Once the worker is to stop, wake its idle slots, and let the busy ones hand back when their time is up."""
    await shift.stopping.wait()
    shift.switchboard.wake_all()
    await asyncio.sleep(grace_s)
    shift.hurry.set()


async def _leave(shift: _Shift) -> None:
    try:
        async with borrow(shift.pool) as conn:
            await workers.leave(conn, shift.worker)
    except TRANSIENT as exc:
        log.warning("worker.unheard", reason=type(exc).__name__)
