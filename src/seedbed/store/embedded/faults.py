"""Turn what the operating system says about a folder into a sentence that names the path and the way out."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seedbed.core.errors import NotReady

_ADVICE = {
    errno.ENOSPC: "Free some space on its disk.",
    errno.EDQUOT: "Free some of your disk quota.",
    errno.EROFS: "Choose a data folder on a disk that can be written.",
    errno.EACCES: "Let this user read and write it, or choose another data folder.",
    errno.EPERM: "Let this user read and write it, or choose another data folder.",
}


@contextmanager
def named_faults(data_dir: Path) -> Iterator[None]:
    """Raise NotReady, with the path at fault (`data_dir` if the system names none), for any OSError inside."""
    try:
        yield
    except OSError as exc:
        path = os.fsdecode(exc.filename) if isinstance(exc.filename, str | bytes | os.PathLike) else data_dir
        advice = _ADVICE.get(exc.errno or 0, "Choose another data folder.")
        raise NotReady(f"The embedded PostgreSQL cannot use {path}: {exc.strerror or exc}. {advice}") from exc
