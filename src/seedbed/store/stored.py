"""How much is stored, as it was when the store was last read as a whole: no request lists a bucket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from seedbed.store.database import Connection, many


@dataclass(frozen=True, slots=True)
class Stored:
    """`part` is `jobs` (results, previews) or `assets` (uploads, kept references)."""

    part: str
    files: int
    size_bytes: int
    counted_at: datetime


async def tell(conn: Connection, part: str, *, files: int, size_bytes: int, at: datetime | None = None) -> None:
    facts = {"part": part, "files": files, "size_bytes": size_bytes, "at": at}
    await conn.execute(_TELL, facts)


async def told(conn: Connection) -> list[Stored]:
    """Return what was counted: nothing before the first time."""
    return [Stored(**row) for row in await many(conn, "select * from stored order by part", {})]


_TELL = """
insert into stored (part, files, size_bytes, counted_at)
values (%(part)s, %(files)s, %(size_bytes)s, coalesce(%(at)s::timestamptz, clock_timestamp()))
on conflict (part) do update set files = excluded.files, size_bytes = excluded.size_bytes,
    counted_at = excluded.counted_at
"""
