"""Compiles the kernel. The standard library alone: the build hook loads this file before anything is installed."""

from __future__ import annotations

import shutil
import subprocess
import zlib
from pathlib import Path

SOURCE = Path(__file__).with_name("tile.c")
LIBRARY_NAME = "tile.so"
# No -march: one file runs on every machine of a kind, and chooses its instructions when it is called.
FLAGS = ("-std=c11", "-O2", "-ftree-vectorize", "-fPIC", "-shared", "-fno-math-errno")
_TIMEOUT_S = 120


def fingerprint() -> int:
    """Return a number that changes with the sources, so that a library built from older ones is not called."""
    sources = (SOURCE, *sorted(SOURCE.parent.glob("*.inc")))
    return zlib.crc32(b"".join(path.read_bytes() for path in sources)) & 0x7FFFFFFF


def find_compiler() -> str | None:
    return next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)


def compile_into(folder: Path) -> Path | None:
    """Compile the kernel into `folder` and return the library, or None where that is not possible.

    Never raises for a missing or unable compiler: the engine is whole without the kernel.
    """
    compiler = find_compiler()
    if compiler is None:
        return None
    library = folder / LIBRARY_NAME
    unfinished = folder / f"{LIBRARY_NAME}.part"
    try:
        subprocess.run(
            [compiler, *FLAGS, f"-DSEEDBED_SOURCES={fingerprint()}", "-o", str(unfinished), str(SOURCE)],
            check=True,
            capture_output=True,
            timeout=_TIMEOUT_S,
        )
        # A process that has the old library mapped keeps it: the name moves, the file is not written over.
        return unfinished.replace(library)
    except (OSError, subprocess.SubprocessError):
        unfinished.unlink(missing_ok=True)
        return None
