"""Make a cluster: an application role that is no superuser, its database, and passwords that never leave the folder.

It is made under another name and renamed once it is whole, so that a start that died half way is simply done again.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from seedbed.core.errors import NotReady
from seedbed.store.embedded.binaries import Binaries
from seedbed.store.embedded.launch import run
from seedbed.store.embedded.place import Place
from seedbed.store.embedded.service_user import give

SUPERUSER = "postgres"
ROLE = "seedbed"
DATABASE = "seedbed"


@dataclass(frozen=True, slots=True)
class Passwords:
    """URL-safe. The superuser's is for an operator's own hands (an upgrade); the service never logs in with it."""

    superuser: str
    role: str


def passwords(place: Place) -> Passwords:
    """Return the passwords of a cluster that exists. Raises NotReady if their file is gone."""
    try:
        return Passwords(**json.loads(place.passwords.read_text(encoding="ascii")))
    except FileNotFoundError as exc:
        raise NotReady(
            f"{place.passwords} is gone, and with it the way into {place.cluster}. "
            "Restore it, or delete both to begin anew."
        ) from exc


def create(place: Place, binaries: Binaries, *, is_durable: bool) -> Passwords:
    """Make the cluster and its roles. `is_durable` false skips the sync to disk (tests)."""
    fresh = Passwords(superuser=secrets.token_urlsafe(24), role=secrets.token_urlsafe(24))
    for older in place.base.glob("cluster-*.partial"):
        shutil.rmtree(older, ignore_errors=True)  # its initdb may not have noticed yet that its parent died
    partial = Path(tempfile.mkdtemp(prefix="cluster-", suffix=".partial", dir=place.base))
    try:
        give(partial, place.user)
        _initialise(place, binaries, partial, superuser_password=fresh.superuser, is_durable=is_durable)
        _make_role(place, binaries, partial, password=fresh.role)
        _write_private(place.passwords, json.dumps(asdict(fresh)))
        partial.rename(place.cluster)
    finally:
        shutil.rmtree(partial, ignore_errors=True)  # after a fault, which may be a full disk; else it has its new name
    return fresh


def _initialise(place: Place, binaries: Binaries, folder: Path, *, superuser_password: str, is_durable: bool) -> None:
    password_file = place.base / "initdb.partial"
    _write_private(password_file, superuser_password)
    give(password_file, place.user)
    try:
        run(
            [
                binaries.program("initdb"),
                f"--pgdata={folder}",
                f"--username={SUPERUSER}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-instructions",
                *([] if is_durable else ["--no-sync"]),
            ],
            folder=place.base,
            user=place.user,
        )
    finally:
        password_file.unlink(missing_ok=True)


def _make_role(place: Place, binaries: Binaries, folder: Path, *, password: str) -> None:
    """Single-user mode needs no socket and no login; it takes one statement a line and survives a failed one."""
    said = run(
        [binaries.program("postgres"), "--single", "-D", folder, "-c", "log_min_error_statement=panic", "postgres"],
        folder=place.base,
        user=place.user,
        stdin=(
            f"CREATE ROLE {ROLE} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{password}'\n"
            f"CREATE DATABASE {DATABASE} OWNER {ROLE}\n"
        ),
    ).stderr
    if "ERROR:" in said:
        raise NotReady(f"PostgreSQL could not make its application role in {place.base}: {said.strip()[-400:]}")


def _write_private(path: Path, text: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
