"""`seedbed audit-log`: what operators did, the newest first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from seedbed.store.operator_log import Recorded, Wanted


def audit_log(
    action: Annotated[str | None, typer.Option(help="Only these, such as account.disabled.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only what was done to this, such as account/7.")] = None,
    account: Annotated[int | None, typer.Option(help="Only what was done to this account and to what is its.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20,
) -> None:
    """Show what operators did, over the API or on the command line."""
    from rich.table import Table

    from seedbed.cli.console import console
    from seedbed.fleet.interrupts import run_loop
    from seedbed.store.operator_log import Wanted

    table = Table("when", "who", "what", "to", "changes", box=None, pad_edge=False)
    for one in run_loop(_page(Wanted(action=action, subject=subject, account_id=account), limit)):
        who = f"{one.actor} (key {one.api_key_id})" if one.api_key_id is not None else one.actor
        changes = json.dumps(one.changes, ensure_ascii=False)
        table.add_row(f"{one.at:%Y-%m-%d %H:%M:%S}", who, one.action, one.subject, changes)
    console().print(table)


async def _page(wanted: Wanted, limit: int) -> list[Recorded]:
    from seedbed.cli.database import on_database
    from seedbed.store import operator_log

    return await on_database(lambda conn: operator_log.page(conn, wanted, limit=limit, before=2**63 - 1))
