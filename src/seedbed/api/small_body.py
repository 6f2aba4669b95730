"""Reads a JSON body that has a few short fields, under one limit for all of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import Request

from seedbed.api.json_body import json_body
from seedbed.api.service import Service


@asynccontextmanager
async def small_body(
    service: Service, request: Request, account: Hashable, *, limit_bytes: int
) -> AsyncIterator[dict[str, Any]]:
    """Give the JSON object of the body, which counts for that account. Raises what `json_body` raises."""
    async with json_body(
        request,
        service.intake,
        account,
        limit_bytes=limit_bytes,
        data_limit_bytes=limit_bytes,
        timeout_s=service.settings.body_timeout_s,
    ) as body:
        yield body
