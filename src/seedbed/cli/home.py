"""What the embedded service leaves in its home folder for other commands to find. All of it is private (0600).

`developer.json` holds the base URL and the developer's key, and stays. `service.json` says where the database of the
running service is, and goes when the service does.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seedbed.core.errors import NotReady


@dataclass(frozen=True, slots=True)
class Login:
    """Where a client finds the service, and the key it uses."""

    base_url: str
    key: str


@dataclass(frozen=True, slots=True)
class RunningService:
    pid: int
    database_url: str


def make_home(home: Path) -> None:
    """Make the folder. Raises NotReady if that cannot be."""
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise NotReady(f"The folder {home} cannot be made ({exc.strerror}); name another one in SEEDBED_HOME.") from exc


def login_file(home: Path) -> Path:
    return home / "developer.json"


def save_login(home: Path, login: Login) -> None:
    _write(login_file(home), asdict(login))


def load_login(home: Path) -> Login | None:
    """Return None if there is none, or none that can be read: then a new one is made."""
    facts = _read(login_file(home))
    try:
        return Login(str(facts["base_url"]), str(facts["key"])) if facts else None
    except KeyError:
        return None


def save_running(home: Path, service: RunningService) -> None:
    _write(home / "service.json", asdict(service))


def forget_running(home: Path) -> None:
    (home / "service.json").unlink(missing_ok=True)


def load_running(home: Path) -> RunningService | None:
    """Return what was saved last. After a `kill -9` that may be a service which is no more."""
    facts = _read(home / "service.json")
    try:
        service = RunningService(int(facts["pid"]), str(facts["database_url"])) if facts else None
    except (KeyError, ValueError):
        return None
    # Nobody who asks is the service: our own number is what a dead one had, as in a container, where all begin with 1.
    return service if service and service.pid != os.getpid() else None


def _read(path: Path) -> dict[str, Any] | None:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return facts if isinstance(facts, dict) else None


def _write(path: Path, facts: dict[str, Any]) -> None:
    """Replace the file as a whole. It is private from its first byte on, whatever the umask."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(facts, file, indent=2)
            file.write("\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
