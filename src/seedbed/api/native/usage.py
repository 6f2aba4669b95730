"""`GET /usage`: what was used, by day, model, key and `metadata.projectId`, as JSON or as CSV. Source: CONTRACT 1.7."""

from __future__ import annotations

from datetime import UTC

from starlette.requests import Request
from starlette.responses import Response

from seedbed.api.auth import principal
from seedbed.api.figures import BY_ACCEPT, MAX_LINES, check_lines, csv_response, days, wants_csv
from seedbed.api.native.answers import json_response
from seedbed.api.native.wire import Usage, UsageLine
from seedbed.api.service import Service
from seedbed.core.keys import Scope
from seedbed.store import usage
from seedbed.store.database import moment
from seedbed.store.usage import Used

COLUMNS = ("day", "model", "keyId", "keyName", "projectId", "succeeded", "failed", "cancelled", "seconds", "credits")


async def show_usage(service: Service, request: Request) -> Response:
    """Show the usage of some days, both included; without any, of the last thirty. Days are those of UTC."""
    who = await principal(service, request, scope=Scope.READ)
    is_csv = wants_csv(request)
    async with service.connection() as conn:
        asked = days(request, (await moment(conn, None)).astimezone(UTC).date())
        lines = await usage.by_day(
            conn, who.account_id, is_live=who.is_live, first=asked.first, last=asked.last, limit=MAX_LINES + 1
        )
    check_lines(lines)
    if is_csv:
        return csv_response("usage", asked, COLUMNS, map(_cells, lines))
    answer = Usage(from_=str(asked.first), to=str(asked.last), data=tuple(map(_line, lines)), livemode=who.is_live)
    return json_response(answer, headers=BY_ACCEPT)


def _line(used: Used) -> UsageLine:
    return UsageLine(
        day=str(used.day),
        model=used.model,
        key_id=used.api_key_id,
        key_name=used.key_name,
        project_id=used.project_id,
        succeeded=used.succeeded,
        failed=used.failed,
        cancelled=used.cancelled,
        seconds=used.seconds,
        credits=used.credits,
    )


def _cells(used: Used) -> tuple[object, ...]:
    told = (used.day, used.model, used.api_key_id, used.key_name, used.project_id)
    return (*told, used.succeeded, used.failed, used.cancelled, used.seconds, used.credits)
