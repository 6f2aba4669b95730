"""Start PostgreSQL's programs: as the right user, with a small environment, and tied to the life of their parent."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from seedbed.core.errors import NotReady
from seedbed.store.embedded.service_user import ServiceUser

_POLL_S = 0.005
_RUN_TIMEOUT_S = 120
_ROOT = Path(Path(__file__).anchor)  # our own working folder may be closed to the server's user
_WINDOWS_NEEDS = ("SYSTEMROOT", "SYSTEMDRIVE", "TEMP", "TMP")


def run(
    argv: Sequence[str | Path], *, folder: Path, user: ServiceUser | None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and return what it said. Raises NotReady, naming `folder`, with its last words."""
    program = Path(argv[0]).name
    try:
        done = subprocess.run(
            argv,
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_RUN_TIMEOUT_S,
            check=False,
            cwd=_ROOT,
            env=_environment(),
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
        )
    except OSError as exc:
        if user is None or exc.errno not in {errno.EPERM, errno.EINVAL}:  # a file that may not be run is EACCES
            raise
        # The root of a user namespace or of a stripped container is root by name only.
        raise NotReady(
            f"PostgreSQL refuses to run as root, and this root may not become the user {user.name} ({exc.strerror}). "
            "Run seedbed as an ordinary user."
        ) from exc
    except subprocess.SubprocessError as exc:
        raise NotReady(f"PostgreSQL's {program} could not be run for {folder}: {exc}.") from exc
    if done.returncode != 0:
        raise NotReady(f"PostgreSQL's {program} failed in {folder}: {_last_words(done.stderr)}")
    return done


def launch(argv: Sequence[str | Path], *, user: ServiceUser | None, log: int) -> subprocess.Popen[bytes]:
    """Start the server. `log` is an open descriptor for all that it says; the caller closes its own.

    A session of its own keeps Ctrl-C in the terminal from stopping the database before those who still write to it.
    """
    if is_tied_by_the_system():
        return _detached(_tied(argv, user), user=None, environment=None, log=log)
    return _detached(argv, user=user, environment=_environment(), log=log)


def _detached(
    argv: Sequence[str | Path], *, user: ServiceUser | None, environment: dict[str, str] | None, log: int
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=_ROOT,
            env=environment,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
        )
    except subprocess.SubprocessError as exc:
        raise NotReady(f"PostgreSQL could not be started: {exc}.") from exc


def shut_down(pid: int, *, has_ended: Callable[[], bool], pg_ctl: Path) -> None:
    """Stop the server: fast, which ends sessions and writes a checkpoint; then at once; then by force."""
    for signal_name, patience_s in (("INT", 10.0), ("QUIT", 5.0), ("KILL", 5.0)):
        if has_ended():
            return
        _send(signal_name, pid, pg_ctl)
        deadline = time.monotonic() + patience_s
        while not has_ended() and time.monotonic() < deadline:
            time.sleep(_POLL_S)


def is_tied_by_the_system() -> bool:
    """Return whether `launch`, called here and now, makes a server that the kernel stops when we die.

    Only Linux can, and only for the main thread: there the signal comes when the *thread* that started the child ends.
    """
    return sys.platform == "linux" and threading.current_thread() is threading.main_thread()


def _tied(argv: Sequence[str | Path], user: ServiceUser | None) -> Sequence[str | Path]:
    plan = {
        "argv": [str(word) for word in argv],
        "parent": os.getpid(),
        "uid": user.uid if user else None,
        "gid": user.gid if user else None,
        "environment": _environment(),
    }
    return [sys.executable, "-I", "-S", Path(__file__).with_name("tied.py"), json.dumps(plan)]


def _last_words(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    faults = [line for line in lines if "error:" in line or "FATAL:" in line or "PANIC:" in line]
    return " ".join(faults[:1] or lines[-3:] or ["it said nothing."])


def _send(signal_name: str, pid: int, pg_ctl: Path) -> None:
    if sys.platform == "win32":
        subprocess.run([pg_ctl, "kill", signal_name, str(pid)], capture_output=True, timeout=10, check=False)
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.Signals[f"SIG{signal_name}"])


def _environment() -> dict[str, str]:
    """Only what the server needs: ours may hold secrets, and variables that steer PostgreSQL (PGDATA, PGPORT)."""
    kept = {name: os.environ[name] for name in _WINDOWS_NEEDS if name in os.environ} if sys.platform == "win32" else {}
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", **kept}
