"""The paths of the operator's API, one mounted app. It answers its refusals as the native dialect does."""

from __future__ import annotations

from functools import partial

from starlette.applications import Starlette
from starlette.routing import Route

from seedbed.api.admin.accounts import account_routes
from seedbed.api.admin.audit_log import audit_log_routes
from seedbed.api.admin.jobs import job_routes
from seedbed.api.admin.keys import key_routes
from seedbed.api.admin.maintenance import maintenance_routes
from seedbed.api.admin.money import money_routes
from seedbed.api.admin.openapi import show_document
from seedbed.api.admin.overview import overview_routes
from seedbed.api.admin.pools import pool_routes
from seedbed.api.admin.settings import settings_routes
from seedbed.api.admin.workers import worker_routes
from seedbed.api.dialect import dialect_app
from seedbed.api.native.errors import answer
from seedbed.api.openapi_parts import PATH
from seedbed.api.service import Service


def admin_app(service: Service) -> Starlette:
    return dialect_app(
        [
            *account_routes(service),
            *key_routes(service),
            *money_routes(service),
            *overview_routes(service),
            *pool_routes(service),
            *worker_routes(service),
            *job_routes(service),
            *maintenance_routes(service),
            *settings_routes(service),
            *audit_log_routes(service),
            Route(PATH, partial(show_document, service)),
        ],
        answer=answer,
    )
