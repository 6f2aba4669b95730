"""What the Ark dialect takes and answers, for example.

Answers are made of the specimens by the code that makes real ones.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from seedbed.api.ark.wire import CreatedTask
from seedbed.api.specimens import CANCELLED, FAILED, JOBS, PICTURE_URL, PROMPT, QUEUED, SUCCEEDED
from seedbed.core.ark_view import ark_view, status_of, task_id_of
from seedbed.core.errors import InvalidRequest, NotFound
from seedbed.core.job import Failure, Job

BASE_URL = "https://videos.example.com"
MODEL = "dreamina-seedance-2-0-260128"
TASK_ID = task_id_of(QUEUED.id)
_EXPIRED = replace(FAILED, failure=Failure("expired", "It was not finished before its deadline."))

_TEXT = {"type": "text", "text": PROMPT}
_PICTURE = {"type": "image_url", "image_url": {"url": PICTURE_URL}, "role": "first_frame"}
BODY: dict[str, Any] = {
    "text to video": {"model": MODEL, "content": [_TEXT]},
    "image to video": {
        "model": MODEL,
        "content": [_TEXT, _PICTURE],
        "resolution": "720p",
        "ratio": "16:9",
        "duration": 5,
    },
}
REFUSALS = {
    "invalid_request": InvalidRequest("duration must be -1 or 4 to 15 seconds.", param="duration"),
    "missing_field": InvalidRequest("content is required.", param="content"),
    "unknown_field": InvalidRequest("camera_speed is not known here; leave it out.", param="camera_speed"),
    "unknown_model": InvalidRequest(f"model must be one of {MODEL}, ...; got 'seedance-9'.", param="model"),
    "wrong_query": InvalidRequest("page_size must be a whole number from 1 to 500; got '0'.", param="page_size"),
    "not_found": NotFound("There is no task with this id.", param="id"),
}


def _view(job: Job) -> dict[str, Any]:
    return ark_view(job, base_url=BASE_URL)


ANSWERS: dict[str, dict[str, Any]] = {
    "createTask": {"accepted": msgspec.to_builtins(CreatedTask(TASK_ID))},
    "showTask": {status_of(job): _view(job) for job in (*JOBS, _EXPIRED)},
    "listTasks": {"a page": {"items": [_view(SUCCEEDED), _view(CANCELLED)], "total": 2}},
    "removeTask": {"removed": {}},
}
