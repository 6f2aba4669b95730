"""How many files this process may have open, and with them connections: each open event stream is one.

Many systems allow 1,024 unless a process asks for more, which it may up to a limit that the operator sets.
"""

from __future__ import annotations

import sys
from contextlib import suppress

WANTED = 16_384
RESERVED = 124  # for everything that is no client's connection
PORTABLE = 1024  # where there is no way to ask


def ask_for_more() -> None:
    """Raise this process's own limit as far as it may and needs to. What it starts inherits that."""
    if sys.platform == "win32":
        return
    import resource  # only where there is such a thing

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # some systems have a lower limit still: then it stays as it is
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def most_connections() -> int:
    """Return how many connections of clients there may be at a time."""
    if sys.platform == "win32":
        return PORTABLE - RESERVED
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (WANTED if soft == resource.RLIM_INFINITY else min(WANTED, soft)) - RESERVED
