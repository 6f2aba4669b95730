"""`seedbed move`: a stopped service, to another database, another store, or both. What was there stays as it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from seedbed.blobs.store import Blobs
    from seedbed.core.inventory import NamedBytes
    from seedbed.settings import Settings
    from seedbed.store.database import Connection


def move(
    database: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Where the rows go: an empty PostgreSQL, or `embedded` for the home folder's."
        ),
    ] = None,
    blobs: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where results and uploads go: a bucket or file:///..., or `folder`."),
    ] = None,
) -> None:
    """Copy what the service keeps to another database, another store, or both. It must be stopped, and nothing of it
    is changed: start it again where it was, or with the new settings, but never at both."""
    from seedbed.cli.destination import chosen
    from seedbed.fleet.interrupts import run_loop
    from seedbed.settings import load_settings

    settings = load_settings()
    target = chosen(settings, database=database, blobs=blobs)
    if target == settings:
        raise typer.BadParameter("Say where to: --database, --blobs or both, other than those that are set.")
    said = run_loop(_move(settings, target))
    typer.echo(said)
    typer.echo("Now start everything with these settings, and `seedbed audit --checksums` beside it:")
    if target.database_url != settings.database_url:
        typer.echo("  SEEDBED_DATABASE_URL " + ("as given" if target.database_url else "unset"))
    if target.blobs_url != settings.blobs_url:
        typer.echo("  SEEDBED_BLOBS_URL " + ("as given" if target.blobs_url else "unset"))
    typer.echo("What was copied is still where it was. Never run both: each would do the work that waits.")


async def _move(settings: Settings, target: Settings) -> str:
    from seedbed.blobs.store import open_blobs
    from seedbed.cli.database import connected
    from seedbed.cli.destination import check_unused, idle_database, ready_store
    from seedbed.store import audit

    files = rows = 0
    with idle_database(settings) as url:
        async with connected(url) as conn:
            await check_unused(conn, whose="The database")
            if target.blobs_url != settings.blobs_url:
                ours = open_blobs(settings.blobs_url, settings.blobs_folder, ca_bundle=settings.ca_bundle)
                theirs = await ready_store(target)
                async with audit.snapshot(conn):
                    named = [one async for one in audit.named_bytes(conn)]
                files = await _carry(ours, theirs, named)
            if target.database_url != settings.database_url:
                rows = await _pour(conn, target)
            await check_unused(conn, whose="The database")
    return f"Copied {rows} rows and {files} files; each file's SHA-256 is that of its row."


async def _carry(ours: Blobs, theirs: Blobs, named: list[NamedBytes]) -> int:
    """Copy the bytes. Raises NotReady at the first that are missing or altered."""
    from tempfile import TemporaryDirectory

    from seedbed.cli.carrying import fault_of, fetch, missing, put, unique
    from seedbed.core.errors import NotFound, NotReady

    with TemporaryDirectory(prefix="seedbed-move-") as folder:
        path = Path(folder) / "bytes"
        for one in unique(named):
            try:
                saved = await fetch(ours, one, path)
            except NotFound as exc:
                raise NotReady(f"{missing(one)} `seedbed audit` says what to do.") from exc
            if fault := fault_of(one, saved):
                raise NotReady(f"{fault} `seedbed audit --checksums` says what to do.")
            await put(theirs, saved, path)
    return len(unique(named))


async def _pour(source: Connection, target: Settings) -> int:
    """Copy all rows, in one snapshot that nobody may write beside, in one commit. Returns how many there were."""
    from seedbed.cli.database import connected
    from seedbed.cli.destination import check_empty, check_unused, idle_database
    from seedbed.store import dump
    from seedbed.store.migrate import migrate
    from seedbed.store.rebuild import rebuild

    rows = 0
    with idle_database(target) as url:
        async with connected(url) as conn:
            await check_unused(conn, whose="The new database")
            await check_empty(conn)
            rebuild(url, await dump.applied(source))
            async with dump.snapshot(source, is_exclusive=True) as columns, dump.loading(conn, list(columns)) as order:
                await check_empty(conn)
                for name in order:
                    rows += await dump.rows_in(conn, name, columns[name], dump.rows_out(source, name, columns[name]))
                await dump.set_counters(conn, await dump.counters(source))
            await dump.gather_statistics(conn)
        migrate(url)
    return rows
