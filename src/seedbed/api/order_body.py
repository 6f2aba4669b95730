"""Reads the JSON body of an order, in whatever dialect, with the limits that the settings give one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import Request

from seedbed.api.json_body import json_body
from seedbed.api.service import Service
from seedbed.store.keys import Principal


@asynccontextmanager
async def order_body(service: Service, request: Request, who: Principal) -> AsyncIterator[dict[str, Any]]:
    """Give the body's JSON object; a large one holds its place in memory until the end of the block.

    Raises what `json_body` raises.
    """
    rules = service.settings
    async with json_body(
        request,
        service.intake,
        who.account_id,
        limit_bytes=rules.max_body_bytes,
        data_limit_bytes=rules.max_data_body_bytes,
        timeout_s=rules.body_timeout_s,
    ) as body:
        yield body
