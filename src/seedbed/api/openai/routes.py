"""The paths of the OpenAI dialect, one mounted app."""

from __future__ import annotations

from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from seedbed.api.dialect import dialect_app
from seedbed.api.openai.content import content
from seedbed.api.openai.errors import answer
from seedbed.api.openai.listing import list_videos
from seedbed.api.openai.openapi import show_document
from seedbed.api.openai.paths import VIDEOS
from seedbed.api.openai.videos import create, remove, show
from seedbed.api.service import Service


def openai_app(service: Service) -> Starlette:
    return dialect_app(
        [
            Route(VIDEOS, partial(_videos, service), methods=["GET", "POST"]),
            Route(VIDEOS + "/{video_id}", partial(_video, service), methods=["GET", "DELETE"]),
            Route(VIDEOS + "/{video_id}/content", partial(content, service)),
            Route("/openapi.json", partial(show_document, service)),
        ],
        answer=answer,
    )


# One route for all methods of a path: Starlette would name the methods of the first only to whoever uses another.
async def _videos(service: Service, request: Request) -> Response:
    return await (create if request.method == "POST" else list_videos)(service, request)


async def _video(service: Service, request: Request) -> Response:
    return await (remove if request.method == "DELETE" else show)(service, request)
