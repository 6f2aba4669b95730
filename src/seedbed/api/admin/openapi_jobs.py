"""The part of the OpenAPI document that is about everybody's jobs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from seedbed.api.admin.job_views import job_view
from seedbed.api.admin.job_wire import JobAnswer, JobDetails, JobList, LegView, PriorityBody
from seedbed.api.admin.jobs import PATH
from seedbed.api.admin.openapi_operation import PAGED, Part, body, operation, paging
from seedbed.api.native.moments import shown
from seedbed.api.native.wire import GenerationView, TransferView
from seedbed.api.openapi_errors import BODY, KEYED
from seedbed.api.openapi_parts import query
from seedbed.api.specimens import PROCESSING, QUEUED
from seedbed.core.credits import TransferKind
from seedbed.core.job import Job, State
from seedbed.core.keys import Mode
from seedbed.core.native_view import native_view
from seedbed.store.job_board import Standing

TAG = "Jobs"
_ONE = PATH + "/{requestId}"
_OF_ONE = {
    "parameters": [
        {"name": "requestId", "in": "path", "required": True, "schema": {"type": "string"}, "example": QUEUED.id}
    ]
}


def _standing(job: Job) -> Standing:
    is_made = job.state is State.PROCESSING
    return Standing(
        job=job,
        number=913,
        account_name="Films of Bob",
        priority=0,
        rank_at=job.created_at,
        run_at=job.created_at,
        worker="node1-4711-0a1b2c3d" if is_made else None,
        lease_until=job.created_at + timedelta(seconds=18) if is_made else None,
    )


_QUEUED = {"a queued job": JobAnswer(job=job_view(_standing(QUEUED)))}
_HOLD = TransferView(
    id="914",
    kind=TransferKind.HOLD,
    available_change=-64,
    held_change=64,
    request_id=QUEUED.id,
    note=None,
    at=shown(QUEUED.created_at),
)


def _details() -> JobDetails:
    standing = _standing(PROCESSING)
    return JobDetails(
        job=job_view(standing),
        route=(LegView(engine="animatic", pool="default"),),
        leg=0,
        rank_at=shown(standing.rank_at),
        run_at=shown(standing.run_at),
        claimed_at=shown(QUEUED.created_at + timedelta(seconds=3)),
        lease_until=shown(QUEUED.created_at + timedelta(seconds=18)),
        deadline_at=shown(PROCESSING.deadline_at),
        generation=msgspec.convert(native_view(PROCESSING, base_url="https://videos.example.com"), GenerationView),
        transfers=(_HOLD,),
        deliveries=(),
    )


def _list() -> dict[str, Any]:
    text = {"type": "string"}
    return operation(
        "listJobs",
        "Everybody's jobs, the newest first. A page may be short, or empty, although its cursor leads to more.",
        JobList,
        (*KEYED, *PAGED),
        tag=TAG,
        examples={"a page": JobList(data=(job_view(_standing(PROCESSING)),), cursor=None)},
        parameters=[
            *paging(),
            query("accountId", {"type": "integer", "minimum": 1}, "Only this account's."),
            query("mode", {"type": "string", "enum": list(Mode)}, "Only of this mode; without it, of both."),
            query("status", {"type": "string", "enum": list(State)}, "Only those."),
            query("pool", text, "Only those of this pool."),
            query("model", text, "Only of this model, by its id in any dialect."),
            query("engine", text, "Only those that this engine makes or made."),
            query("code", text, "Only those that failed with this code."),
            query("since", text | {"format": "date-time"}, "Only those that came at this moment or later."),
        ],
    )


def _verb(name: str, says: str, *refused: str) -> dict[str, Any]:
    refusals = (*KEYED, "no_field", "not_found", *refused)
    return {"post": operation(name, says, JobAnswer, refusals, tag=TAG, examples=_QUEUED), **_OF_ONE}


def _priority() -> dict[str, Any]:
    says = "Give a job that waits another priority, and its place in its account's queue. Idempotent."
    refused = (*KEYED, *BODY, "not_found", "wrong_state")
    return operation("setJobPriority", says, JobAnswer, refused, tag=TAG, examples=_QUEUED) | body(
        PriorityBody, {"sooner": {"priority": 9}}
    )


JOBS = Part(
    tag=TAG,
    says="Everybody's generations, over whichever dialect they came.",
    types=(JobList, JobAnswer, JobDetails, PriorityBody),
    paths={
        PATH: {"get": _list()},
        _ONE: {
            "get": operation(
                "showJob",
                "All of a job: as its owner sees it, what it moved, its webhooks, its place.",
                JobDetails,
                (*KEYED, "not_found"),
                tag=TAG,
                examples={"a job in progress": _details()},
            ),
            **_OF_ONE,
        },
        _ONE + "/cancel": _verb("cancelJob", "Cancel it, as its owner could. Idempotent.", "not_cancellable"),
        _ONE + "/requeue": _verb(
            "requeueJob",
            "Take it from its worker and queue it again. It costs no failure; its credits stay held. Idempotent.",
            "wrong_state",
        ),
        _ONE + "/priority": {"post": _priority(), **_OF_ONE},
    },
)
