"""How commands reach the database: the operator's own, the running service's, or the embedded one for a moment."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from seedbed.cli.home import load_running, make_home
from seedbed.core.errors import NotReady
from seedbed.fleet.local import is_running
from seedbed.settings import Settings

if TYPE_CHECKING:
    from seedbed.store.database import Connection

T = TypeVar("T")


@contextlib.contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """Give the URL of a reachable database. The embedded one is started for the block if no service runs it."""
    from seedbed.store import embedded

    if settings.database_url is not None:
        yield settings.database_url
        return
    running = load_running(settings.home)
    if running and is_running(running.pid):
        yield running.database_url
        return
    make_home(settings.home)
    with embedded.start(settings.database_folder) as server:
        yield server.url


@contextlib.contextmanager
def ready_database_url(settings: Settings) -> Iterator[str]:
    """Give the URL of a database whose schema is ours, as `serve` would. Raises NotReady if another one is behind."""
    with database_url(settings) as url:
        migrated(url, may_change=settings.is_embedded, listen_url=settings.listen_url)
        yield url


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    from seedbed.store import database

    async with database.connected(url, name="cli") as conn:
        yield conn


async def on_database(act: Callable[[Connection], Awaitable[T]]) -> T:
    """Do something on the operator's database, ready as `serve` would have it."""
    from seedbed.settings import load_settings

    with ready_database_url(load_settings()) as url:
        async with connected(url) as conn:
            return await act(conn)


def migrated(url: str, *, may_change: bool, listen_url: str | None = None) -> list[str]:
    """Bring the database forward, or only look whether it is ready for us. Returns what was applied.

    Raises NotReady if it is behind, refuses us a right, or lies behind a pooler without a way around it.
    """
    from seedbed.store.migrate import check_service, migrate, pending

    if may_change:
        return migrate(url)
    if missing := pending(url):
        raise NotReady(
            f"The database lacks {len(missing)} migration(s), from {missing[0]} on. Run `seedbed migrate` with the "
            "same SEEDBED_DATABASE_URL, then start again."
        )
    check_service(url, listen_url=listen_url)
    return []
