"""Carries bytes between a store and a file, and says what is wrong with them on the way."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from seedbed.blobs.store import Blobs
from seedbed.cli.archive import digest_of_file
from seedbed.core.backup import SavedBytes
from seedbed.core.errors import Misuse, NotReady
from seedbed.core.inventory import NamedBytes
from seedbed.core.result_files import saved_as


async def fetch(blobs: Blobs, named: NamedBytes, path: Path) -> SavedBytes:
    """Write the bytes to the file. Raises NotFound."""
    await blobs.copy_to(named.key, path)
    return SavedBytes(named.key, *digest_of_file(path))


def fault_of(named: NamedBytes, saved: SavedBytes) -> str | None:
    """Return a sentence if the bytes are not those that their row names."""
    if named.sha256 in (None, saved.sha256):
        return None
    return f"The bytes of {named.subject} under {named.key} are not those that were stored; they are kept as they are."


def missing(named: NamedBytes) -> str:
    return f"The bytes of {named.subject} under {named.key} are not there."


async def put(blobs: Blobs, saved: SavedBytes, path: Path) -> bool:
    """Store the bytes, and return whether they were not there yet. Raises NotReady if others are."""
    try:
        await blobs.put_file(saved.key, path, name=saved_as(saved.key))
    except Misuse as exc:
        await blobs.copy_to(saved.key, path)
        if digest_of_file(path) != (saved.size_bytes, saved.sha256):
            raise NotReady(
                f"The store holds other bytes under {saved.key} already, and what is stored is never changed. "
                "Give an empty folder or bucket."
            ) from exc
        return False
    return True


def unique(named: Iterable[NamedBytes]) -> list[NamedBytes]:
    """Return each key once, in the order of the keys."""
    return [one for _, one in sorted({one.key: one for one in named}.items())]
