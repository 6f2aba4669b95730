"""`seedbed doctor`: looks at what the service needs on this machine, and says what would mend the rest."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from seedbed.core.errors import NotReady, Unavailable

if TYPE_CHECKING:
    from seedbed.settings import Settings
    from seedbed.store.requirements import Server
    from seedbed.store.workers import Worker


CLOCK_APART_S = 60.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at and found. `remedy` is empty where all is well."""

    name: str
    says: str
    remedy: str = ""


Check = Callable[["Settings"], Finding]


def doctor() -> None:
    """Check this machine for everything the service needs. Exits with 1 if something is amiss."""
    from rich.table import Table

    from seedbed.cli.console import console
    from seedbed.settings import load_settings

    settings = load_settings()
    findings = [_found(check, settings) for check in CHECKS]
    table = Table("", "checked", "found", "what to do", box=None, pad_edge=False)
    for finding in findings:
        table.add_row("ok" if not finding.remedy else "!!", finding.name, finding.says, finding.remedy)
    out = console()
    out.soft_wrap = False
    out.print(table)
    if any(finding.remedy for finding in findings):
        raise typer.Exit(1)


def _found(check: Check, settings: Settings) -> Finding:
    try:
        return check(settings)
    except NotReady as fault:
        return Finding(check.__name__.removeprefix("_").replace("_", " "), "no", str(fault))


def _python(_: Settings) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    is_new_enough = sys.version_info >= (3, 11)
    return Finding("python", version, "" if is_new_enough else "install Python 3.11 or later")


def _home(settings: Settings) -> Finding:
    with _writable(settings.home):
        return Finding("home folder", str(settings.home))


def _address(settings: Settings) -> Finding:
    from seedbed.cli.home import load_running
    from seedbed.cli.listening import listen
    from seedbed.fleet.local import is_running

    where = f"{settings.host}:{settings.port}"
    running = load_running(settings.home)
    if running and is_running(running.pid):
        return Finding("address", f"{where}, where `seedbed serve` runs (pid {running.pid})")
    listen(settings.host, settings.port).close()
    return Finding("address", f"{where} is free")


def _database(settings: Settings) -> Finding:
    """Look at the database of the settings; where there is none yet, start one in a folder that is thrown away."""
    from seedbed.cli.database import database_url, migrated
    from seedbed.store import embedded
    from seedbed.store.migrate import standing

    if settings.database_url or settings.database_folder.exists():
        with database_url(settings) as url:
            listen_url = settings.listen_url if settings.database_url else None
            migrated(url, may_change=False, listen_url=listen_url)
            return _reached(standing(url).server)
    folder = Path(tempfile.gettempdir()) / f"seedbed-doctor-{os.getpid()}"
    try:
        with embedded.start(folder) as server:
            return Finding("database", f"embedded PostgreSQL {server.version} starts; `seedbed serve` makes one")
    finally:
        embedded.erase(folder)


def _reached(server: Server) -> Finding:
    """Say where the database is. What happens in it goes by its own clock; certificates and signatures go by ours."""
    way = "through a pooler, " if server.is_pooled else ""
    says = f"PostgreSQL {server.version}, {way}{server.database} as {server.role}; its schema is this version's"
    if abs(server.clock_ahead_s) <= CLOCK_APART_S:
        return Finding("database", says)
    apart = f"its clock is {abs(server.clock_ahead_s):.0f} s {'ahead' if server.clock_ahead_s > 0 else 'behind'}"
    return Finding("database", f"{says}; {apart}", "set both machines' clocks by NTP: certificates and S3 go by them")


def _workers(settings: Settings) -> Finding:
    """Look at the workers of a service that runs. None is no fault: `serve` brings its own."""
    from seedbed.store.workers import WorkerState

    known = _known_workers(settings)
    bad = [worker for worker in known if worker.reason or worker.state is not WorkerState.READY]
    if not bad:
        return Finding("workers", f"{len(known)} at work" if known else "none yet; `seedbed serve` starts one")
    says = "; ".join(f"{w.id} is {w.state} since {w.state_since:%Y-%m-%d %H:%M:%S %Z}: {w.reason}" for w in bad)
    return Finding("workers", says, "mend that machine or stop its worker; it tests itself again and again")


def _known_workers(settings: Settings) -> list[Worker]:
    from seedbed.cli.database import connected, migrated
    from seedbed.cli.home import load_running
    from seedbed.fleet.interrupts import run_loop
    from seedbed.fleet.local import is_running
    from seedbed.store.workers import alive

    async def known(url: str) -> list[Worker]:
        async with connected(url) as conn:
            return await alive(conn)

    running = load_running(settings.home)
    url = settings.database_url or (running.database_url if running and is_running(running.pid) else None)
    if url is None:
        return []
    migrated(url, may_change=False)
    try:
        return run_loop(known(url))
    except Unavailable as exc:
        raise NotReady(str(exc)) from exc


def _encoders(_: Settings) -> Finding:
    from av.codec import codecs_available

    missing = [name for name in ("libx264", "aac") if name not in codecs_available]
    remedy = "install PyAV from its wheel: pip install --force-reinstall --only-binary av av" if missing else ""
    return Finding("encoders", f"no {', '.join(missing)}" if missing else "libx264 and AAC", remedy)


def _fences(_: Settings) -> Finding:
    """Say what holds the process that opens strangers' files. Where the kernel has no fence, limits alone hold it."""
    from seedbed.media.sandbox import standing_fences

    means = {"calls": "no network, processes or writing (seccomp)", "files": "no file but its own (Landlock)"}
    standing = [means[name] for name, stands in standing_fences().items() if stands]
    return Finding("media fences", "; ".join(standing) or "limits of memory, time and files alone on this system")


def _engine_files(_: Settings) -> Finding:
    import seedbed

    folder = Path(seedbed.__file__).parent / "engines" / "animatic"
    missing = [name for name in ("weights/u2netp.onnx", "fonts/caption.otf") if not (folder / name).is_file()]
    remedy = "install seedbed again; its package is not whole" if missing else ""
    return Finding("engine files", f"no {', '.join(missing)}" if missing else "subject mask and caption font", remedy)


def _sample_photographs(_: Settings) -> Finding:
    import seedbed
    from seedbed.core.samples import SAMPLE_PHOTOS

    folder = Path(seedbed.__file__).parent / "samples"
    missing = [name for name in SAMPLE_PHOTOS if not (folder / name).is_file()]
    remedy = "install seedbed again; its package is not whole" if missing else ""
    return Finding("photographs", f"no {', '.join(missing)}" if missing else f"{len(SAMPLE_PHOTOS)} of them", remedy)


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    """Try to write there, or where it would be made. Raises NotReady."""
    nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest):
            yield
    except OSError as exc:
        raise NotReady(f"make {nearest} writable, or name another folder in SEEDBED_HOME ({exc.strerror})") from exc


CHECKS: tuple[Check, ...] = (
    _python,
    _home,
    _address,
    _database,
    _workers,
    _encoders,
    _fences,
    _engine_files,
    _sample_photographs,
)
