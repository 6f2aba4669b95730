"""`seedbed keys`: make, list, limit and revoke API keys. The text of a key is shown once, here, and never stored."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from seedbed.core.rate_limits import KeyLimits
    from seedbed.store.keys import StoredKey

keys = typer.Typer(help="Make, list, limit and revoke API keys.", no_args_is_help=True)

Requests = Annotated[int | None, typer.Option(min=1, help="Its requests a minute. Else as the settings say.")]
Queued = Annotated[int | None, typer.Option(min=1, help="Its jobs that may wait. Else only the account's limit.")]
RunningJobs = Annotated[int | None, typer.Option(min=1, help="Its jobs that may run. Else only the account's limit.")]
Cap = Annotated[int | None, typer.Option(min=1, help="Credits that it may charge in a month of UTC. Else no such cap.")]
UploadBytes = Annotated[int | None, typer.Option(min=1, help="Its uploads a day, in bytes. Else as the settings say.")]


class KeyMode(StrEnum):
    LIVE = "live"
    TEST = "test"


class KeyScope(StrEnum):
    GENERATE = "generate"
    READ = "read"
    ADMIN = "admin"


@keys.command("create")
def create(
    name: Annotated[str, typer.Option(help="What the key is for.")] = "key",
    account: Annotated[int | None, typer.Option(help="The account's number. Without it a new account is made.")] = None,
    mode: Annotated[KeyMode, typer.Option(help="Test keys see only test jobs and test credits.")] = KeyMode.LIVE,
    scope: Annotated[list[KeyScope] | None, typer.Option(help="What the key may do; may be repeated.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Days until it expires. Without it, never.")] = None,
    requests_per_minute: Requests = None,
    queued_jobs: Queued = None,
    running_jobs: RunningJobs = None,
    upload_bytes_per_day: UploadBytes = None,
    monthly_credits: Cap = None,
) -> None:
    """Make a key and show it, once."""
    from seedbed.core.rate_limits import KeyLimits
    from seedbed.fleet.interrupts import run_loop

    limits = KeyLimits(
        requests_per_minute=requests_per_minute,
        queued_jobs=queued_jobs,
        running_jobs=running_jobs,
        upload_bytes_per_day=upload_bytes_per_day,
        monthly_cap_credits=monthly_credits,
    )
    scopes = scope or [KeyScope.GENERATE]
    typer.echo(run_loop(_create(name=name, account_id=account, mode=mode, scopes=scopes, days=days, limits=limits)))


@keys.command("list")
def show(account: Annotated[int | None, typer.Option(help="Only this account's keys.")] = None) -> None:
    """List the keys: number, account, mode, last four characters, name, scopes, limits of their own, state."""
    from rich.table import Table

    from seedbed.cli.console import console
    from seedbed.fleet.interrupts import run_loop

    columns = ("id", "account", "mode", "key", "name", "scopes", "limits", "last used", "state")
    table = Table(*columns, box=None, pad_edge=False)
    for row in run_loop(_list(account)):
        table.add_row(*row)
    console().print(table)


@keys.command("limit")
def limit(
    key: Annotated[int, typer.Argument(help="The key's number, from `seedbed keys list`.")],
    requests_per_minute: Requests = None,
    queued_jobs: Queued = None,
    running_jobs: RunningJobs = None,
    upload_bytes_per_day: UploadBytes = None,
    monthly_credits: Cap = None,
    reset: Annotated[bool, typer.Option(help="First take away all limits of its own.")] = False,
) -> None:
    """Give a key limits of its own, from its next request on. What is not named stays as it is."""
    from seedbed.fleet.interrupts import run_loop

    changes = {
        "requests_per_minute": requests_per_minute,
        "queued_jobs": queued_jobs,
        "running_jobs": running_jobs,
        "upload_bytes_per_day": upload_bytes_per_day,
        "monthly_cap_credits": monthly_credits,
    }
    named = {name: value for name, value in changes.items() if value is not None}
    typer.echo(f"Key {key}: {run_loop(_limit(key, named, reset=reset))}.")


@keys.command("revoke")
def revoke(key: Annotated[int, typer.Argument(help="The key's number, from `seedbed keys list`.")]) -> None:
    """Revoke a key. It stops working at once; there is no way back."""
    from seedbed.fleet.interrupts import run_loop

    run_loop(_revoke(key))
    typer.echo(f"Key {key} is revoked.")


async def _create(
    *, name: str, account_id: int | None, mode: str, scopes: list[KeyScope], days: int | None, limits: KeyLimits
) -> str:
    from seedbed.actions.create_account import create_account
    from seedbed.actions.create_key import create_key
    from seedbed.cli.database import connected, ready_database_url
    from seedbed.core.keys import ENTROPY_BYTES, Mode, Scope
    from seedbed.core.operators import COMMAND_LINE
    from seedbed.settings import load_settings

    with ready_database_url(load_settings()) as url:
        async with connected(url) as conn:
            if account_id is None:
                account_id = (await create_account(conn, name=name, by=COMMAND_LINE)).id
            made = await create_key(
                conn,
                account_id,
                mode=Mode(mode),
                name=name,
                scopes=frozenset(Scope(scope) for scope in scopes),
                expires_at=datetime.now(UTC) + timedelta(days=days) if days else None,
                limits=limits,
                entropy=secrets.token_bytes(ENTROPY_BYTES),
                by=COMMAND_LINE,
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
            in_words(key.limits) or "-",
            f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "-",
            _state(key),
        )
        for key in found
    ]


def _state(key: StoredKey) -> str:
    if key.revoked_at:
        return "revoked"
    return "expired" if key.expires_at and key.expires_at <= datetime.now(UTC) else "active"


def in_words(limits: KeyLimits) -> str:
    """Return what a key has for itself, or nothing."""
    own = {
        "requests/min": limits.requests_per_minute,
        "queued": limits.queued_jobs,
        "running": limits.running_jobs,
        "upload bytes/day": limits.upload_bytes_per_day,
        "credits/month": limits.monthly_cap_credits,
    }
    return ", ".join(f"{value} {name}" for name, value in own.items() if value is not None)


async def _limit(key_id: int, named: dict[str, int], *, reset: bool) -> str:
    from dataclasses import replace

    from seedbed.actions.change_key import change_key
    from seedbed.cli.database import connected, ready_database_url
    from seedbed.core.operators import COMMAND_LINE
    from seedbed.core.rate_limits import NO_LIMITS
    from seedbed.settings import load_settings

    def limited(key: StoredKey) -> StoredKey:
        return replace(key, limits=replace(NO_LIMITS if reset else key.limits, **named))

    with ready_database_url(load_settings()) as url:
        async with connected(url) as conn:
            limits = await change_key(conn, key_id, limited, by=COMMAND_LINE)
    return in_words(limits) or "no limits of its own"


async def _revoke(key_id: int) -> None:
    from seedbed.actions.revoke_key import revoke_key
    from seedbed.cli.database import connected, ready_database_url
    from seedbed.core.operators import COMMAND_LINE
    from seedbed.settings import load_settings

    with ready_database_url(load_settings()) as url:
        async with connected(url) as conn:
            await revoke_key(conn, key_id, by=COMMAND_LINE)
