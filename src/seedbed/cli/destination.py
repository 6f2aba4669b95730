"""Where `restore` and `move` bring a service: a database and a store that are empty, and not in use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from seedbed.cli.home import load_running, make_home
from seedbed.core.errors import NotReady
from seedbed.fleet.local import is_running
from seedbed.settings import Settings
from seedbed.store import dump, embedded
from seedbed.store.database import Connection

if TYPE_CHECKING:
    from seedbed.blobs.store import Blobs

EMBEDDED = "embedded"
FOLDER = "folder"


def chosen(settings: Settings, *, database: str | None, blobs: str | None) -> Settings:
    """Return the settings of the destination. `embedded` and `folder` are those of the home folder; None: as set."""
    database_url = {None: settings.database_url, EMBEDDED: None}.get(database, database)
    blobs_url = {None: settings.blobs_url, FOLDER: None}.get(blobs, blobs)
    return replace(settings, database_url=database_url, blobs_url=blobs_url)


@contextmanager
def idle_database(settings: Settings) -> Iterator[str]:
    """Give the URL of the database while no service of this home runs. The embedded one is started for the block."""
    check_stopped(settings)
    if settings.database_url is not None:
        yield settings.database_url
        return
    make_home(settings.home)
    with embedded.start(settings.database_folder) as server:
        yield server.url


def check_stopped(settings: Settings) -> None:
    """Raise NotReady while the service of this home folder runs."""
    running = load_running(settings.home)
    if settings.is_embedded and running and is_running(running.pid):
        raise NotReady(f"`seedbed serve` runs (pid {running.pid}) and uses {settings.home}; stop it first.")


async def ready_store(settings: Settings) -> Blobs:
    """Return the store once it was tried: a wrong one is told before anything is copied. Raises NotReady."""
    from seedbed.blobs.probe import probe
    from seedbed.blobs.store import open_blobs

    blobs = open_blobs(settings.blobs_url, settings.blobs_folder, ca_bundle=settings.ca_bundle)
    await probe(blobs)
    return blobs


async def check_unused(conn: Connection, *, whose: str) -> None:
    """Raise NotReady while a service is connected to that database."""
    if users := await dump.users(conn):
        raise NotReady(f"{whose} is in use by {', '.join(users)}. Stop every `seedbed serve` and `seedbed work` first.")


async def check_empty(conn: Connection) -> None:
    """Raise NotReady if any of our tables has rows: nothing is ever replaced or mixed."""
    if await dump.encoding(conn) != "UTF8":
        raise NotReady("The database must be in UTF8: `create database seedbed encoding 'UTF8' template template0`.")
    if filled := await dump.filled(conn):
        raise NotReady(
            f"The database has rows already ({', '.join(filled[:3])}{', ...' if filled[3:] else ''}). Give an empty "
            "one; for the embedded one move its folder `postgres` away, or name another SEEDBED_HOME."
        )
