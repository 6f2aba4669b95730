"""Tables of figures over days: which days are asked for, whether as JSON or as CSV, and CSV that is safe to open."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import Response

from seedbed.core.errors import InvalidRequest

USUAL_DAYS = 30
MAX_DAYS = 366
MAX_LINES = 10_000
CSV = "text/csv"
BY_ACCEPT = {"Vary": "Accept"}
_PRIVATE = {"Cache-Control": "private, no-cache"}
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class Days:
    """Days of UTC, both included."""

    first: date
    last: date


def wants_csv(request: Request) -> bool:
    """`format` decides, else `Accept`. Raises InvalidRequest."""
    said = request.query_params.get("format")
    if said not in (None, "json", "csv"):
        raise InvalidRequest("format must be json or csv.", param="format")
    accepted = [part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "").split(",")]
    return said == "csv" or (said is None and CSV in accepted and "application/json" not in accepted)


def days(request: Request, today: date) -> Days:
    """Return the days from `from` to `to`; without them, the last thirty. Raises InvalidRequest."""
    last = _day(request, "to") or today
    first = _day(request, "from") or last - timedelta(days=min(USUAL_DAYS - 1, (last - date.min).days))
    if not 0 <= (last - first).days < MAX_DAYS:
        raise InvalidRequest(f"from must be at most {MAX_DAYS - 1} days before to, and not after it.", param="from")
    return Days(first, last)


def check_lines(lines: Sequence[object]) -> None:
    """Raises InvalidRequest for more lines than an answer may have."""
    if len(lines) > MAX_LINES:
        raise InvalidRequest(f"These days have more than {MAX_LINES} lines; ask for fewer.", param="from")


def csv_response(named: str, of: Days, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Answer with a file, which no cache keeps. No text in it is a formula to a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([cell if isinstance(cell, int) else _harmless(cell) for cell in row] for row in rows)
    disposition = {"Content-Disposition": f'attachment; filename="{named}-{of.first}-{of.last}.csv"'}
    return Response(text.getvalue(), headers={**_PRIVATE, **disposition, **BY_ACCEPT}, media_type=CSV)


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


def _harmless(cell: object) -> str:
    """Return a cell that no spreadsheet takes for a formula. Source: OWASP, CSV Injection."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@")) or text.startswith(("\t", "\r", "\n")) else text
