"""A job as the OpenAI Videos dialect shows it: the video object of create, retrieve and the list.

Members stand in the order of the official client's type; what the service never has (`expires_at`, a remix) is null.
Source: CONTRACT 3 and 4.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from seedbed.core.engine import Stage
from seedbed.core.job import ID_PREFIX, Failure, Job, Progress, State
from seedbed.core.sizes import size_of

VIDEO_PREFIX = "video_"
CANCELLED = Failure("cancelled", "The video was cancelled by its owner.")

_STATUS = {
    State.QUEUED: "queued",
    State.PROCESSING: "in_progress",
    State.SUCCEEDED: "completed",
    State.FAILED: "failed",
    State.CANCELLED: "failed",
}
# Where each stage begins, in percent of the whole: nearly all of the time goes into the frames.
_BEGINS = {Stage.FETCHING: 1, Stage.PREPARING: 5, Stage.RENDERING: 10, Stage.FINISHING: 90, Stage.STORING: 95}
_ENDS = dict(zip(_BEGINS, [*list(_BEGINS.values())[1:], 99], strict=True))


def video_id_of(job_id: str) -> str:
    return VIDEO_PREFIX + job_id.removeprefix(ID_PREFIX)


def job_id_of(video_id: str) -> str:
    """Return the job's id; for what is no video's id, one that no job has."""
    return ID_PREFIX + video_id.removeprefix(VIDEO_PREFIX) if video_id.startswith(VIDEO_PREFIX) else ""


def openai_view(job: Job) -> dict[str, Any]:
    """Return the video object of a job. `size` is null until the worker has seen the picture that decides it."""
    request = job.request
    failure = CANCELLED if job.state is State.CANCELLED else job.failure
    view: dict[str, Any] = {
        "id": video_id_of(job.id),
        "object": "video",
        "created_at": _unix_s(job.created_at),
        "status": status_of(job),
        "model": request.model,
        "progress": percent_of(job),
        "prompt": request.prompt,
        "seconds": str(request.duration_s),
        "size": str(size_of(request.resolution, job.aspect_ratio)) if job.aspect_ratio else None,
        "completed_at": _unix_s(job.finished_at) if job.finished_at else None,
        "expires_at": None,
        "error": {"code": failure.code, "message": failure.message} if failure else None,
        "remixed_from_video_id": None,
        "seed": request.seed,
    }
    if job.warnings:
        view["warnings"] = list(job.warnings)
    return view


def status_of(job: Job) -> str:
    return _STATUS[job.state]


def percent_of(job: Job) -> int:
    """Return 0 until it begins, 1..99 while it is made, 100 once it is there; 0 for what came to nothing."""
    match job.state:
        case State.PROCESSING:
            return _percent(job.progress) if job.progress else 1
        case State.SUCCEEDED:
            return 100
        case _:
            return 0


def _percent(progress: Progress) -> int:
    begins, ends = _BEGINS[progress.stage], _ENDS[progress.stage]
    return begins + int((ends - begins) * progress.fraction)


def _unix_s(at: datetime) -> int:
    return int(at.timestamp())
