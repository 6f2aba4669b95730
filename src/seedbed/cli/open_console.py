"""`seedbed console`: signs this machine's browser in, by a link that is good once and for ten minutes."""

from __future__ import annotations

import secrets
import webbrowser
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from seedbed.cli.home import Login
    from seedbed.settings import Settings
    from seedbed.store.database import Connection

LIFETIME = timedelta(minutes=10)


def open_console(
    account: Annotated[
        int | None, typer.Option(help="The account's number. Default: the developer's, of the embedded service.")
    ] = None,
    operator: Annotated[
        bool, typer.Option("--operator/--no-operator", help="Also show the desk, which sees every account.")
    ] = True,
    opens: Annotated[bool, typer.Option("--open/--no-open", help="Open the browser, or only print the link.")] = True,
) -> None:
    """Open the console in the browser, signed in. Whoever may run this command reaches the database anyway."""
    from seedbed.fleet.interrupts import run_loop

    link = run_loop(_link(account, is_operator=operator))
    typer.echo(f"Good for one sign-in within {LIFETIME.seconds // 60} minutes:\n{link}")
    if opens:
        webbrowser.open(link)


async def console_link(
    conn: Connection, account_id: int, *, base_url: str, is_operator: bool, lifetime: timedelta = LIFETIME
) -> str:
    """Return a link that signs one browser in. The ticket is in its fragment, which browsers send to nobody."""
    from seedbed.actions.sign_in import make_ticket
    from seedbed.actions.standing_key import THE_OPERATOR, standing_key
    from seedbed.core.keys import ENTROPY_BYTES, Scope

    scopes = frozenset({Scope.GENERATE, Scope.ADMIN} if is_operator else {Scope.GENERATE})
    stands_for = THE_OPERATOR if is_operator else f"{THE_OPERATOR} of account {account_id}"
    entropy = secrets.token_bytes(ENTROPY_BYTES)
    key_id = await standing_key(conn, account_id, stands_for=stands_for, scopes=scopes, entropy=entropy)
    ticket = await make_ticket(conn, key_id, entropy=secrets.token_bytes(ENTROPY_BYTES), lifetime=lifetime)
    return f"{base_url}/sign-in#ticket={ticket}"


async def developer_link(settings: Settings, login: Login, *, lifetime: timedelta) -> str:
    """Return a link for the developer of a running embedded service, who is its operator, too."""
    from seedbed.cli.database import connected

    assert settings.database_url is not None  # a running service has one
    async with connected(settings.database_url) as conn:
        account_id = await _account_of(conn, login)
        return await console_link(conn, account_id, base_url=settings.base_url, is_operator=True, lifetime=lifetime)


async def _link(account_id: int | None, *, is_operator: bool) -> str:
    from seedbed.cli.database import connected, ready_database_url
    from seedbed.core.errors import NotFound
    from seedbed.settings import load_settings
    from seedbed.store import accounts

    settings = load_settings()
    base_url = _base_url(settings)
    with ready_database_url(settings) as url:
        async with connected(url) as conn:
            if account_id is None:
                account_id = await _developer(conn, settings)
            elif await accounts.get(conn, account_id) is None:
                raise NotFound(f"There is no account {account_id}.")
            return await console_link(conn, account_id, base_url=base_url, is_operator=is_operator)


def _base_url(settings: Settings) -> str:
    """Return where the console is. Raises NotReady if the embedded service does not run."""
    from seedbed.cli.home import load_login, load_running
    from seedbed.core.errors import NotReady
    from seedbed.fleet.local import is_running

    if not settings.is_embedded or settings.public_url:
        return settings.base_url
    running, login = load_running(settings.home), load_login(settings.home)
    if running is None or login is None or not is_running(running.pid):
        raise NotReady("No service runs from this home folder; start one with `seedbed serve`.")
    return login.base_url


async def _developer(conn: Connection, settings: Settings) -> int:
    """Return the account of the developer's key. Raises NotReady if there is none, or none any more."""
    from seedbed.cli.home import load_login
    from seedbed.core.errors import NotReady, Unauthorized

    login = load_login(settings.home) if settings.is_embedded else None
    if login is None:
        raise NotReady("Beside a database of your own, name the account: `seedbed console --account 1`.")
    try:
        return await _account_of(conn, login)
    except Unauthorized as exc:
        raise NotReady("The developer's key was revoked; name an account: `seedbed console --account 1`.") from exc


async def _account_of(conn: Connection, login: Login) -> int:
    from seedbed.actions.authenticate import authenticate
    from seedbed.core.keys import parse_key

    return (await authenticate(conn, parse_key(login.key))).principal.account_id
