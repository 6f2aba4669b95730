"""A job as the Ark dialect shows it: the task object of GET, of the list and of the callback.

Source: CONTRACT 2 and 4.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from seedbed.core.ark_offer import wire_id_of
from seedbed.core.errors import Expired
from seedbed.core.job import ID_PREFIX, Failure, Job, Output, State
from seedbed.core.native_view import last_frame_url, result_url
from seedbed.core.timeline import FPS

TASK_PREFIX = "cgt-"
EXPIRED = "expired"
_STATUS = {State.PROCESSING: "running"}

# What became of a task, in the words of the official error table where it has one that fits.
ERROR_CODES = {
    "media_unreachable": "InvalidParameter.content",
    "media_forbidden": "InvalidParameter.content",
    "media_too_large": "InvalidParameter.OversizedImage",
    "media_unsupported": "InvalidParameter.UnsupportedImageFormat",
    "media_invalid": "InvalidParameter.content",
    "content_rejected": "OutputVideoSensitiveContentDetected",
    "engine_failed": "InternalServiceError",
    "engine_out_of_memory": "InternalServiceError",
    "upstream_failed": "InternalServiceError",
    "upstream_timeout": "InternalServiceError",
    "unavailable": "ServiceUnavailable",
    "worker_lost": "InternalServiceError",
    "expired": "TaskExpired",
}


def task_id_of(job_id: str) -> str:
    return TASK_PREFIX + job_id.removeprefix(ID_PREFIX)


def job_id_of(task_id: str) -> str:
    """Return the job's id; for what is no task's id, one that no job has."""
    return ID_PREFIX + task_id.removeprefix(TASK_PREFIX) if task_id.startswith(TASK_PREFIX) else ""


def ark_view(job: Job, *, base_url: str) -> dict[str, Any]:
    """Return the task object of a job. `base_url` is the public base, without a slash at its end."""
    request, echo = job.request, job.request.echo or {}
    view: dict[str, Any] = {
        "id": task_id_of(job.id),
        "model": echo.get("model") or wire_id_of(request.model),
        "status": status_of(job),
        "error": _error(job.failure) if job.failure else None,
        "created_at": _unix_s(job.created_at),
        "updated_at": _unix_s(job.finished_at or job.started_at or job.created_at),
        "seed": request.seed,
        "resolution": request.resolution.value,
        "ratio": job.aspect_ratio.value if job.aspect_ratio else "adaptive",
        "duration": request.duration_s,
        "framespersecond": FPS,
        "generate_audio": request.wants_audio,
        "draft": False,
        "service_tier": "flex" if request.is_flexible else "default",
        "execution_expires_after": request.expires_after_s,
        "priority": request.priority,
    }
    if "safety_identifier" in echo:
        view["safety_identifier"] = echo["safety_identifier"]
    if job.output:
        tokens = tokens_of(job.output)
        view["content"] = _content(job, job.output, base_url)
        view["usage"] = {"completion_tokens": tokens, "total_tokens": tokens}
    return view


def status_of(job: Job) -> str:
    if job.failure and job.failure.code == Expired.code:
        return EXPIRED
    return _STATUS.get(job.state, job.state.value)


def tokens_of(output: Output) -> int:
    """Return the tokens of a clip: width * height * frames / 1024, as the official service was measured to count."""
    return output.size.width_px * output.size.height_px * output.frames // 1024


def _content(job: Job, output: Output, base_url: str) -> dict[str, str]:
    content = {"video_url": result_url(job.id, base_url=base_url)}
    if output.last_frame_key:
        content["last_frame_url"] = last_frame_url(job.id, base_url=base_url)
    return content


def _error(failure: Failure) -> dict[str, str]:
    return {"code": ERROR_CODES.get(failure.code, "InternalServiceError"), "message": failure.message}


def _unix_s(at: datetime) -> int:
    return int(at.timestamp())
