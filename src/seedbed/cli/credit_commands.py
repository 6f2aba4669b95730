"""`seedbed credits`: give credits to an account, and show what it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from seedbed.core.credits import Balance

credit_commands = typer.Typer(help="Give credits to an account, and show what it has.", no_args_is_help=True)


@credit_commands.command("grant", context_settings={"ignore_unknown_options": True})
def grant(
    account: Annotated[int, typer.Argument(help="The account's number.")],
    amount: Annotated[int, typer.Argument(help="How many; a negative number takes unspent ones back.")],
    note: Annotated[str, typer.Option(help="Why; it stays in the ledger.")] = "granted on the command line",
    test: Annotated[bool, typer.Option("--test", help="The account's test credits.")] = False,
) -> None:
    """Give credits to an account."""
    from seedbed.fleet.interrupts import run_loop

    _tell(account, run_loop(_grant(account, amount, note=note, is_live=not test)))


@credit_commands.command("show")
def show(
    account: Annotated[int, typer.Argument(help="The account's number.")],
    test: Annotated[bool, typer.Option("--test", help="The account's test credits.")] = False,
) -> None:
    """Show what an account may spend and what is set aside for its open jobs."""
    from seedbed.fleet.interrupts import run_loop

    _tell(account, run_loop(_show(account, is_live=not test)))


def _tell(account_id: int, balance: Balance) -> None:
    available, held = balance.available_credits, balance.held_credits
    typer.echo(f"Account {account_id}: {available} credits available, {held} held for open jobs.")


async def _grant(account_id: int, amount_credits: int, *, note: str, is_live: bool) -> Balance:
    from seedbed.actions.grant import grant as give
    from seedbed.cli.database import connected, ready_database_url
    from seedbed.core.operators import COMMAND_LINE
    from seedbed.settings import load_settings

    with ready_database_url(load_settings()) as url:
        async with connected(url) as conn:
            return await give(conn, account_id, credits=amount_credits, note=note, is_live=is_live, by=COMMAND_LINE)


async def _show(account_id: int, *, is_live: bool) -> Balance:
    from seedbed.cli.database import connected, ready_database_url
    from seedbed.settings import load_settings
    from seedbed.store.ledger import balance

    with ready_database_url(load_settings()) as url:
        async with connected(url) as conn:
            return await balance(conn, account_id, is_live=is_live)
