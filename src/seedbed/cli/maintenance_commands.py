"""`seedbed maintenance`: take no new orders for a while, and take them again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from seedbed.store.database import Connection

maintenance = typer.Typer(help="Take no new orders for a while; everything else goes on.", no_args_is_help=True)


@maintenance.command("on")
def begin(
    message: Annotated[str, typer.Argument(help="What customers read in the 503 that they get.")],
    minutes: Annotated[int | None, typer.Option(min=1, help="It ends by itself then. Else when it is ended.")] = None,
) -> None:
    """Refuse new generations, reruns and uploads, in every process, from now on."""
    from seedbed.actions.maintain import begin_maintenance
    from seedbed.cli.database import on_database
    from seedbed.core.operators import COMMAND_LINE
    from seedbed.fleet.interrupts import run_loop

    until = datetime.now(UTC) + timedelta(minutes=minutes) if minutes else None

    async def act(conn: Connection) -> None:
        await begin_maintenance(conn, message=message, until=until, by=COMMAND_LINE)

    run_loop(on_database(act))
    end = f"until {until:%Y-%m-%d %H:%M}Z" if until else "until `seedbed maintenance off`"
    typer.echo(f"No new orders are taken {end}.")


@maintenance.command("off")
def end() -> None:
    """Take orders again."""
    from seedbed.actions.maintain import end_maintenance
    from seedbed.cli.database import on_database
    from seedbed.core.operators import COMMAND_LINE
    from seedbed.fleet.interrupts import run_loop

    was_on = run_loop(on_database(lambda conn: end_maintenance(conn, by=COMMAND_LINE)))
    typer.echo("Orders are taken again." if was_on else "Orders were taken all the while.")


@maintenance.command("show")
def show() -> None:
    """Say whether orders are taken."""
    from seedbed.cli.database import on_database
    from seedbed.fleet.interrupts import run_loop
    from seedbed.store.operations import maintenance as now_of

    now = run_loop(on_database(now_of))
    if now is None:
        typer.echo("Orders are taken.")
        return
    ends = f"until {now.until:%Y-%m-%d %H:%M}Z" if now.until else "until somebody ends it"
    typer.echo(f"No orders are taken since {now.since:%Y-%m-%d %H:%M}Z, {ends}, by {now.actor}: {now.message}")
