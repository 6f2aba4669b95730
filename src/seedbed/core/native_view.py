"""A job as the native dialect shows it: the body of GET and of the webhook, so that the two can never differ.

The documented members come first, in the documented order and form; our additions follow. Source: CONTRACT 1.4.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from seedbed.core.job import Job, Output, Progress, QueuePlace, State

RESULTS_PATH = "/open-api-results"


def native_view(job: Job, *, base_url: str, queue: QueuePlace | None = None) -> dict[str, Any]:
    """Return the JSON object of a job. `base_url` is the public base, without a slash at its end."""
    request = job.request
    view: dict[str, Any] = {
        "success": True,
        "requestId": job.id,
        "status": job.state.value,
        "model": request.model,
        "prompt": request.prompt,
        "duration": request.duration_s,
        "aspectRatio": job.aspect_ratio.value if job.aspect_ratio else None,
        "output": _output(job, job.output, base_url) if job.output else None,
        "error": {"code": job.failure.code, "message": job.failure.message} if job.failure else None,
        "resolution": request.resolution.value,
        "seed": request.seed,
        "creditsCharged": job.charged_credits,
        "creditsRefunded": job.refunded_credits,
        "metadata": request.metadata,
        "engine": job.engine,
        "createdAt": _moment(job.created_at),
        "startedAt": _moment(job.started_at),
        "finishedAt": _moment(job.finished_at),
        "livemode": job.is_live,
    }
    if job.state is State.PROCESSING and job.progress:
        view["progress"] = progress_view(job, job.progress, base_url=base_url)
    if job.state is State.QUEUED and queue:
        view["queue"] = {"position": queue.position, "etaSeconds": queue.eta_s}
    if request.references:
        view["references"] = [
            # A query may hold a signature or a key, and this goes to webhooks, too.
            {"url": one.url.partition("?")[0], "role": one.role.value}
            for one in request.references
        ]
    if job.shot_plan:
        view["shotPlan"] = job.shot_plan
    if job.tried:
        view["attempts"] = [{"engine": one.engine, "code": one.code, "at": _moment(one.at)} for one in job.tried]
    if job.output and job.output.spent:
        view["stages"] = [{"stage": one.stage.value, "seconds": one.took_ms / 1000} for one in job.output.spent]
    if job.sent:
        view["engineInput"] = job.sent
    if job.warnings:
        view["warnings"] = list(job.warnings)
    return view


def progress_view(job: Job, progress: Progress, *, base_url: str) -> dict[str, Any]:
    """Return how far a job in progress is, with the address of its preview if its engine has shown one."""
    view: dict[str, Any] = {"stage": progress.stage.value, "fraction": round(progress.fraction, 3)}
    if job.has_preview:
        view["previewUrl"] = f"{base_url}{RESULTS_PATH}/{job.id}-preview.jpg"
    return view


def result_url(job_id: str, *, base_url: str) -> str:
    return f"{base_url}{RESULTS_PATH}/{job_id}.mp4"


def last_frame_url(job_id: str, *, base_url: str) -> str:
    return f"{base_url}{RESULTS_PATH}/{job_id}-last.png"


def _output(job: Job, output: Output, base_url: str) -> dict[str, Any]:
    view: dict[str, Any] = {"type": "video", "url": result_url(job.id, base_url=base_url)}
    if output.last_frame_key:
        view["lastFrameUrl"] = last_frame_url(job.id, base_url=base_url)
    return view | {
        "width": output.size.width_px,
        "height": output.size.height_px,
        "frames": output.frames,
        "fps": output.fps,
        "sizeBytes": output.size_bytes,
        "sha256": output.sha256,
    }


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None
