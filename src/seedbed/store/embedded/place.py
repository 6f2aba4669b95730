"""Where everything of one embedded server lies.

`data_dir` is the folder that the operator named; it always holds the lock, the log and the passwords. `base` holds the
cluster, and is `data_dir` itself, except that root may name a folder which the server's user cannot enter (a checkout
under /root): then `base` is a folder of our own that it can, and `location.txt` in `data_dir` says where.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from seedbed.core.errors import NotReady
from seedbed.store.embedded import postmaster, service_user
from seedbed.store.embedded.faults import named_faults
from seedbed.store.embedded.lock import locked
from seedbed.store.embedded.service_user import ServiceUser

_FILES = ("lock", "postgres.log", "passwords.json", "location.txt", "owner.txt", "initdb.partial")
_FOLDERS = ("cluster", "cluster-*.partial", "socket", "postgresql.partial", "postgresql-*")
_ELSEWHERE = (Path("/var/lib"), Path("/srv"))


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of one server. `user` is whom root lends to it; None where nobody is root."""

    data_dir: Path
    base: Path
    user: ServiceUser | None

    @property
    def cluster(self) -> Path:
        return self.base / "cluster"

    @property
    def log(self) -> Path:
        return self.data_dir / "postgres.log"

    @property
    def passwords(self) -> Path:
        return self.data_dir / "passwords.json"


def make(data_dir: Path) -> None:
    """Make the folder if it is not there. One that is there keeps its mode, whatever that is."""
    if "\n" in str(data_dir):
        raise NotReady("The data folder's name holds a line break, which PostgreSQL's own files cannot take.")
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    if not data_dir.is_dir():
        data_dir.mkdir(mode=0o700)
        if service_user.choose(data_dir / "cluster"):
            data_dir.chmod(0o711)  # the server's user passes through, and sees no names


def find(data_dir: Path) -> Place:
    """Return where the data is, or where it is to be made. Raises NotReady if it was there and is gone."""
    base = _pointed_at(data_dir) or data_dir
    user = service_user.choose(base / "cluster")
    if base is data_dir and not (base / "cluster").exists() and not service_user.can_enter(data_dir, user):
        base = _make_elsewhere(data_dir, user)
    return Place(data_dir, base, user)


def erase(data_dir: Path) -> None:
    """Delete the server's files, also those elsewhere, and then the folder if nothing else is in it. Idempotent.

    Raises NotReady while a server uses it.
    """
    if not data_dir.exists():
        return
    with named_faults(data_dir):
        data_dir = data_dir.resolve()
        with locked(data_dir):
            base = _pointed_at(data_dir) or data_dir
            postmaster.take_over(base / "cluster")
            shutil.rmtree(base / "cluster", ignore_errors=True)
        for folder in {base, data_dir}:
            _remove_ours(folder)


def _pointed_at(data_dir: Path) -> Path | None:
    pointer = data_dir / "location.txt"
    if not pointer.exists():
        return None
    base = Path(pointer.read_text(encoding="utf-8").strip())
    # Root follows the pointer, so it must be the one that the folder itself confirms.
    owner = base / "owner.txt"
    if not owner.is_file() or base.stat().st_uid != pointer.stat().st_uid:
        raise NotReady(
            f"The data of {data_dir} was in {base}, now gone. Restore it, or delete {pointer} to begin anew."
        )
    return base


def _make_elsewhere(data_dir: Path, user: ServiceUser | None) -> Path:
    for parent in _ELSEWHERE:
        if not (parent.is_dir() and service_user.can_enter(parent, user)):
            continue
        try:
            base = Path(tempfile.mkdtemp(prefix="seedbed-", dir=parent))
        except OSError:  # read-only or full: the next may do
            continue
        base.chmod(0o711)
        (base / "owner.txt").write_text(f"{data_dir}\n", encoding="utf-8")
        (data_dir / "location.txt").write_text(f"{base}\n", encoding="utf-8")
        return base
    name = user.name if user else "the server's user"
    raise NotReady(
        f"The user {name} cannot enter {data_dir}, and PostgreSQL will not run as root. Choose another folder."
    )


def _remove_ours(folder: Path) -> None:
    for name in _FILES:
        (folder / name).unlink(missing_ok=True)
    for pattern in _FOLDERS:
        for found in folder.glob(pattern):
            shutil.rmtree(found)
    with contextlib.suppress(OSError):  # something else lies in it, and stays
        folder.rmdir()
