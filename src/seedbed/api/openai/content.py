"""`GET /videos/{id}/content`: the bytes of a finished video, or its thumbnail. Source: CONTRACT 3.

They are sent as results are, with ranges and validators, but only to a key of the account.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from seedbed.api.auth import principal
from seedbed.api.openai.errors import UNKNOWN
from seedbed.api.openai.videos import owned
from seedbed.api.posters import poster_of
from seedbed.api.results import send_file, video_of
from seedbed.api.service import Service
from seedbed.core.errors import InvalidRequest, NotFound
from seedbed.core.job import Job, State
from seedbed.core.keys import Scope
from seedbed.core.openai_view import status_of

_VIDEO, _THUMBNAIL = VARIANTS = ("video", "thumbnail")


async def content(service: Service, request: Request) -> Response:
    """Send a video's file. Raises NotFound until there is one."""
    # Not counted: a player loads a video in many ranges, and bytes are for the proxy in front to limit.
    who = await principal(service, request, scope=Scope.READ, is_counted=False)
    variant = _variant(request)
    job = await owned(service, who, request)
    file = video_of(job) if job.state is State.SUCCEEDED else None
    if file is None or job.output is None:
        raise _nothing_there(job)
    if variant == _THUMBNAIL:
        file = await poster_of(service, job, job.output)
    return await send_file(service, request, file, is_private=True)


def _variant(request: Request) -> str:
    for name in request.query_params:
        if name != "variant":
            raise InvalidRequest(f"{UNKNOWN}'{name[:80]}'.", param=name[:80])
    said = request.query_params.get("variant") or _VIDEO
    if said not in VARIANTS:
        raise InvalidRequest(f"variant must be {' or '.join(VARIANTS)}; got '{said[:40]}'.", param="variant")
    return said


def _nothing_there(job: Job) -> NotFound:
    if job.state.is_final:
        return NotFound(f"This video {job.state}, so it has no content.")
    return NotFound(f"This video is not ready yet: it is {status_of(job)}. Retrieve it until it is completed.")
