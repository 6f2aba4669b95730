"""The whole service in one place: database, API, worker, in the order in which they need each other.

What starts later stops earlier. Everything started here is tied to this process and dies with it, however it dies.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from seedbed.cli.database import connected, migrated
from seedbed.cli.developer import ensure_login
from seedbed.cli.home import Login, RunningService, forget_running, make_home, save_running
from seedbed.configuration import load_deployment
from seedbed.core.deployment import Deployment
from seedbed.core.errors import NotReady
from seedbed.core.reloading import changes, left_as_they_are
from seedbed.fleet.local import LocalWorkers, child_environment
from seedbed.settings import ResultUrls, Settings

if TYPE_CHECKING:
    from seedbed.api.app import Api
    from seedbed.blobs.store import Blobs
    from seedbed.cli.listening import HttpServer

log = structlog.get_logger()

_READY_S = 120.0
MAX_PRESIGNED_S = 7 * 86_400


@dataclass(slots=True)
class Running:
    """The service as it runs: `settings` hold the port and the database that are really used."""

    settings: Settings
    login: Login | None  # the developer's; None beside a database of the operator's own
    api: Api
    started: Deployment  # what its workers began with
    deployment: Deployment  # what the API offers now
    http: HttpServer
    workers: LocalWorkers
    socket_path: Path | None  # where it listens instead of at its port
    hurried: asyncio.Event  # set to stop at once

    def force(self) -> None:
        """Hurry an orderly end that takes too long."""
        self.hurried.set()
        self.http.force()
        self.workers.kill()

    def reload(self) -> None:
        """Read the configuration anew and offer it to all requests from now on. A wrong one changes nothing.

        Jobs in hand keep their route and price; workers and their engines are left alone.
        """
        try:
            after = load_deployment(self.settings)
            self.api.offer(after)
        except NotReady as fault:
            log.error("deployment.refused", reason=str(fault))  # noqa: TRY400 - a sentence for people, not a crash
            return
        log.info("deployment.reloaded", changes=changes(self.deployment, after) or "none")
        for sentence in left_as_they_are(self.started, after):
            log.warning("deployment.not_everywhere", reason=sentence)
        self.deployment = after

    async def ready(self) -> None:
        """Return once a worker is there whose engine is loaded. Raises NotReady if none comes."""
        from seedbed.store.workers import alive

        assert self.settings.database_url is not None  # a running service has one
        async with connected(self.settings.database_url) as conn:
            with _told("No worker became ready; its lines above say why."):
                async with asyncio.timeout(_READY_S):
                    while not await alive(conn, _READY_S):  # noqa: ASYNC110 - what is awaited happens elsewhere
                        await asyncio.sleep(0.05)

    async def broken(self) -> None:
        """Return when the service can no longer answer."""
        if self.http.ended:
            await self.http.ended


@contextlib.asynccontextmanager
async def running_service(
    settings: Settings, *, workers: int, socket_path: Path | None = None
) -> AsyncIterator[Running]:
    """Run it until the end of the block. Call it in the main thread: the kernel ties children to the forking thread.

    With a `socket_path` it listens there and not at its port, which then only stands in URLs.
    Raises NotReady, with the setting or the command that helps.
    """
    from seedbed.api.app import create_app
    from seedbed.cli.listening import HttpServer, client_host, listen, listen_locally
    from seedbed.store.database import connect_pool

    make_home(settings.home)
    deployment = load_deployment(settings)
    with listen_locally(socket_path) if socket_path else listen(settings.host, settings.port) as listening:
        port = settings.port if socket_path else listening.getsockname()[1]
        with _database(settings) as url:
            actual = replace(
                settings,
                home=settings.home.resolve(),
                port=port,
                database_url=url,
                listen_url=settings.listen_url if settings.database_url else None,
                samples=settings.rules.has_samples,
                public_url=settings.public_url or f"http://{client_host(settings.host)}:{port}",
            )
            login = await _login(settings, url, port=port) if settings.is_embedded else None
            blobs = await _blobs(actual)
            local = LocalWorkers(
                _engines_beside(deployment, workers=workers), environ=child_environment(_handed_down(actual))
            )
            most = settings.database_connections
            async with connect_pool(url, min_size=1, max_size=most, name="api", listen_url=actual.listen_url) as pool:
                stopping, hurried = asyncio.Event(), asyncio.Event()
                app = create_app(pool=pool, blobs=blobs, settings=actual, deployment=deployment, stopping=stopping)
                http = HttpServer(app, listening)
                async with http.running(), local.running():
                    try:
                        yield Running(actual, login, app, deployment, deployment, http, local, socket_path, hurried)
                    finally:
                        stopping.set()
                        await _pause(hurried, actual.drain_s)


async def _blobs(settings: Settings) -> Blobs:
    """Open the store and try it. Raises NotReady."""
    from seedbed.blobs.probe import probe
    from seedbed.blobs.store import open_blobs

    presigns = settings.result_urls is ResultUrls.PRESIGN
    if presigns and not 1 <= settings.result_url_lifetime_s <= MAX_PRESIGNED_S:
        raise NotReady(f"SEEDBED_RESULT_URL_LIFETIME_S is from 1 to {MAX_PRESIGNED_S} s; no store signs for longer.")
    blobs = open_blobs(
        settings.blobs_url,
        settings.blobs_folder,
        public_endpoint=settings.blobs_public_endpoint,
        ca_bundle=settings.ca_bundle,
    )
    await probe(blobs, needs_presigning=presigns)
    return blobs


async def _pause(hurried: asyncio.Event, drain_s: float) -> None:
    """Go on answering, so that a balancer can see that this process is no longer ready before it is gone."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(drain_s):
            await hurried.wait()


