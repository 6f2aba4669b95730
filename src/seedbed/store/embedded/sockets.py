"""Where the server listens: a socket in a private folder, whose path the system limits to about 100 bytes."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import tempfile
from pathlib import Path

from seedbed.core.errors import NotReady
from seedbed.store.embedded import service_user
from seedbed.store.embedded.place import Place

PORT = 5432  # part of the socket's file name; nothing listens there over TCP
_LIMIT_BYTES = 100  # 104 on macOS and the BSDs, 108 on Linux, both with the closing NUL
_PLAIN = re.compile(r"[\w/.+~-]+", re.ASCII)  # PostgreSQL and libpq both split their lists of folders at commas


def folder(place: Place) -> Path:
    """Return an empty folder (mode 0700) of the server's user, beside the data if that is short enough."""
    chosen = place.base / "socket"
    if not _fits(chosen):
        chosen = _short(place)
    _make_private(chosen, place)
    _empty(chosen)
    return chosen


def remove(folder: Path) -> None:
    """Delete the socket, and its folder if nothing else is in it."""
    _empty(folder)
    with contextlib.suppress(OSError):
        folder.rmdir()


def settings(folder: Path | None, port: int | None) -> dict[str, str]:
    """Return the server's settings for a socket folder (None: no socket) and a TCP port (None: no TCP)."""
    return {
        "unix_socket_directories": str(folder or ""),
        "unix_socket_permissions": "0700",
        "listen_addresses": "127.0.0.1" if port else "",
        "port": str(port or PORT),
    }


def _fits(folder: Path) -> bool:
    return bool(_PLAIN.fullmatch(str(folder))) and len(os.fsencode(folder / ".s.PGSQL.65535")) <= _LIMIT_BYTES


def _short(place: Place) -> Path:
    digest = hashlib.sha256(os.fsencode(place.base)).hexdigest()[:16]
    for parent in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 the folder made there is private and checked
        candidate = parent / f"seedbed-{digest}"
        if _fits(candidate) and service_user.can_enter(parent, place.user):
            return candidate
    raise NotReady(f"No folder has a path short enough for the socket of {place.base}. Choose a shorter data folder.")


def _make_private(path: Path, place: Place) -> None:
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
        service_user.give(path, place.user)
    status = path.lstat()
    owner = place.user.uid if place.user else os.geteuid()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != owner or status.st_mode & 0o077:
        raise NotReady(f"{path} must be a folder that only the server's user can enter, but it is not. Delete it.")


def _empty(path: Path) -> None:
    """Delete what a killed server left: its lock names a pid that may be somebody else's by now."""
    for name in path.glob(".s.PGSQL.*"):
        name.unlink(missing_ok=True)
