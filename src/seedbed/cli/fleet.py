"""`seedbed fleet`: keeps the workers of the configured pools running, and says what they do."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from seedbed.core.deployment import Deployment
    from seedbed.fleet.backend import Backend
    from seedbed.fleet.placing import Fleet
    from seedbed.settings import Settings
    from seedbed.store.database import Connection

DEFAULT_NAME = "seedbed"

fleet = typer.Typer(
    help="Keep the workers of the pools of seedbed.toml running, on this machine or through Ray on many.",
    invoke_without_command=True,
)


@fleet.callback()
def run(
    context: typer.Context,
    name: Annotated[str, typer.Option(help="The fleet's name. Of several with one name, one leads.")] = DEFAULT_NAME,
    ray: Annotated[bool, typer.Option("--ray", help="Place the workers through Ray; else they run here.")] = False,
    address: Annotated[str, typer.Option(help="With --ray: the cluster's address, HOST:PORT.")] = "auto",
) -> None:
    """Keep the workers of the pools of seedbed.toml running until Ctrl-C. Needs SEEDBED_DATABASE_URL."""
    if context.invoked_subcommand is not None:
        return
    from seedbed.cli.database import migrated
    from seedbed.configuration import load_deployment
    from seedbed.fleet.interrupts import run_loop
    from seedbed.fleet.ray_slots import check
    from seedbed.settings import load_settings
    from seedbed.telemetry.logs import start_logging

    settings = load_settings()
    deployment = load_deployment(settings)
    url = _database_url(settings)
    _check_pools(deployment)
    if ray:
        check(settings)
    start_logging(settings.log_level)
    migrated(url, may_change=False, listen_url=settings.listen_url)
    run_loop(_run(settings, deployment, name=name, ray_address=address if ray else None))


@fleet.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the fleets, their pools, every worker with what it does, and what is drained.

    Exit codes: 0 if all pools have what they should, 1 if anything is amiss.
    """
    from seedbed.cli.database import connected, ready_database_url
    from seedbed.cli.fleet_status import print_status, standing, status_of
    from seedbed.fleet.interrupts import run_loop
    from seedbed.settings import load_settings

    async def known(url: str) -> dict[str, object]:
        async with connected(url) as conn:
            return await status_of(conn)

    with ready_database_url(load_settings()) as url:
        found = run_loop(known(url))
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        print_status(found)
    raise typer.Exit(0 if standing(found) else 1)


@fleet.command()
def drain(
    target: Annotated[str, typer.Argument(metavar="HOST|WORKER", help="As `seedbed fleet status` names it.")],
    reason: Annotated[str, typer.Option(help="What others are to read about it.")] = "drained by hand",
) -> None:
    """Let a machine or a single worker take no more jobs. What it has in hand, it ends."""
    from seedbed.actions.drain import drain as start_draining
    from seedbed.core.errors import NotReady
    from seedbed.core.operators import COMMAND_LINE
    from seedbed.store import workers
    from seedbed.store.fleet import DrainKind

    async def mark(conn: Connection) -> str:
        alive = await workers.alive(conn)
        if target in {worker.place.host for worker in alive}:
            kind = DrainKind.HOST
        elif target in {worker.id for worker in alive}:
            kind = DrainKind.WORKER
        else:
            hosts = sorted({worker.place.host for worker in alive if worker.place.host})
            raise NotReady(
                f"There is no host and no worker '{target}' at work. Hosts: {', '.join(hosts) or 'none'}; "
                "`seedbed fleet status` lists the workers."
            )
        await start_draining(conn, kind, target, reason=reason, by=COMMAND_LINE)
        return f"The {kind} {target} takes no more jobs. `seedbed fleet undrain {target}` lets it again."

    typer.echo(_with_database(mark))


@fleet.command()
def undrain(
    target: Annotated[str, typer.Argument(metavar="HOST|WORKER", help="As `seedbed fleet status` names it.")],
) -> None:
    """Let a drained machine or worker take jobs again."""
    from seedbed.actions.drain import undrain as end_draining
    from seedbed.core.errors import NotReady
    from seedbed.core.operators import COMMAND_LINE
    from seedbed.store import fleet as fleets
    from seedbed.store.fleet import DrainKind

    async def clear(conn: Connection) -> str:
        ended = [await end_draining(conn, kind, target, by=COMMAND_LINE) for kind in DrainKind]
        if not any(ended):
            names = ", ".join(drain.target for drain in await fleets.drains(conn))
            raise NotReady(f"'{target}' is not drained; drained are: {names or 'none'}.")
        return f"{target} takes jobs again, within five seconds."

    typer.echo(_with_database(clear))


def _with_database(act: Callable[[Connection], Awaitable[str]]) -> str:
    from seedbed.cli.database import connected, ready_database_url
    from seedbed.fleet.interrupts import run_loop
    from seedbed.settings import load_settings

    async def acted(url: str) -> str:
        async with connected(url) as conn:
            return await act(conn)

    with ready_database_url(load_settings()) as url:
        return run_loop(acted(url))


def _database_url(settings: Settings) -> str:
    from seedbed.core.errors import NotReady

    if settings.database_url is None:
        raise NotReady(
            "SEEDBED_DATABASE_URL is not set, so there is no service to keep workers for. (`seedbed serve` without it "
            "brings its own database and its own workers.)"
        )
    return settings.database_url


def _check_pools(deployment: Deployment) -> None:
    from seedbed.core.errors import NotReady

    if not deployment.pools:
        known = ", ".join(sorted({engine.pool for engine in deployment.engines.values()}))
        raise NotReady(
            f"The configuration names no pool for a fleet to keep. Write, for one of {known}: [pools.NAME] and below "
            "it `workers = 2`, or `workers = { min = 0, max = 8 }`, into seedbed.toml. docs/fleet.md shows more."
        )


async def _backend(name: str, ray_address: str | None) -> Backend:
    """Return where the workers run. Raises NotReady if there is no such cluster."""
    from seedbed.fleet.local import LocalSlots, child_environment
    from seedbed.fleet.ray_slots import RaySlots

    if ray_address is None:
        return LocalSlots(name, environ=child_environment({}))
    slots = RaySlots(name, ray_address)
    await slots.open()
    return slots


async def _run(settings: Settings, deployment: Deployment, *, name: str, ray_address: str | None) -> None:
    import asyncio

    from seedbed.fleet.interrupts import interrupts
    from seedbed.fleet.placing import Fleet

    url = settings.listen_url or _database_url(settings)  # its lock is a session's, and so is no pooler's
    backend = await _backend(name, ray_address)
    stopping = asyncio.Event()
    kept = Fleet(name=name, url=url, pools=deployment.pools, backend=backend, stands_by=_say)
    with interrupts(stopping.set, backend.kill, on_reload=lambda: _reload(kept, settings)):
        await kept.run(stopping)


def _reload(kept: Fleet, settings: Settings) -> None:
    """Read the pools anew. A wrong configuration, or one without pools, changes nothing."""
    import structlog

    from seedbed.configuration import load_deployment
    from seedbed.core.errors import NotReady

    log = structlog.get_logger()
    try:
        deployment = load_deployment(settings)
        _check_pools(deployment)
    except NotReady as fault:
        log.error("pools.refused", fleet=kept.name, reason=str(fault))  # noqa: TRY400 - a sentence for people
        return
    kept.pools = deployment.pools
    log.info("pools.reloaded", fleet=kept.name, pools=sorted(kept.pools))


def _say(sentence: str) -> None:
    sys.stderr.write(f"seedbed: {sentence}\n")