@contextlib.contextmanager
def _told(sentence: str) -> Iterator[None]:
    try:
        yield
    except TimeoutError as exc:
        raise NotReady(sentence) from exc


@contextlib.contextmanager
def _database(settings: Settings) -> Iterator[str]:
    """Give the URL of a database whose schema is ours. The embedded one is migrated here, another one never."""
    from seedbed.store import embedded

    if settings.database_url is not None:
        migrated(settings.database_url, may_change=False, listen_url=settings.listen_url)
        yield settings.database_url
        return
    with embedded.start(settings.database_folder) as server:
        migrated(server.url, may_change=True)
        save_running(settings.home, RunningService(os.getpid(), server.url))
        try:
            yield server.url
        finally:
            forget_running(settings.home)


def _engines_beside(deployment: Deployment, *, workers: int) -> list[str]:
    """Return the engine of each worker that runs beside the API: so many with the embedded one, one with each other."""
    others = [name for name, spec in deployment.engines.items() if spec.is_local and name != deployment.embedded]
    return [deployment.embedded] * workers + (others if workers else [])


async def _login(settings: Settings, url: str, *, port: int) -> Login:
    from seedbed.cli.listening import client_host

    base_url = f"http://{client_host(settings.host)}:{port}"
    async with connected(url) as conn:
        return await ensure_login(conn, settings.home, base_url=base_url)


def _handed_down(settings: Settings) -> dict[str, str]:
    """Return the settings that a worker of this service cannot find out by itself."""
    if settings.database_url is None or settings.public_url is None:
        raise NotReady("A worker needs the database and the public URL of its service.")
    return {
        "SEEDBED_HOME": str(settings.home),
        "SEEDBED_DATABASE_URL": settings.database_url,
        "SEEDBED_LISTEN_URL": settings.listen_url or "",
        "SEEDBED_PUBLIC_URL": settings.public_url,
        "SEEDBED_SAMPLES": "yes" if settings.samples else "no",
        "SEEDBED_LOG_LEVEL": settings.log_level,
        "SEEDBED_ENGINE": settings.engine,
        "SEEDBED_OPEN_NETWORKS": ",".join(map(str, settings.open_networks)),
        **({"SEEDBED_CONFIG_FILE": str(settings.config_file.resolve())} if settings.config_file else {}),
    }
