"""What a backup holds, as values: the rows of one moment, the bytes that they name, and what proves both.

A backup is read by this version and by later ones: it says which migrations its rows have seen, so that whoever
restores it makes the schema of that moment first and brings it forward afterwards.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from seedbed.core.errors import NotReady

FORM = 1  # grows when an earlier version could not read it any more


@dataclass(frozen=True, slots=True)
class SavedTable:
    """The rows of one table, as PostgreSQL's COPY writes them, in the order of `columns`."""

    name: str
    columns: tuple[str, ...]
    rows: int
    size_bytes: int  # as they lie in the backup, compressed
    sha256: str  # of these


@dataclass(frozen=True, slots=True)
class SavedSequence:
    """The counter behind a column: the next number is `last` itself, or the one after it if that `was_given`."""

    table: str
    column: str
    last: int
    was_given: bool


@dataclass(frozen=True, slots=True)
class SavedBytes:
    """A result or an upload, by its key in the store."""

    key: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`faults` are sentences about bytes that were missing or altered when the backup was made."""

    form: int
    made_at: datetime
    version: str  # of Seedbed
    server: str  # of PostgreSQL
    migrations: tuple[str, ...]
    tables: tuple[SavedTable, ...]
    sequences: tuple[SavedSequence, ...]
    files: tuple[SavedBytes, ...]
    faults: tuple[str, ...]
    login_sha256: str | None  # of the developer's login, where the embedded service was saved

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)

    @property
    def file_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)


def check_readable(form: int, version: str) -> None:
    """Raises NotReady for a backup of a form that only a later version knows."""
    if form > FORM:
        raise NotReady(f"The backup was made by Seedbed {version}, in a form that this version cannot read.")


def check_known(migrations: Collection[str], known: Collection[str], *, whose: str) -> None:
    """Raises NotReady if rows have seen a migration that this version does not have: nothing goes back."""
    if later := sorted(set(migrations) - set(known)):
        raise NotReady(
            f"{whose} has the schema of a later Seedbed (migration {later[0]}). Install that version or a later one, "
            "then run the command again."
        )
