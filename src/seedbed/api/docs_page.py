"""The API reference at `/docs`: three files of ours that show the OpenAPI documents, and nothing from elsewhere.

The page may load its own script and style and ask this service for documents; everything else is forbidden to it.
"""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import seedbed.web

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "public, max-age=300",
}
_FILES = {
    "/docs": ("docs.html", "text/html"),
    "/docs/docs.css": ("docs.css", "text/css"),
    "/docs/docs.js": ("docs.js", "text/javascript"),
}


def docs_routes() -> list[Route]:
    return [Route(path, partial(_send, name, kind)) for path, (name, kind) in _FILES.items()]


async def _send(name: str, media_type: str, _: Request) -> Response:
    return Response(_file(name), media_type=media_type, headers=_HEADERS)


@lru_cache
def _file(name: str) -> bytes:
    return (Path(seedbed.web.__path__[0]) / name).read_bytes()
