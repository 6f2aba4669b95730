"""Finds what a killed process left half written in a store that is a folder.

The library writes `<key>#<number>` and renames it once it is whole. It hides such files from every listing, so nothing
else would ever find them. A bucket keeps no such files, but may keep the parts of an upload that never ended: let the
bucket's own rule for incomplete multipart uploads delete those.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_STAGED = re.compile(r".+#\d+")  # source: object_store, local.rs, staged_upload_path


def is_unfinished(key: str) -> bool:
    return _STAGED.fullmatch(key) is not None


def find(root: Path) -> Iterator[Path]:
    """Yield the files under `root` that were being written at some time. One that is written now is among them."""
    for folder, _, names in os.walk(root):
        yield from (Path(folder) / name for name in names if is_unfinished(name))


def remove(root: Path, file: Path) -> None:
    """Delete such a file, and the folders that it leaves empty. Idempotent. Raises ValueError for any other file."""
    if not is_unfinished(file.name) or root not in file.parents or ".." in file.parts:
        raise ValueError(f"{file} is no unfinished file under {root}.")
    file.unlink(missing_ok=True)
    with suppress(OSError):  # something else is in it, and stays
        for folder in file.parents:
            if folder == root:
                return
            folder.rmdir()
