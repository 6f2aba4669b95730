"""Orders, outcomes and moments for the tests of the durable core."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from seedbed.actions.finish import Success
from seedbed.actions.submit import Order
from seedbed.core.job import Job, Output, make_job_id
from seedbed.core.request import Accepted, GenerationRequest
from seedbed.core.sizes import AspectRatio, Size
from seedbed.store.idempotency import IdempotencyClaim

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
LEASE_S = 15.0
SCOPE = "POST /api/open/v1/video/generations"


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def a_request(**wishes) -> GenerationRequest:
    return GenerationRequest(
        **{"model": "seedance-2.0", "prompt": "A dandelion", "seed": 7, "aspect_ratio": AspectRatio.WIDE} | wishes
    )


def an_order(account_id: int, *, price=40, key=None, digest=b"\1" * 32, request=None, warnings=(), **wishes) -> Order:
    settled = {
        "is_live": True,
        "dialect": "native",
        "pool": "default",
        "job_id": make_job_id(secrets.token_bytes(16)),
        "queue_limit_jobs": 100,
        "running_limit_jobs": 4,
    }
    return Order(
        account_id=account_id,
        accepted=Accepted(request or a_request(), warnings),
        price_credits=price,
        idempotency=IdempotencyClaim(SCOPE, key, digest) if key else None,
        **settled | wishes,
    )


def answer_of(job: Job) -> bytes:
    return f'{{"requestId":"{job.id}"}}'.encode()


def a_success(job: Job, **wishes) -> Success:
    output = Output(
        key=f"jobs/{job.id}/{job.attempt}/result.mp4",
        size=Size(1280, 720),
        frames=121,
        fps=24,
        size_bytes=1000,
        sha256="0" * 64,
    )
    return Success(output, engine="animatic", **wishes)
