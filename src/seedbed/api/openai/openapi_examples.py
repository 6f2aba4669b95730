"""What the OpenAI dialect takes and answers, for example.

Answers are made of the specimens by the code that makes real ones.
"""

from __future__ import annotations

from typing import Any

import msgspec

from seedbed.api.openai.errors import UNKNOWN
from seedbed.api.openai.wire import DeletedVideo, VideoPage
from seedbed.api.specimens import CANCELLED, FAILED, PICTURE_URL, PROCESSING, PROMPT, QUEUED, SUCCEEDED
from seedbed.core.errors import InvalidRequest, NotFound
from seedbed.core.openai_view import openai_view, status_of, video_id_of

VIDEO_ID = video_id_of(QUEUED.id)

_ASKED = {"prompt": PROMPT, "model": "seedance-2.0", "seconds": "5", "size": "1280x720"}
BODY: dict[str, Any] = {
    "text to video": _ASKED,
    "image to video": _ASKED | {"input_reference": {"image_url": PICTURE_URL}},
}
FORM: dict[str, Any] = {"image to video": _ASKED | {"input_reference": "(the bytes of fox.jpg)"}}
REFUSALS = {
    "invalid_request": InvalidRequest(
        "seconds must be a whole number such as 5 or \"5\"; got 'five'.", param="seconds"
    ),
    "missing_field": InvalidRequest("prompt is required.", param="prompt"),
    "unknown_field": InvalidRequest(f"{UNKNOWN}'n'.", param="n"),
    "wrong_query": InvalidRequest("limit must be a whole number from 1 to 100; got '0'.", param="limit"),
    "wrong_cursor": InvalidRequest("after must be the id of a video of this account and mode.", param="after"),
    "wrong_variant": InvalidRequest("variant must be video or thumbnail; got 'spritesheet'.", param="variant"),
    "not_found": NotFound("There is no video with this id.", param="video_id"),
}
_PAGE = VideoPage(
    data=[openai_view(SUCCEEDED), openai_view(QUEUED)], first_id=VIDEO_ID, last_id=VIDEO_ID, has_more=False
)
ANSWERS: dict[str, dict[str, Any]] = {
    "createVideo": {"accepted": openai_view(QUEUED)},
    "retrieveVideo": {status_of(job): openai_view(job) for job in (QUEUED, PROCESSING, SUCCEEDED, FAILED)}
    | {"failed, because it was cancelled": openai_view(CANCELLED)},
    "listVideos": {"a page": msgspec.to_builtins(_PAGE)},
    "deleteVideo": {"deleted": msgspec.to_builtins(DeletedVideo(id=VIDEO_ID))},
}
