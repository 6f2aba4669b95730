"""The child process that looks at strangers' files: `python -m seedbed.media.child '{"paths": [...], ...}'`.

It limits itself before it touches a file, and answers with one line of JSON a file, in order, as soon as each is done.
If it dies, the lines that were written still count, and the file without a line is the one that killed it. Asked with
`--fences`, it raises its fences and says which of them stand on this machine. Asked with `--poster` and an order of one
picture or video, it answers with a small JPEG of it, or with nothing.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from seedbed.core.faults import Fault, MediaFault
from seedbed.core.limits import MediaLimits
from seedbed.core.references import Kind
from seedbed.lifeline import die_with_parent
from seedbed.media.landlock import may_only_read
from seedbed.media.seccomp import forbid_calls
from seedbed.media.wire import Order, fault_to_json, probe_to_json, read_order

if sys.platform != "win32":  # there, the parent's deadline is the only limit
    import resource

MAX_OPEN_FILES = 64
ASKS_FOR_FENCES = "--fences"
ASKS_FOR_POSTER = "--poster"


def main() -> int:
    if sys.argv[1] == ASKS_FOR_FENCES:
        sys.stdout.write(json.dumps({"calls": forbid_calls(), "files": may_only_read([])}) + "\n")
        return 0
    if sys.argv[1] == ASKS_FOR_POSTER:
        return _show_poster(read_order(sys.argv[2]))
    order = read_order(sys.argv[1])
    die_with_parent(order.parent_pid)
    _limit_memory_and_files(order.memory_bytes)
    forbid_calls()
    _load_decoders(order.paths)
    may_only_read(order.paths)
    for path in order.paths:
        _limit_cpu(order.cpu_s)
        sys.stdout.write(json.dumps(_look_at(path, order.limits)) + "\n")
        sys.stdout.flush()
    return 0


def _show_poster(order: Order) -> int:
    die_with_parent(order.parent_pid)
    _limit_memory_and_files(order.memory_bytes)
    forbid_calls()
    from PIL import Image

    from seedbed.media.thumbnail import small_jpeg

    Image.preinit()  # Pillow loads its formats when they are first used, and then it may read nothing any more
    may_only_read(order.paths)
    _limit_cpu(order.cpu_s)
    try:
        sys.stdout.buffer.write(small_jpeg(order.paths[0]))
    except (MediaFault, MemoryError) as exc:
        sys.stderr.write(f"no poster: {exc}\n")
    return 0


def _look_at(path: Path, limits: MediaLimits) -> dict[str, Any]:
    # Imported after the limits are set, so that they hold for what the libraries do when they are loaded.
    from seedbed.media.probe import probe

    try:
        return probe_to_json(probe(path, limits=limits))
    except MediaFault as fault:
        return fault_to_json(fault)
    except MemoryError:
        return fault_to_json(MediaFault(Fault.INVALID, "the file needs more memory to decode than is allowed"))


def _load_decoders(paths: Sequence[Path]) -> None:
    """Load the libraries that these files need, while this process may still read wherever a system keeps them."""
    from seedbed.media.sniff import sniff

    for path in paths:
        with suppress(MediaFault, OSError, MemoryError):  # whatever is wrong is said when the file's turn comes
            is_picture = sniff(path).kind is Kind.IMAGE
            importlib.import_module("seedbed.media.pictures" if is_picture else "seedbed.media.clips")


def _limit_memory_and_files(memory_bytes: int) -> None:
    if sys.platform == "win32":
        return
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NOFILE, MAX_OPEN_FILES)
    _lower(resource.RLIMIT_AS, memory_bytes)


def _limit_cpu(cpu_s: int) -> None:
    """Allow that much more processor time, from now on. Beyond it the process is killed (SIGXCPU)."""
    if sys.platform == "win32":
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(usage.ru_utime + usage.ru_stime) + 1 + cpu_s
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _lower(which: int, value: int) -> None:
    """Lower a limit as far as the system lets us: macOS refuses some, and the parent's deadline still holds there."""
    if sys.platform == "win32":
        return
    _, hard = resource.getrlimit(which)
    wanted = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(which, (wanted, wanted))
    except (ValueError, OSError) as exc:
        sys.stderr.write(f"limit {which} stays as it was: {exc}\n")


if __name__ == "__main__":
    sys.exit(main())
