"""`seedbed migrate`: bring the database's schema forward."""

from __future__ import annotations

from typing import Annotated

import typer


def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit with 1 if something is missing.")
    ] = False,
) -> None:
    """Bring the database to this version's schema, or only say what is missing. Safe to repeat."""
    from seedbed.cli.database import database_url
    from seedbed.settings import load_settings
    from seedbed.store.migrate import migrate as apply
    from seedbed.store.migrate import pending

    with database_url(load_settings()) as url:
        names = pending(url) if check else apply(url)
    for name in names:
        typer.echo(f"{'missing' if check else 'applied'} {name}")
    if not names:
        typer.echo("The database is up to date.")
    if check and names:
        raise typer.Exit(1)
