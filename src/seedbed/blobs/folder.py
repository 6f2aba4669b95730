"""What is different where the store is a folder on this machine: links, the disk's cache, and half-written files.

A bucket has none of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from obstore.store import LocalStore, ObjectStore

from seedbed.blobs import unfinished


def folder_of(store: ObjectStore) -> Path | None:
    """Return where the store is a folder: which."""
    if isinstance(store, LocalStore) and store.prefix is not None:
        return Path(store.prefix)
    return None


def is_behind_a_link(folder: Path, key: str) -> bool:
    real = Path(os.path.realpath(folder))
    return Path(os.path.realpath(real / key)) != real / key


def sync_file(path: Path) -> None:
    """Put a file's bytes on the disk: a commit that names them must not outlive them in a power cut."""
    for place in (path, path.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def unfinished_in(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the key and the facts of every half-written file."""
    for path in unfinished.find(folder):
        with suppress(FileNotFoundError):  # it has been finished meanwhile
            yield str(path.relative_to(folder)), path.stat()
