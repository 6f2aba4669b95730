"""Notices files that are written outside the folder of the job, as far as Python opens them.

What native code writes goes unseen here, but for what it leaves beside the job's folder. Two places are everybody's:
the temporary folder, and the cache of the user, where compilers keep what they have compiled.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
# Which argument is the file, and which the folder that its name is relative to (-1: none).
_TARGETS = {"os.mkdir": (0, 2), "os.remove": (0, 1), "os.rename": (1, 3), "os.link": (1, 3), "os.symlink": (1, 2)}
_SYSTEM = ("/dev/", "/proc/", "/sys/")


class Strays:
    """Made once in a process: an audit hook cannot be taken away again."""

    def __init__(self) -> None:
        self._allowed: tuple[str, ...] | None = None  # None: nobody watches
        self._found: dict[str, None] = {}
        sys.addaudithook(self._hear)

    @contextmanager
    def watched(self, folder: Path) -> Iterator[dict[str, None]]:
        """Collect the files that are written elsewhere than in `folder`, which is read at the end of the block."""
        cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        beside = set(folder.parent.iterdir())
        found: dict[str, None] = {}
        self._found = found
        self._allowed = (*(f"{place}/" for place in (folder, tempfile.gettempdir(), cache)), *_SYSTEM)
        try:
            yield found
        finally:
            self._allowed = None
            found |= {str(path): None for path in sorted(set(folder.parent.iterdir()) - beside)}

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._allowed is None:
            return
        if event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES:
            self._judge(arguments[0])
        elif event in _TARGETS:
            target, folder = _TARGETS[event]
            if arguments[folder] == -1:
                self._judge(arguments[target])

    def _judge(self, target: Any) -> None:
        if not isinstance(target, str | bytes | os.PathLike) or self._allowed is None:
            return  # an open descriptor
        path = os.path.realpath(os.fsdecode(target))
        if not path.startswith(self._allowed) and "__pycache__" not in path:
            self._found[path] = None
