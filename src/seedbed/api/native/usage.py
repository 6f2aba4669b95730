"""`GET /usage`: what was used, by day, model, key and `metadata.projectId`, as JSON or as CSV. Source: CONTRACT 1.7."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, timedelta

from starlette.requests import Request
from starlette.responses import Response

from seedbed.api.auth import principal
from seedbed.api.native.answers import PRIVATE, json_response
from seedbed.api.native.wire import Usage, UsageLine
from seedbed.api.service import Service
from seedbed.core.errors import InvalidRequest
from seedbed.core.keys import Scope
from seedbed.store import usage
from seedbed.store.database import moment
from seedbed.store.usage import Used

USUAL_DAYS = 30
MAX_DAYS = 366
MAX_LINES = 10_000
CSV = "text/csv"
COLUMNS = ("day", "model", "keyId", "keyName", "projectId", "succeeded", "failed", "cancelled", "seconds", "credits")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


async def show_usage(service: Service, request: Request) -> Response:
    """Show the usage of some days, both included; without any, of the last thirty. Days are those of UTC."""
    who = await principal(service, request, scope=Scope.READ)
    is_csv = _wants_csv(request)
    async with service.connection() as conn:
        today = (await moment(conn, None)).astimezone(UTC).date()
        first, last = _days(request, today)
        lines = await usage.by_day(
            conn, who.account_id, is_live=who.is_live, first=first, last=last, limit=MAX_LINES + 1
        )
    if len(lines) > MAX_LINES:
        raise InvalidRequest(f"These days have more than {MAX_LINES} lines; ask for fewer.", param="from")
    if is_csv:
        name = f"usage-{first}-{last}.csv"
        headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{name}"', "Vary": "Accept"}
        return Response(_as_csv(lines), headers=headers, media_type=CSV)
    answer = Usage(from_=str(first), to=str(last), data=tuple(map(_line, lines)), livemode=who.is_live)
    return json_response(answer, headers={"Vary": "Accept"})


def _wants_csv(request: Request) -> bool:
    """`format` decides, else `Accept`. Raises InvalidRequest."""
    said = request.query_params.get("format")
    if said not in (None, "json", "csv"):
        raise InvalidRequest("format must be json or csv.", param="format")
    accepted = [part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "").split(",")]
    return said == "csv" or (said is None and CSV in accepted and "application/json" not in accepted)


def _days(request: Request, today: date) -> tuple[date, date]:
    last = _day(request, "to") or today
    first = _day(request, "from") or last - timedelta(days=min(USUAL_DAYS - 1, (last - date.min).days))
    if not 0 <= (last - first).days < MAX_DAYS:
        raise InvalidRequest(f"from must be at most {MAX_DAYS - 1} days before to, and not after it.", param="from")
    return first, last


def _day(request: Request, name: str) -> date | None:
    said = request.query_params.get(name)
    if said is None:
        return None
    try:
        day = date.fromisoformat(said) if _DAY.fullmatch(said) else None
    except ValueError:
        day = None  # such as the 30th of February
    if day is None or not 1970 <= day.year <= 9998:
        raise InvalidRequest(f"{name} must be a day such as 2026-11-22.", param=name)
    return day


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


def _as_csv(lines: list[Used]) -> str:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for used in lines:
        told = (used.day, used.model, used.api_key_id, used.key_name, used.project_id)
        counted = (used.succeeded, used.failed, used.cancelled, used.seconds, used.credits)
        rows.writerow([_harmless(cell) for cell in told] + list(counted))
    return text.getvalue()


def _harmless(cell: object) -> str:
    """Return a cell that no spreadsheet takes for a formula. Source: OWASP, CSV Injection."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@")) or text.startswith(("\t", "\r", "\n")) else text
