"""A generation as GET shows it, with the additions that a plain service of the documents would not send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


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
class Progress:
    """`fraction` is that of the stage, 0.0 .. 1.0."""

    stage: str
    fraction: float


@dataclass(frozen=True, slots=True)
class Output:
    """The result. Everything but the URL is None where the service does not say it."""

    url: str
    width_px: int | None
    height_px: int | None
    frames: int | None
    fps: int | None
    size_bytes: int | None
    sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    request_id: str
    status: Status
    output: Output | None
    error_code: str | None
    error_message: str | None
    progress: Progress | None
    queue_position: int | None
    eta_s: float | None
    charged_credits: int | None
    engine: str | None
    shot_plan: Mapping[str, Any] | None
    warnings: tuple[str, ...]


def read_generation(body: Mapping[str, Any]) -> Generation:
    """Return the generation of a GET body. Raises KeyError or ValueError if it is none."""
    error = body.get("error") or {}
    progress = body.get("progress")
    queue = body.get("queue") or {}
    return Generation(
        request_id=body["requestId"],
        status=Status(body["status"]),
        output=_output(body.get("output")),
        error_code=error.get("code"),
        error_message=error.get("message"),
        progress=Progress(progress["stage"], float(progress["fraction"])) if progress else None,
        queue_position=queue.get("position"),
        eta_s=queue.get("etaSeconds"),
        charged_credits=body.get("creditsCharged"),
        engine=body.get("engine"),
        shot_plan=body.get("shotPlan"),
        warnings=tuple(body.get("warnings", ())),
    )


def _output(body: Mapping[str, Any] | None) -> Output | None:
    if body is None:
        return None
    return Output(
        url=body["url"],
        width_px=body.get("width"),
        height_px=body.get("height"),
        frames=body.get("frames"),
        fps=body.get("fps"),
        size_bytes=body.get("sizeBytes"),
        sha256=body.get("sha256"),
    )
