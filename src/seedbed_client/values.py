"""What the service shows, as values. Only what the documents name is required; the rest is None where it is unsaid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, TypeVar

from seedbed_client.shapes import named, read

__all__ = [
    "Asset", "Credits", "Estimate", "Event", "Failure", "Generation", "Model", "Output", "Page", "Progress",
    "QueuePlace", "Reference", "Status",
]  # fmt: skip # a list of names is read across

T = TypeVar("T")


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

    def __len__(self) -> int:
        return len(self.items)
