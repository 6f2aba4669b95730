"""Looks at strangers' files in a child process that cannot take much memory, time or anything of ours with it.

Decoders are where hostile files bite. The child has limits on memory, processor time, open files and written bytes,
gets no environment, no standard input and a deadline, and dies with us. Where the kernel can, it is refused the
network, other processes and changes to files (`media.seccomp`), and may read only what it was given (`media.landlock`).
Whatever it does, the answer is a Probe, a small JPEG or a MediaFault. Nothing heavy is imported here, so that `api` may
look at uploads.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import seedbed
from seedbed.core.faults import Fault, MediaFault
from seedbed.core.limits import MediaLimits, Probe
from seedbed.media.wire import Order, read_answer, write_order

MEMORY_BYTES = 1536 * 1024 * 1024
# All that Python itself may need to start; everything else stays with us: secrets live in the environment.
KEPT_VARIABLES = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME")
KILLED = "the file could not be decoded safely: its decoder broke down"
ASKS_FOR_FENCES = "--fences"
ASKS_FOR_POSTER = "--poster"
MAX_POSTER_BYTES = 1_000_000
CHUNK_BYTES = 64 * 1024
REAP_S = 10
JPEG_MARK = b"\xff\xd8\xff"
FENCES_TIMEOUT_S = 20
TOO_SLOW = "the file took too long to decode"


async def probe_in_child(
    path: Path, *, limits: MediaLimits, timeout_s: float = 20, memory_bytes: int = MEMORY_BYTES
) -> Probe:
    """Return what the file is. Raises MediaFault: unsupported, too large, invalid (or the child did not survive it)."""
    [answer] = await probe_many([path], limits=limits, timeout_s=timeout_s, memory_bytes=memory_bytes)
    if isinstance(answer, MediaFault):
        raise answer
    return answer


async def probe_many(
    paths: Sequence[Path], *, limits: MediaLimits, timeout_s: float = 20, memory_bytes: int = MEMORY_BYTES
) -> list[Probe | MediaFault]:
    """Look at several files in one child, and in another one after each file that kills it. `timeout_s` is per file."""
    answers: list[Probe | MediaFault] = []
    while len(answers) < len(paths):
        order = _order(paths[len(answers) :], limits, timeout_s=timeout_s, memory_bytes=memory_bytes)
        answers += await _run_child(order, timeout_s=timeout_s)
    return answers


async def poster_in_child(path: Path, *, timeout_s: float = 20, memory_bytes: int = MEMORY_BYTES) -> bytes:
    """Return a small JPEG of a picture or of a video's first frame. Raises MediaFault (invalid)."""
    order = _order([path], MediaLimits(), timeout_s=timeout_s, memory_bytes=memory_bytes)
    async with _child(ASKS_FOR_POSTER, write_order(order)) as answer:
        try:
            async with asyncio.timeout(timeout_s):
                poster = await _read_all(answer, MAX_POSTER_BYTES)
        except TimeoutError as exc:
            raise MediaFault(Fault.INVALID, TOO_SLOW) from exc
    # What the child says is a stranger's word: it is handed on only as what it claims to be.
    if not poster.startswith(JPEG_MARK) or len(poster) > MAX_POSTER_BYTES:
        raise MediaFault(Fault.INVALID, KILLED)
    return poster


def _order(paths: Sequence[Path], limits: MediaLimits, *, timeout_s: float, memory_bytes: int) -> Order:
    return Order(
        tuple(path.absolute() for path in paths),
        limits,
        parent_pid=os.getpid(),
        memory_bytes=memory_bytes,
        cpu_s=max(1, round(timeout_s)),
    )


async def _read_all(stream: asyncio.StreamReader, limit_bytes: int) -> bytes:
    """Return what comes until the end, or a little more than the limit."""
    found = bytearray()
    while len(found) <= limit_bytes and (chunk := await stream.read(CHUNK_BYTES)):
        found += chunk
    return bytes(found)


async def _run_child(order: Order, *, timeout_s: float) -> list[Probe | MediaFault]:
    """Return the child's answers. If it did not reach the end, the last is the fault of the file that stopped it."""
    answers: list[Probe | MediaFault] = []
    async with _child(write_order(order)) as lines:
        for _ in order.paths:
            answers.append(await _next_answer(lines, timeout_s))
            if isinstance(answers[-1], _Fatal):
                break
    return answers


@asynccontextmanager
async def _child(*asked: str) -> AsyncIterator[asyncio.StreamReader]:
    """Start a child, give what it writes, and kill it at the end of the block."""
    process = await asyncio.create_subprocess_exec(
        *_command(*asked),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_environment(),
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        if process.returncode is None:
            _kill(process.pid)
        with suppress(TimeoutError):
            async with asyncio.timeout(REAP_S):
                # A full pipe that nobody reads is never seen to end, and then neither is the process.
                while await process.stdout.read(CHUNK_BYTES):
                    pass
                await process.wait()


def _kill(pid: int) -> None:
    """Kill the child, and what it may have started in its session."""
    with suppress(ProcessLookupError):
        if sys.platform == "win32":
            os.kill(pid, signal.SIGTERM)
        else:
            os.killpg(pid, signal.SIGKILL)


class _Fatal(MediaFault):
    """The child is lost; the files after this one need another."""


async def _next_answer(lines: asyncio.StreamReader, timeout_s: float) -> Probe | MediaFault:
    try:
        return read_answer(await asyncio.wait_for(lines.readline(), timeout_s))
    except TimeoutError:
        return _Fatal(Fault.INVALID, TOO_SLOW)
    except (ValueError, KeyError, TypeError):  # an empty line when it died, or not an answer
        return _Fatal(Fault.INVALID, KILLED)


def standing_fences() -> dict[str, bool]:
    """Ask a child which of the kernel's fences stand on this machine: `calls` (seccomp) and `files` (Landlock)."""
    done = subprocess.run(
        _command(ASKS_FOR_FENCES), capture_output=True, env=_environment(), timeout=FENCES_TIMEOUT_S, check=False
    )
    try:
        return dict(json.loads(done.stdout))
    except ValueError:  # it did not survive them
        return {"calls": False, "files": False}


def _command(*asked: str) -> list[str]:
    return [sys.executable, "-B", "-P", "-m", "seedbed.media.child", *asked]


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    package = Path(seedbed.__file__).parent.parent
    return {**kept, "PYTHONPATH": str(package), "PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1"}
