"""The paths of the Ark dialect, one mounted app."""

from __future__ import annotations

from functools import partial

from starlette.applications import Starlette
from starlette.routing import Route

from seedbed.api.ark.errors import answer
from seedbed.api.ark.lists import list_tasks
from seedbed.api.ark.openapi import show_document
from seedbed.api.ark.paths import TASKS
from seedbed.api.ark.tasks import create, remove, show
from seedbed.api.dialect import dialect_app
from seedbed.api.service import Service


def ark_app(service: Service) -> Starlette:
    return dialect_app(
        [
            Route(TASKS, partial(create, service), methods=["POST"]),
            Route(TASKS, partial(list_tasks, service)),
            Route(TASKS + "/{task_id}", partial(show, service)),
            Route(TASKS + "/{task_id}", partial(remove, service), methods=["DELETE"]),
            Route("/openapi.json", partial(show_document, service)),
        ],
        answer=answer,
    )
