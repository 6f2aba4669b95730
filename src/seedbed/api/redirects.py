"""Sends a client on to a stored file in the bucket, with a presigned URL made for that request alone.

Versions are the bucket's there: a client's Range, If-Range and If-None-Match go with it, and the ETag that it learns is
the bucket's. Back here, either ETag proves that nothing has changed.
"""

from __future__ import annotations

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from seedbed.api.ranges import Version, is_unchanged
from seedbed.api.service import Service
from seedbed.core.errors import Gone, NotFound


async def send_on(service: Service, request: Request, *, key: str, etag: str) -> Response:
    """Return a redirect to the bytes under the key, or 304. `etag` is the file's where we send it ourselves.

    Raises Gone and Unavailable.
    """
    try:
        info = await service.blobs.head(key)
    except NotFound as exc:
        raise Gone("This result is past its retention and was deleted.") from exc
    for known in (etag, info.etag):
        if is_unchanged(request.headers, Version(known, info.modified_at)):
            return Response(status_code=304, headers={"ETag": known, "Cache-Control": "no-store"})
    lifetime = timedelta(seconds=service.settings.result_url_lifetime_s)
    # A URL is signed for one method: with that of GET, HEAD would be refused.
    url = await service.blobs.presigned(key, "HEAD" if request.method == "HEAD" else "GET", lifetime=lifetime)
    return Response(status_code=302, headers={"Location": url, "Cache-Control": "no-store"})
