"""`seedbed accounts`: open, list, change, disable and enable accounts. All of it is recorded in the audit log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from seedbed.core.accounts import Standing, Terms
    from seedbed.store.database import Connection

T = TypeVar("T")

accounts = typer.Typer(help="Open, list, change, disable and enable accounts.", no_args_is_help=True)

MOST_LISTED = 100
Number = Annotated[int, typer.Argument(help="The account's number, from `seedbed accounts list`.")]
Refill = Annotated[int | None, typer.Option(min=1, help="Fill its live balance up to so many credits each month.")]


@accounts.command("list")
def show(search: Annotated[str | None, typer.Option(help="A part of the name, or the number.")] = None) -> None:
    """List accounts, the newest first: what they have, what they do, what was decided about them."""
    from rich.table import Table

    from seedbed.cli.console import console
    from seedbed.fleet.interrupts import run_loop

    columns = ("id", "name", "available", "held", "queued", "running", "keys", "terms")
    table = Table(*columns, box=None, pad_edge=False)
    found = run_loop(_list(search))
    for standing in found[:MOST_LISTED]:
        table.add_row(*_row(standing))
    console().print(table)
    if len(found) > MOST_LISTED:
        typer.echo(f"There are more than these {MOST_LISTED}; name a part of the name with --search.")


@accounts.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What it is called; need not be unique.")],
    balance: Annotated[int, typer.Option("--credits", min=0, help="What its live balance begins with.")] = 0,
    unlimited: Annotated[bool, typer.Option("--unlimited", help="It is charged without ever running dry.")] = False,
    monthly_refill: Refill = None,
) -> None:
    """Open an account, and say its number."""
    from seedbed.actions.create_account import create_account
    from seedbed.core.operators import COMMAND_LINE

    async def act(conn: Connection) -> int:
        made = await create_account(
            conn,
            name=name,
            credits=balance,
            is_unlimited=unlimited,
            refill_credits=monthly_refill,
            by=COMMAND_LINE,
        )
        return made.id

    typer.echo(f"Account {_run(act)} is open.")


@accounts.command("change")
def change(
    account: Number,
    name: Annotated[str | None, typer.Option(help="What it is called.")] = None,
    unlimited: Annotated[bool | None, typer.Option("--unlimited/--limited", help="Whether it never runs dry.")] = None,
    monthly_refill: Refill = None,
    no_refill: Annotated[bool, typer.Option("--no-refill", help="Fill it up no more.")] = False,
) -> None:
    """Change what was decided about an account. What is not named stays as it is."""
    from dataclasses import replace

    from seedbed.actions.change_account import change_account
    from seedbed.core.operators import COMMAND_LINE

    def changed(terms: Terms) -> Terms:
        refill = None if no_refill else monthly_refill or terms.refill_credits
        is_unlimited = terms.is_unlimited if unlimited is None else unlimited
        return replace(
            terms, name=terms.name if name is None else name, is_unlimited=is_unlimited, refill_credits=refill
        )

    async def act(conn: Connection) -> None:
        await change_account(conn, account, changed, by=COMMAND_LINE)

    _run(act)
    typer.echo(f"Account {account} is changed.")


@accounts.command("disable")
def disable(account: Number, reason: Annotated[str, typer.Option(help="Why; for operators alone.")]) -> None:
    """Turn all keys of an account away. Its jobs go on."""
    from seedbed.actions.disable_account import disable_account
    from seedbed.core.operators import COMMAND_LINE

    async def act(conn: Connection) -> None:
        await disable_account(conn, account, because=reason, by=COMMAND_LINE)

    _run(act)
    typer.echo(f"Account {account} is disabled.")


@accounts.command("enable")
def enable(account: Number) -> None:
    """Let the keys of an account in again."""
    from seedbed.actions.disable_account import enable_account
    from seedbed.core.operators import COMMAND_LINE

    async def act(conn: Connection) -> None:
        await enable_account(conn, account, by=COMMAND_LINE)

    _run(act)
    typer.echo(f"Account {account} is enabled.")


def _run(act: Callable[[Connection], Awaitable[T]]) -> T:
    from seedbed.cli.database import on_database
    from seedbed.fleet.interrupts import run_loop

    return run_loop(on_database(act))


async def _list(search: str | None) -> list[Standing]:
    from seedbed.cli.database import on_database
    from seedbed.store import standings

    wanted = standings.Wanted(text=search)
    return await on_database(lambda conn: standings.page(conn, wanted, limit=MOST_LISTED + 1, before=2**63 - 1))


def _row(standing: Standing) -> tuple[str, ...]:
    live, terms = standing.live, standing.terms
    decided = [
        f"disabled ({standing.disabled_because})" if standing.is_disabled else "",
        "unlimited" if terms.is_unlimited else "",
        f"refilled to {terms.refill_credits} a month" if terms.refill_credits else "",
    ]
    counts = (live.available_credits, live.held_credits, standing.queued_jobs, standing.running_jobs, standing.keys)
    return (str(standing.id), terms.name, *map(str, counts), ", ".join(filter(None, decided)) or "-")
