"""`seedbed keys`: make, list and revoke API keys. The text of a key is shown once, here, and never stored."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from seedbed.store.keys import StoredKey

keys = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)


class KeyMode(StrEnum):
    LIVE = "live"
    TEST = "test"


class KeyScope(StrEnum):
    GENERATE = "generate"
    ADMIN = "admin"


@keys.command("create")
def create(
    name: Annotated[str, typer.Option(help="What the key is for.")] = "key",
    account: Annotated[int | None, typer.Option(help="The account's number. Without it a new account is made.")] = None,
    mode: Annotated[KeyMode, typer.Option(help="Test keys see only test jobs and test credits.")] = KeyMode.LIVE,
    scope: Annotated[list[KeyScope] | None, typer.Option(help="What the key may do; may be repeated.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Days until it expires. Without it, never.")] = None,
) -> None:
    """Make a key and show it, once."""
    from seedbed.fleet.interrupts import run_loop

    made = run_loop(_create(name=name, account_id=account, mode=mode, scopes=scope or [KeyScope.GENERATE], days=days))
    typer.echo(made)


@keys.command("list")
def show(account: Annotated[int | None, typer.Option(help="Only this account's keys.")] = None) -> None:
    """List the keys: number, account, mode, last four characters, name, state."""
    from rich.table import Table

    from seedbed.cli.console import console
    from seedbed.fleet.interrupts import run_loop

    table = Table("id", "account", "mode", "key", "name", "scopes", "last used", "state", box=None, pad_edge=False)
    for row in run_loop(_list(account)):
        table.add_row(*row)
    console().print(table)


@keys.command("revoke")
def revoke(key: Annotated[int, typer.Argument(help="The key's number, from `seedbed keys list`.")]) -> None:
    """Revoke a key. It stops working at once; there is no way back."""
    from seedbed.fleet.interrupts import run_loop

    run_loop(_revoke(key))
    typer.echo(f"Key {key} is revoked.")


async def _create(*, name: str, account_id: int | None, mode: str, scopes: list[KeyScope], days: int | None) -> str:
    from seedbed.actions.create_account import create_account
    from seedbed.actions.create_key import create_key
    from seedbed.cli.database import connected, ready_database_url
    from seedbed.core.errors import NotFound
    from seedbed.core.keys import ENTROPY_BYTES, Mode, Scope
    from seedbed.settings import load_settings
    from seedbed.store import accounts

    with ready_database_url(load_settings()) as url:
        async with connected(url) as conn:
            if account_id is None:
                account_id = (await create_account(conn, name=name)).id
            elif await accounts.get(conn, account_id) is None:
                raise NotFound(f"There is no account {account_id}.")
            made = await create_key(
                conn,
                account_id,
                mode=Mode(mode),
                name=name,
                scopes=frozenset(Scope(scope) for scope in scopes),
                expires_at=datetime.now(UTC) + timedelta(days=days) if days else None,
                entropy=secrets.token_bytes(ENTROPY_BYTES),
            )
    return f"{made.key}\nKey {made.id} of account {account_id}. It is shown only now; keep it safe."


async def _list(account_id: int | None) -> list[tuple[str, ...]]:
    from seedbed.cli.database import connected, ready_database_url
    from seedbed.settings import load_settings
    from seedbed.store import keys as stored

    with ready_database_url(load_settings()) as url:
        async with connected(url) as conn:
            found = await (stored.everybodys(conn) if account_id is None else stored.of_account(conn, account_id))
    return [
        (
            str(key.id),
            str(key.account_id),
            key.mode,
            f"...{key.last_four}",
            key.name,
            " ".join(sorted(key.scopes)),
            f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "-",
            _state(key),
        )
        for key in found
    ]


def _state(key: StoredKey) -> str:
    if key.revoked_at:
        return "revoked"
    return "expired" if key.expires_at and key.expires_at <= datetime.now(UTC) else "active"


async def _revoke(key_id: int) -> None:
    from seedbed.actions.revoke_key import revoke_key
    from seedbed.cli.database import connected, ready_database_url
    from seedbed.settings import load_settings

    with ready_database_url(load_settings()) as url:
        async with connected(url) as conn:
            await revoke_key(conn, key_id)
