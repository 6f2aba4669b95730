"""The OpenAPI 3.1 document of the operator's API: the parts of its nouns, put together."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from seedbed.api import openapi_parts as parts
from seedbed.api.admin.openapi_accounts import ACCOUNTS
from seedbed.api.admin.openapi_audit_log import AUDIT_LOG
from seedbed.api.admin.openapi_jobs import JOBS
from seedbed.api.admin.openapi_keys import KEYS
from seedbed.api.admin.openapi_maintenance import MAINTENANCE
from seedbed.api.admin.openapi_money import MONEY
from seedbed.api.admin.openapi_operation import Part, refusals
from seedbed.api.admin.openapi_overview import OVERVIEW
from seedbed.api.admin.openapi_pools import POOLS
from seedbed.api.admin.openapi_workers import WORKERS
from seedbed.api.admin.paths import ROOT
from seedbed.api.native.answers import raw_json
from seedbed.api.native.wire import Refused
from seedbed.api.service import Service

PARTS: tuple[Part, ...] = (
    ACCOUNTS,
    KEYS,
    MONEY,
    OVERVIEW,
    POOLS,
    WORKERS,
    JOBS,
    MAINTENANCE,
    AUDIT_LOG,
)
_SAYS = (
    "For those who run the service. It needs a live key with the scope `admin`, and every change is recorded in the "
    "audit log, in the commit that makes it. Fields that an operation does not know are refused by name."
)


async def show_document(service: Service, _: Request) -> Response:
    return raw_json(_encoded(service.settings.base_url), headers=parts.SHOWN)


@lru_cache(maxsize=4)
def _encoded(base_url: str) -> bytes:
    return msgspec.json.encode(document(base_url))


def document(base_url: str) -> dict[str, Any]:
    """Return the document. `base_url` is the public base, without a slash at its end."""
    types = [kind for part in PARTS for kind in part.types]
    _, schemas = msgspec.json.schema_components([*types, Refused], ref_template=parts.REF)
    return parts.whole(
        title="Seedbed, for operators",
        summary="Accounts, keys, credits, pools, workers, jobs, and what was done to them.",
        says=_SAYS,
        server=base_url + ROOT,
        tags={part.tag: part.says for part in PARTS},
        paths={path: item for part in PARTS for path, item in part.paths.items()},
        schemas=schemas,
        refusals=refusals(),
    )
