"""Workers: list them with what they do, and let one, or a whole machine, take no more jobs."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from seedbed.actions.drain import drain, undrain
from seedbed.api.admin.gate import body_object, fields_of, no_fields, operator
from seedbed.api.admin.worker_wire import Drained, DrainingBody, DrainView, FleetView, WorkerList, WorkerView
from seedbed.api.native.answers import json_response
from seedbed.api.native.moments import shown, shown_or_null
from seedbed.api.service import Service
from seedbed.store import fleet, workers
from seedbed.store.database import Connection
from seedbed.store.fleet import Drain, DrainKind, FleetRow
from seedbed.store.workers import Worker

PATH = "/workers"
PATHS = {DrainKind.WORKER: "/workers/{target}", DrainKind.HOST: "/hosts/{target}"}
LED_WITHIN_S = 15.0  # a leader says what it does every two seconds


def worker_routes(service: Service) -> list[Route]:
    routes = [Route(PATH, partial(list_workers, service))]
    for kind, path in PATHS.items():
        routes.append(Route(path + "/drain", partial(start_draining, service, kind), methods=["POST"]))
        routes.append(Route(path + "/undrain", partial(end_draining, service, kind), methods=["POST"]))
    return routes


async def list_workers(service: Service, request: Request) -> Response:
    await operator(service, request)
    async with service.connection() as conn:
        alive = await workers.alive(conn)
        since = await fleet.doings(conn, [worker.doing for worker in alive if worker.doing])
        return json_response(
            WorkerList(
                data=tuple(worker_view(worker, since.get(worker.doing or "")) for worker in alive),
                fleets=tuple(map(fleet_view, await fleet.told(conn))),
                drained=await _drained(conn),
            )
        )


async def start_draining(service: Service, kind: DrainKind, request: Request) -> Response:
    """Let it take no more jobs, within five seconds; what it has it ends. Idempotent: the first reason stays."""
    caller = await operator(service, request)
    async with body_object(service, request, caller) as said:
        body = fields_of(said, DrainingBody)
    async with service.connection() as conn:
        await drain(conn, kind, _target(request), reason=body.reason, by=caller.by)
        return json_response(Drained(drained=await _drained(conn)))


async def end_draining(service: Service, kind: DrainKind, request: Request) -> Response:
    """Let it take jobs again. Idempotent, whatever became of it meanwhile."""
    caller = await operator(service, request)
    await no_fields(service, request, caller)
    async with service.connection() as conn:
        await undrain(conn, kind, _target(request), by=caller.by)
        return json_response(Drained(drained=await _drained(conn)))


def worker_view(worker: Worker, doing_since: datetime | None) -> WorkerView:
    place = worker.place
    return WorkerView(
        id=worker.id,
        pools=worker.pools,
        state=worker.state,
        state_since=shown(worker.state_since),
        reason=worker.reason,
        is_drained=worker.is_drained,
        doing=worker.doing,
        doing_since=shown_or_null(doing_since),
        started_at=shown(worker.started_at),
        seen_at=shown(worker.seen_at),
        host=place.host,
        engine=place.engine,
        gpus=place.gpus,
        fleet=place.fleet,
        slot=place.slot,
    )


def fleet_view(row: FleetRow) -> FleetView:
    return FleetView(
        name=row.name,
        leader=row.leader if row.age_s < LED_WITHIN_S else None,
        backend=row.backend,
        led_since=shown(row.led_since),
        seen_at=shown(row.seen_at),
        pools=tuple(row.pools),
    )


def drain_view(drained: Drain) -> DrainView:
    return DrainView(kind=drained.kind.value, target=drained.target, reason=drained.reason, since=shown(drained.since))


async def _drained(conn: Connection) -> tuple[DrainView, ...]:
    return tuple(map(drain_view, await fleet.drains(conn)))


def _target(request: Request) -> str:
    return str(request.path_params["target"])
