"""What the worker and its engine's child process say to each other: one JSON object a line.

The child has read strangers' files, so what it says is parsed as strictly as what comes from the network, and nothing
of it is ever executed (no pickle). Every message about a piece of work bears its number, so that a late one can do no
harm to the next.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from seedbed.core.engine import Capabilities, RenderTask, Stage
from seedbed.core.errors import EngineFailed, EngineUnavailable, JobFailure, MediaFailure, StageOverran
from seedbed.core.sizes import Size

MAX_LINE_BYTES = 4 * 1024 * 1024
# How the child ends when it ran out of memory; any other way to end is a crash.
OUT_OF_MEMORY_EXIT = 112


class Message(msgspec.Struct, frozen=True, tag_field="say", tag=str.lower):
    """The base of all messages."""


class Make(Message, frozen=True):
    """To the child: make this video at `out`, and its last frame at `last_frame` if that is wanted; or die over it."""

    number: int
    task: RenderTask
    out: Path
    last_frame: Path | None = None
    crashes: bool = False


class Options(Message, frozen=True):
    """To the child, before all else and if it was told to wait for them: what its engine is made with."""

    options: dict[str, Any]


class Check(Message, frozen=True):
    """To the child: say what is wrong with the server that its engine asks."""

    number: int


class Withdraw(Message, frozen=True):
    """To the child: end what was ordered for this piece of work, which is not to be made."""

    number: int
    task: RenderTask


class Stop(Message, frozen=True):
    """To the child: stop that piece of work. `is_for_good`: nobody will ever want it again."""

    number: int
    is_for_good: bool = True


class Remembered(Message, frozen=True):
    """To the child: what it asked to have remembered is kept."""

    number: int


class Ready(Message, frozen=True):
    """From the child: the engine is loaded."""

    capabilities: Capabilities


class Report(Message, frozen=True):
    number: int
    stage: Stage
    fraction: float
    preview: bytes | None = None


class Remember(Message, frozen=True):
    """From the child: keep this for the job's next attempt, and say when it is kept."""

    number: int
    memory: dict[str, Any]


class Done(Message, frozen=True):
    """From the child: the file is at `out` and is what was promised; `sha256` is hexadecimal."""

    number: int
    size: Size
    frames: int
    fps: int
    size_bytes: int
    sha256: str
    shot_plan: dict[str, Any] | None = None
    warnings: tuple[str, ...] = ()
    sent: dict[str, Any] | None = None


class Checked(Message, frozen=True):
    """From the child: what is wrong with the server, or None. Also the answer to Withdraw."""

    number: int
    fault: str | None


class Stopped(Message, frozen=True):
    number: int


class Failed(Message, frozen=True):
    """From the child: the work failed in a way that has a name, that of its class. `name`, `host`: of a reference."""

    number: int
    kind: str
    reason: str
    name: str | None = None
    host: str | None = None


ToChild = Options | Make | Check | Withdraw | Stop | Remembered
FromChild = Ready | Report | Remember | Done | Checked | Stopped | Failed


def encode(message: Message) -> bytes:
    return msgspec.json.encode(message, enc_hook=_plain) + b"\n"


def decode_to_child(line: bytes) -> ToChild:
    message: ToChild = msgspec.json.decode(line, type=ToChild, dec_hook=_rich)
    return message


def decode_from_child(line: bytes) -> FromChild:
    """Raises msgspec.ValidationError or DecodeError for a line that is no message."""
    message: FromChild = msgspec.json.decode(line, type=FromChild, dec_hook=_rich)
    return message


def failed(number: int, failure: JobFailure) -> Failed:
    kind = type(failure).__name__
    if isinstance(failure, MediaFailure):
        return Failed(number, kind, failure.reason, failure.name, failure.host)
    if isinstance(failure, EngineUnavailable):
        return Failed(number, kind, failure.alarm)
    return Failed(number, kind, str(failure))


def failure_of(message: Failed) -> JobFailure:
    """Return the failure that the child named. One that it cannot know of is an engine's fault too."""
    kind = FAILURES.get(message.kind, EngineFailed)
    if issubclass(kind, MediaFailure):
        return kind(message.reason, name=message.name or "a reference", host=message.host)
    return kind(message.reason)


def _tellable(kind: type[JobFailure]) -> dict[str, type[JobFailure]]:
    """Return the classes below by name, but for those that only the worker sees: a dead child, a time that is up."""
    found = {name: known for below in kind.__subclasses__() for name, known in _tellable(below).items()}
    is_seen_from_outside = kind.costs_child or kind in (JobFailure, StageOverran)
    return found if is_seen_from_outside else {kind.__name__: kind, **found}


FAILURES = _tellable(JobFailure)


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} cannot cross the pipe.")


def _rich(kind: type, value: Any) -> Any:
    if issubclass(kind, Path):
        return kind(value)
    raise NotImplementedError(f"{kind.__name__} cannot cross the pipe.")
