"""`seedbed jobs`: everybody's jobs, for those who run the service. (`seedbed list` shows those of a key.)"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from seedbed.cli.order_options import one_of
from seedbed.core.job import State

if TYPE_CHECKING:
    from seedbed.core.job import Job
    from seedbed.store.database import Connection
    from seedbed.store.job_board import Standing, Wanted

jobs = typer.Typer(help="Everybody's jobs: list, cancel, queue again, reprioritise.", no_args_is_help=True)

RequestId = Annotated[str, typer.Argument(help="The request's id, req_...")]


@jobs.command("list")
def show(
    account: Annotated[int | None, typer.Option(help="Only this account's.")] = None,
    status: Annotated[State | None, typer.Option(help="Only those.", autocompletion=one_of(*State))] = None,
    pool: Annotated[str | None, typer.Option(help="Only those of this pool.")] = None,
    engine: Annotated[str | None, typer.Option(help="Only those that this engine makes or made.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="How many, the newest first.")] = 20,
) -> None:
    """List everybody's jobs, the newest first."""
    from rich.table import Table

    from seedbed.cli.console import console
    from seedbed.cli.database import on_database
    from seedbed.fleet.interrupts import run_loop
    from seedbed.store.job_board import Wanted

    wanted = Wanted(account_id=account, state=status, pool=pool, engine=engine)
    columns = ("job", "account", "status", "model", "pool", "engine", "priority", "worker", "came", "error")
    table = Table(*columns, box=None, pad_edge=False)
    for standing in run_loop(on_database(lambda conn: _newest(conn, wanted, limit))):
        table.add_row(*_row(standing))
    console().print(table)


@jobs.command("cancel")
def cancel(request: RequestId) -> None:
    """Cancel a job, as its owner could: its charge is given back at once."""
    from seedbed.actions.cancel import cancel_anybodys
    from seedbed.core.operators import COMMAND_LINE

    _tell(lambda conn: cancel_anybodys(conn, request, by=COMMAND_LINE))


@jobs.command("requeue")
def queue_again(request: RequestId) -> None:
    """Take a job from its worker and queue it again. It costs no failure, and its credits stay held."""
    from seedbed.actions.requeue import requeue
    from seedbed.core.operators import COMMAND_LINE

    _tell(lambda conn: requeue(conn, request, by=COMMAND_LINE))


@jobs.command("priority")
def set_priority(
    request: RequestId,
    priority: Annotated[int, typer.Argument(min=0, max=9, help="A step is worth ten minutes in its account's queue.")],
) -> None:
    """Give a job that waits another priority."""
    from seedbed.actions.reprioritise import reprioritise
    from seedbed.core.operators import COMMAND_LINE

    _tell(lambda conn: reprioritise(conn, request, priority, by=COMMAND_LINE))


def _tell(act: Callable[[Connection], Awaitable[Job]]) -> None:
    from seedbed.cli.database import on_database
    from seedbed.fleet.interrupts import run_loop

    job = run_loop(on_database(act))
    typer.echo(f"{job.id} is {job.state}.")


async def _newest(conn: Connection, wanted: Wanted, limit: int) -> list[Standing]:
    from seedbed.store import job_board

    found: list[Standing] = []
    before: int | None = 2**63 - 1
    while before and len(found) < limit:
        page = await job_board.page(conn, wanted, limit=limit - len(found), before=before)
        found, before = found + page.jobs, page.before
    return found


def _row(standing: Standing) -> tuple[str, ...]:
    job = standing.job
    return (
        job.id,
        f"{job.account_id} ({standing.account_name})",
        job.state,
        job.request.model,
        job.pool,
        job.engine or "-",
        str(standing.priority),
        standing.worker or "-",
        f"{job.created_at:%Y-%m-%d %H:%M:%S}",
        job.failure.code if job.failure else "-",
    )
