"""Who the server runs as: whoever we are, except that PostgreSQL refuses to be root.

As root it runs as the owner of the data that is there already, else as `postgres` or `nobody`. No user is ever made,
and no mode or owner of a folder that is not the server's own is changed: what its user cannot reach is put elsewhere.
"""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

_PREFERRED = ("postgres", "nobody")
_NOBODY_ID = 65534  # what Linux calls nobody where there is no list of users, as in the smallest containers


@dataclass(frozen=True, slots=True)
class ServiceUser:
    """An ordinary user that root lends to the server."""

    name: str
    uid: int
    gid: int


def choose(cluster: Path) -> ServiceUser | None:
    """Return the user to drop to, or None where we are no root and nothing is dropped."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    if cluster.is_dir() and cluster.stat().st_uid != 0:
        owner = cluster.stat()
        return ServiceUser(name=str(owner.st_uid), uid=owner.st_uid, gid=owner.st_gid)
    import pwd  # Windows has no such module

    for name in _PREFERRED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServiceUser(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    return ServiceUser(name="nobody", uid=_NOBODY_ID, gid=_NOBODY_ID)


def can_enter(folder: Path, user: ServiceUser | None) -> bool:
    """Return whether the user may pass through every folder down to and including this one.

    Only mode bits are read. An access list that allows more goes unseen, and costs no more than a copy.
    """
    resolved = folder.resolve()
    return user is None or all(_may(stat.S_IXOTH, each, user) for each in (resolved, *resolved.parents))


def can_run(program: Path, user: ServiceUser | None) -> bool:
    """Return whether the user may reach, read and execute the file."""
    return user is None or (can_enter(program.parent, user) and _may(stat.S_IROTH | stat.S_IXOTH, program, user))


def give(path: Path, user: ServiceUser | None) -> None:
    """Make a file or folder that we have just created the server's own."""
    if user is not None and sys.platform != "win32":
        os.chown(path, user.uid, user.gid, follow_symlinks=False)


def _may(bits_of_others: int, path: Path, user: ServiceUser) -> bool:
    status = path.stat()
    shift = 6 if status.st_uid == user.uid else 3 if status.st_gid == user.gid else 0
    return (status.st_mode >> shift) & bits_of_others == bits_of_others
