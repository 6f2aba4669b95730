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

    settings = load_settings()
    with database_url(settings) as url:
        direct_url = (settings.database_url and settings.listen_url) or url
        if check:
            _tell_standing(direct_url)
            return
        names = apply(direct_url, is_pooled_elsewhere=direct_url != url)
    for name in names:
        typer.echo(f"applied {name}")
    if not names:
        typer.echo("The database is up to date.")


def _tell_standing(url: str) -> None:
    """Say how the database stands and what would be done to it, by whom. Exits with 1 if something is missing."""
    from importlib.metadata import version

    from seedbed.store.migrate import standing

    found = standing(url)
    ours, server = f"seedbed {version('seedbed')}", found.server
    where = f"the database {server.database} (PostgreSQL {server.version}, as {server.role})"
    for name in found.missing:
        typer.echo(f"missing {name}")
    for name in found.later:
        typer.echo(f"later   {name}")
    if found.later:
        typer.echo(f"A version later than {ours} has migrated {where}.")
    if found.missing:
        typer.echo(f"`seedbed migrate` of {ours} would apply {len(found.missing)} to {where}.")
        if found.fault:
            typer.echo(f"It could not: {found.fault}")
        raise typer.Exit(1)
    typer.echo(f"The database is up to date: {where}, {ours}.")
