"""How a backup is taken beside a service at work.

The rows are those of one moment, and their bytes are copied after it: what is stored never changes. If some of it was
erased meanwhile, its owner or its time has had it erased, and the rows are read again, of a later moment.
"""

from __future__ import annotations

import gzip
import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path

from seedbed.blobs.store import Blobs
from seedbed.cli.archive import Writer, digest_of_file
from seedbed.cli.carrying import fault_of, fetch, missing, unique
from seedbed.core.backup import FORM, Manifest, SavedBytes, SavedSequence, SavedTable, check_known
from seedbed.core.errors import NotFound, NotReady
from seedbed.core.inventory import NamedBytes
from seedbed.store import audit, dump
from seedbed.store.database import Connection, moment
from seedbed.store.migrate import migrations

_TRIES = 5  # for a moment whose bytes nobody erases while they are copied


@dataclass(frozen=True, slots=True)
class _Moment:
    at: datetime
    migrations: tuple[str, ...]
    tables: tuple[SavedTable, ...]
    counters: tuple[SavedSequence, ...]
    named: tuple[NamedBytes, ...]


class Taking:
    """One backup while it is taken. No key is copied twice, however often the rows are read."""

    def __init__(self, conn: Connection, blobs: Blobs, archive: Writer, folder: Path) -> None:
        self._conn = conn
        self._blobs = blobs
        self._archive = archive
        self._folder = folder
        self._saved: dict[str, SavedBytes] = {}

    async def take(self, login: bytes | None) -> Manifest:
        """Write the whole archive. Raises NotReady where no database of ours is, or bytes are erased all the time."""
        for _ in range(_TRIES):
            seen = await self._look()
            absent = [named for named in seen.named if not await self._has(named)]
            if not any([not await audit.is_named(self._conn, named.key) for named in absent]):
                return self._finished(seen, absent, login)
        raise NotReady("Results are erased faster than they can be copied; try again when fewer are.")

    async def _look(self) -> _Moment:
        """Read the rows of this moment into files of the folder."""
        applied = await dump.applied(self._conn)
        if not applied:
            raise NotReady("There is nothing to save: no service has used this database yet.")
        check_known(applied, [step.name for step in migrations()], whose="The database")
        at = await moment(self._conn, None)
        async with dump.snapshot(self._conn) as columns:
            tables = [await self._spool(name, columns[name]) for name in columns]
            named = unique([one async for one in audit.named_bytes(self._conn)])
        return _Moment(at, tuple(applied), tuple(tables), tuple(await dump.counters(self._conn)), tuple(named))

    async def _spool(self, table: str, columns: Sequence[str]) -> SavedTable:
        path = self._folder / table
        rows = 0
        with gzip.open(path, "wb", compresslevel=6) as file:
            async for chunk in dump.rows_out(self._conn, table, columns):
                rows += chunk.count(b"\n")  # one for each row: those in values are written as a backslash and an n
                file.write(chunk)
        return SavedTable(table, tuple(columns), rows, *digest_of_file(path))

    async def _has(self, named: NamedBytes) -> bool:
        """Copy the bytes unless they are in the archive. False: the store has none."""
        if named.key in self._saved:
            return True
        path = self._folder / "bytes"
        try:
            self._saved[named.key] = await fetch(self._blobs, named, path)
        except NotFound:
            return False
        self._archive.add_bytes(named.key, path)
        return True

    def _finished(self, seen: _Moment, absent: Sequence[NamedBytes], login: bytes | None) -> Manifest:
        for table in seen.tables:
            self._archive.add_table(table.name, self._folder / table.name)
        if login is not None:
            self._archive.add_login(login)
        there = [(named, self._saved[named.key]) for named in seen.named if named.key in self._saved]
        altered = [fault for named, saved in there if (fault := fault_of(named, saved))]
        manifest = Manifest(
            form=FORM,
            made_at=seen.at,
            version=metadata.version("seedbed"),
            server=self._conn.info.parameter_status("server_version") or "",
            migrations=seen.migrations,
            tables=seen.tables,
            sequences=seen.counters,
            files=tuple(saved for _, saved in there),
            faults=(*(missing(named) for named in absent), *altered),
            login_sha256=hashlib.sha256(login).hexdigest() if login is not None else None,
        )
        self._archive.finish(manifest)
        return manifest


@contextmanager
def working_folder(file: Path) -> Iterator[Path]:
    """Give a private folder beside the file, where there is room for what it will hold."""
    with tempfile.TemporaryDirectory(prefix=f".{file.name}.", dir=file.parent) as name:
        yield Path(name)
