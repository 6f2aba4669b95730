"""What the service shows, as values read from JSON: the types and names of their fields are the whole description.

A field's name on the wire is its own in camelCase, or what `named` says. What is missing or null takes the field's
default, so that a service which says less is understood as well; what is unknown is passed over. Only what the
documents name is required.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

__all__ = ["Asset", "Credits", "Estimate", "Event", "Failure", "Generation", "Model", "Output", "Page", "Progress",
           "QueuePlace", "Reference", "Status"]  # fmt: skip # a list of names is read across

T = TypeVar("T")


def named(wire_name: str, *, default: Any = None) -> Any:
    """Declare a field that has another name on the wire."""
    return field(default=default, metadata={"wire": wire_name})


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


class Status(StrEnum):
    QUEUED = "queued"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture, video or sound: a URL, or a local file that is uploaded. A `role` is of the contract."""

    source: str | Path
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """`fraction` is that of the stage, 0.0 .. 1.0."""

    stage: str
    fraction: float


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """Estimates. `position` counts from 1."""

    position: int
    eta_s: float | None = named("etaSeconds")


@dataclass(frozen=True, slots=True)
class Output:
    url: str
    last_frame_url: str | None = None
    width_px: int | None = named("width")
    height_px: int | None = named("height")
    frames: int | None = None
    fps: int | None = None
    size_bytes: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    request_id: str
    status: Status
    model: str | None = None
    prompt: str | None = None
    duration_s: int | None = named("duration")
    aspect_ratio: str | None = None
    resolution: str | None = None
    seed: int | None = None
    output: Output | None = None
    error: Failure | None = None
    progress: Progress | None = None
    queue: QueuePlace | None = None
    charged_credits: int | None = named("creditsCharged")
    refunded_credits: int | None = named("creditsRefunded")
    metadata: Mapping[str, Any] | None = None
    engine: str | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    is_live: bool | None = named("livemode")
    shot_plan: Mapping[str, Any] | None = None
    attempts: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """How a generation stands after something happened. `data` is all that the service said; `id` resumes after it."""

    type: str = "state"
    id: str | None = None
    status: Status | None = None
    progress: Progress | None = None
    queue: QueuePlace | None = None
    preview_url: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        return self.status is not None and self.status.is_final

    @property
    def generation(self) -> Generation | None:
        """The whole generation, if this event tells all of it: the first one does, and the last."""
        return read(Generation, self.data) if "requestId" in self.data else None


@dataclass(frozen=True, slots=True)
class Estimate:
    """`credits` is the whole price, `available` what the account has to spend now."""

    credits: int
    available: int | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asset:
    """An upload; `url` stands for it in a request until `expires_at`."""

    url: str
    kind: str | None = None
    format: str | None = None
    size_bytes: int | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Credits:
    """Whole credits: `available` to spend, `held` for open jobs."""

    available: int
    held: int
    is_live: bool | None = named("livemode")


@dataclass(frozen=True, slots=True)
class Model:
    """`data` is the whole item of the catalogue, which the documents leave open: durations, sizes, prices, limits."""

    id: str
    name: str | None = None
    description: str | None = None
    engine: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of a list, the newest first. `cursor` leads to the next page; None at the end."""

    items: tuple[T, ...]
    cursor: str | None

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)


def read(kind: type[T], body: Mapping[str, Any]) -> T:
    """Return the value that a JSON object shows. Raises ValueError if it shows none."""
    known = _wire_fields(kind)  # type: ignore[arg-type]  # a class is always hashable
    try:
        given = {name: _converted(hint, body[wire]) for name, wire, hint in known if body.get(wire) is not None}
        return kind(**given)
    except (TypeError, AttributeError, KeyError) as exc:
        raise ValueError(f"no {kind.__name__}: {exc}") from exc


@functools.cache
def _wire_fields(kind: type[Any]) -> list[tuple[str, str, Any]]:
    hints = get_type_hints(kind)
    return [(f.name, f.metadata.get("wire") or camel(f.name), hints[f.name]) for f in fields(kind)]


def _converted(hint: Any, value: Any) -> Any:
    if isinstance(hint, types.UnionType):
        hint = next(option for option in get_args(hint) if option is not type(None))
    if get_origin(hint) is tuple:
        return tuple(_converted(get_args(hint)[0], item) for item in value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    if is_dataclass(hint) and isinstance(hint, type):
        return read(hint, value)
    if isinstance(hint, type) and issubclass(hint, Enum | float):
        return hint(value)
    return value
