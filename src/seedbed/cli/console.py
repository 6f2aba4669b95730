"""Where the command line writes, and in which language."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def console(*, to_stderr: bool = False) -> Console:
    """Return a console that leaves our text as it is: no markup, no colouring of numbers.

    It writes to the standard error where the standard output is for a program to read.
    """
    from rich.console import Console

    return Console(stderr=to_stderr, highlight=False, markup=False, soft_wrap=True)


def is_live(out: Console) -> bool:
    """Return whether a bar may redraw itself: a person is looking, and it is no log of a build."""
    return out.is_terminal and not out.is_dumb_terminal and os.environ.get("CI", "").lower() not in ("1", "true")


def rfc3339(at: datetime) -> str:
    """Return a moment as the API writes it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def complain(sentence: str) -> None:
    """Write one line to the standard error."""
    sys.stderr.write(f"seedbed: {' '.join(sentence.split())}\n")


def speaks_korean(environ: Mapping[str, str] | None = None) -> bool:
    """Return whether messages are wanted in Korean, by the rules of POSIX: the first of these that is set decides."""
    names = os.environ if environ is None else environ
    chosen = next((names[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if names.get(name)), "")
    return chosen.lower().startswith("ko")
