"""`seedbed restore`: a service as it was when a backup was made, in a database and a store that are empty."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from seedbed.blobs.store import Blobs
    from seedbed.cli.archive import Reader
    from seedbed.core.backup import SavedTable
    from seedbed.settings import Settings
    from seedbed.store.database import Connection


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `seedbed backup` wrote.")],
    database: Annotated[
        str | None,
        typer.Option(metavar="URL", help="An empty PostgreSQL, or `embedded`; default as SEEDBED_DATABASE_URL says."),
    ] = None,
    blobs: Annotated[
        str | None,
        typer.Option(metavar="URL", help="A store, or `folder`; default as SEEDBED_BLOBS_URL says."),
    ] = None,
) -> None:
    """Bring a backup back, into an empty database, and bring its schema to this version. The service must be stopped.

    The backup is read and checked to its end first. Rows are written in one commit after all bytes are there, so that
    a restore that was stopped is simply run again.
    """
    from seedbed.cli.archive import reading
    from seedbed.cli.backup import told
    from seedbed.cli.destination import chosen
    from seedbed.fleet.interrupts import run_loop
    from seedbed.settings import load_settings

    with reading(file) as archive:
        archive.verify()
        run_loop(_restore(chosen(load_settings(), database=database, blobs=blobs), archive))
        typer.echo(f"Restored {told(archive.manifest)}.")
        typer.echo("`seedbed audit --checksums` looks whether all is sound. Never run the old service beside this one.")
        for fault in archive.manifest.faults:
            typer.echo(f"amiss since the backup: {fault}", err=True)


async def _restore(settings: Settings, archive: Reader) -> None:
    from seedbed.cli.database import connected
    from seedbed.cli.destination import check_empty, check_unused, idle_database, ready_store
    from seedbed.store.migrate import migrate
    from seedbed.store.rebuild import rebuild

    with idle_database(settings) as url:
        async with connected(url) as conn:
            await check_unused(conn, whose="The database")
            await check_empty(conn)
            blobs = await ready_store(settings)
            rebuild(url, archive.manifest.migrations)
            await _put_bytes(blobs, archive)
            await _load(conn, archive)
        migrate(url)
    if settings.is_embedded:
        _keep_login(settings, archive)


async def _put_bytes(blobs: Blobs, archive: Reader) -> None:
    from tempfile import TemporaryDirectory

    from seedbed.cli.carrying import put

    with TemporaryDirectory(prefix="seedbed-restore-") as folder:
        path = Path(folder) / "bytes"
        for saved in archive.manifest.files:
            archive.copy_to(saved, path)
            await put(blobs, saved, path)


async def _load(conn: Connection, archive: Reader) -> None:
    from seedbed.cli.destination import check_empty
    from seedbed.store import dump

    tables = {table.name: table for table in archive.manifest.tables}
    async with dump.loading(conn, list(tables)) as order:
        await check_empty(conn)
        for name in order:
            await dump.rows_in(conn, name, tables[name].columns, _rows(archive, tables[name]))
        await dump.set_counters(conn, archive.manifest.sequences)
    await dump.gather_statistics(conn)


async def _rows(archive: Reader, table: SavedTable) -> AsyncIterator[bytes]:
    for chunk in archive.rows(table):
        yield chunk


def _keep_login(settings: Settings, archive: Reader) -> None:
    """Write the developer's login where the home folder has none: its key is among those that came back."""
    from seedbed.cli.home import login_file

    login, path = archive.login(), login_file(settings.home)
    if login is not None and not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(login)
