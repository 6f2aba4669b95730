"""`seedbed backup`: everything that a service keeps, in one file, also while it is at work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from seedbed.core.backup import Manifest
    from seedbed.settings import Settings


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write, or with --verify to read.")],
    verify: Annotated[
        bool, typer.Option("--verify", help="Read a backup to its end and compare it with its manifest.")
    ] = False,
) -> None:
    """Save the database and all results and uploads to one file, beside the running service if there is one.

    The file holds secrets (webhooks, keys, prompts) and can be read by you alone. Exits with 1 if bytes are missing or
    altered; what there is, is saved. `seedbed restore` reads it.
    """
    from seedbed.cli.archive import reading
    from seedbed.fleet.interrupts import run_loop
    from seedbed.settings import load_settings

    if verify:
        with reading(file) as archive:
            archive.verify()
            typer.echo(f"{file} is whole: {told(archive.manifest)}.")
        return
    manifest = run_loop(_back_up(load_settings(), file))
    typer.echo(f"Saved to {file}: {told(manifest)}.")
    typer.echo("It holds secrets (webhooks, keys, prompts), and only you can read it. Keep it as safe as the database.")
    for fault in manifest.faults:
        typer.echo(f"amiss: {fault}", err=True)
    if manifest.faults:
        raise typer.Exit(1)


def told(manifest: Manifest) -> str:
    return (
        f"{manifest.rows} rows in {len(manifest.tables)} tables and {len(manifest.files)} files "
        f"({manifest.file_bytes / 1e6:.1f} MB) of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC, "
        f"by Seedbed {manifest.version} on PostgreSQL {manifest.server}"
    )


async def _back_up(settings: Settings, file: Path) -> Manifest:
    from seedbed.blobs.store import open_blobs
    from seedbed.cli.archive import writing
    from seedbed.cli.backup_taking import Taking, working_folder
    from seedbed.cli.database import connected, database_url
    from seedbed.cli.home import login_file
    from seedbed.core.errors import NotReady

    if settings.is_embedded and not settings.database_folder.exists():
        raise NotReady(f"There is nothing to save in {settings.home}: no service has run there.")
    login = login_file(settings.home) if settings.is_embedded else None
    with writing(file) as archive, working_folder(file) as folder, database_url(settings) as url:
        blobs = open_blobs(settings.blobs_url, settings.blobs_folder, ca_bundle=settings.ca_bundle)
        async with connected(url) as conn:
            taking = Taking(conn, blobs, archive, folder)
            return await taking.take(login.read_bytes() if login and login.exists() else None)
