"""`seedbed pools`: what the pools of workers have to do; hold their jobs back, and let them go again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from seedbed.core.deployment import Deployment
    from seedbed.store.database import Connection

pools = typer.Typer(help="What the pools have to do; hold their jobs back, and let them go.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The pool, from `seedbed pools list`.")]


@pools.command("list")
def show() -> None:
    """List the pools: jobs that wait and run, the oldest wait, workers, pauses."""
    from rich.table import Table

    from seedbed.cli.console import console
    from seedbed.cli.database import on_database
    from seedbed.fleet.interrupts import run_loop

    table = Table("pool", "queued", "running", "oldest wait", "workers", "paused", box=None, pad_edge=False)
    for row in run_loop(on_database(_rows)):
        table.add_row(*row)
    console().print(table)


@pools.command("pause")
def pause(name: Name, reason: Annotated[str, typer.Option(help="Why; for operators alone.")]) -> None:
    """Hold a pool's jobs back. Those in progress go on, and new ones may be ordered."""
    from seedbed.actions.pause_pool import pause_pool
    from seedbed.cli.database import on_database
    from seedbed.core.operators import COMMAND_LINE
    from seedbed.fleet.interrupts import run_loop

    async def act(conn: Connection) -> None:
        await _check(conn, name)
        await pause_pool(conn, name, reason=reason, by=COMMAND_LINE)

    run_loop(on_database(act))
    typer.echo(f"No job of {name} is begun until `seedbed pools resume {name}`.")


@pools.command("resume")
def resume(name: Name) -> None:
    """Let a pool's jobs go again."""
    from seedbed.actions.pause_pool import resume_pool
    from seedbed.cli.database import on_database
    from seedbed.core.operators import COMMAND_LINE
    from seedbed.fleet.interrupts import run_loop

    async def act(conn: Connection) -> bool:
        await _check(conn, name)
        return await resume_pool(conn, name, by=COMMAND_LINE)

    was_paused = run_loop(on_database(act))
    typer.echo(f"The jobs of {name} go on." if was_paused else f"The pool {name} was not paused.")


def _deployment() -> Deployment:
    from seedbed.configuration import load_deployment
    from seedbed.settings import load_settings

    return load_deployment(load_settings())


async def _known(conn: Connection) -> list[str]:
    from seedbed.store import pool_board

    return sorted(await pool_board.busy(conn) | {engine.pool for engine in _deployment().engines.values()})


async def _check(conn: Connection, name: str) -> None:
    from seedbed.core.errors import NotFound

    known = await _known(conn)
    if name not in known:
        raise NotFound(f"There is no pool '{name}'; there are {', '.join(known)}.")


async def _rows(conn: Connection) -> list[tuple[str, ...]]:
    from seedbed.store import fleet, operations, workers

    names = await _known(conn)
    demands, pauses = await fleet.demand(conn, names), await operations.pauses(conn)
    alive = await workers.alive(conn)
    rows: list[tuple[str, ...]] = []
    for name in names:
        demand, pause = demands[name], pauses.get(name)
        serving = sum(name in worker.pools for worker in alive)
        said = f"since {pause.since:%Y-%m-%d %H:%M}Z by {pause.actor}: {pause.reason}" if pause else "-"
        counts = (str(demand.waiting), str(demand.running), f"{demand.oldest_wait_s:.0f} s", str(serving))
        rows.append((name, *counts, said))
    return rows
