"""Whole files, by what the limited child does with them: a Probe or a MediaFault, in seconds and within its memory.

It runs here in one process that lives on, so that a decoder's crash is the fuzzer's own and its input is kept. Our code
is instrumented; FFmpeg and Pillow's decoders are not, and are reached by flipping what is good.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["seedbed.media"]):
    from seedbed.core.faults import MediaFault
    from seedbed.core.limits import MediaLimits, Probe
    from seedbed.media import clips, pictures  # noqa: F401 (instrumented, and loaded before the first input)
    from seedbed.media.probe import probe

LIMITS = MediaLimits()
FILE = Path(tempfile.mkdtemp(prefix="seedbed-fuzz-")) / "file"


def try_one(data: bytes) -> None:
    FILE.write_bytes(data)
    try:
        found = probe(FILE, limits=LIMITS)
    except (MediaFault, MemoryError):  # the child tells both
        return
    assert isinstance(found, Probe)
    assert found.duration_s is None or 0 < found.duration_s < 20


if __name__ == "__main__":
    atheris.Setup(sys.argv, try_one)
    atheris.Fuzz()
