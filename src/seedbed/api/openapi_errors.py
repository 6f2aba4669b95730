"""How an OpenAPI document tells of refusals: what its dialect really answers to each specimen, status by status.

Codes, bodies and headers are read off the answers, so that none can be documented otherwise than it is given.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.responses import Response
from structlog.contextvars import bound_contextvars

from seedbed.api import specimens
from seedbed.api.edge import REQUEST_ID_HEADER
from seedbed.core import errors
from seedbed.core.errors import JobFailure, Refusal

# Names of specimens, for operations to choose from. A dialect adds its own words for the fields it has.
OPEN = ("unauthorized", "rate_limited", "internal_error", "unavailable")
KEYED = (*OPEN, "forbidden", "account_disabled")
SENT = ("too_large", "unsupported_media_type")
BODY = ("invalid_request", "missing_field", "invalid_json", *SENT)
ONCE = ("idempotency_in_flight", "idempotency_mismatch")
ORDER = (*BODY, *ONCE, "insufficient_credits", "spending_cap", "queue_full", "maintenance")

_EVERYWHERE = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
_OWN_HEADERS = ("WWW-Authenticate", "Retry-After", "Allow", "Content-Range", "X-Should-Retry")


@dataclass(frozen=True, slots=True)
class Answered:
    """What a dialect answers to one refusal. `code` is as the document says it: with `<field>` for the field's name."""

    status: int
    code: str
    message: str
    body: dict[str, Any]
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class RefusalTable:
    """A dialect's answers by the name of the refusal. `schema` is that of their envelope."""

    schema: dict[str, Any]
    answers: dict[str, Answered]

    def responses(self, names: Iterable[str]) -> dict[str, Any]:
        """Return the responses of an operation that may be refused for these reasons."""
        by_status: dict[int, dict[str, Answered]] = defaultdict(dict)
        for name in names:
            by_status[self.answers[name].status][name] = self.answers[name]
        return {str(status): self._response(by_status[status]) for status in sorted(by_status)}

    def examples(self) -> dict[str, Any]:
        """Return `components.examples`."""
        return {
            _component(name): {"summary": f"{answered.status} {answered.code}", "value": answered.body}
            for name, answered in self.answers.items()
        }

    def as_text(self) -> str:
        """Return all of it as a table in CommonMark."""
        rows = {(one.status, f"`{one.code}`"): one.message for one in reversed(self.answers.values())}
        return table(("status", "code", "for example"), [(str(s), code, rows[s, code]) for s, code in sorted(rows)])

    def _response(self, answered: Mapping[str, Answered]) -> dict[str, Any]:
        codes = sorted({f"`{one.code}`" for one in answered.values()})
        examples = {name: {"$ref": f"#/components/examples/{_component(name)}"} for name in answered}
        headers = {name: value for one in answered.values() for name, value in one.headers.items()}
        said = {name: {"schema": {"type": "string"}, "example": value} for name, value in headers.items()}
        return {
            "description": f"`error.code` is {' or '.join(codes)}.",
            "headers": _EVERYWHERE | said,
            "content": {"application/json": {"schema": self.schema, "examples": examples}},
        }


def refusal_table(
    answer: Callable[[Refusal], Response], *, schema: dict[str, Any], own: Mapping[str, Refusal]
) -> RefusalTable:
    """Return the table of the dialect that answers so. `own` are its refusals besides the ones that are common."""
    with bound_contextvars(request_id=specimens.REQUEST_ID):
        answers = {
            name: _answered(refusal, answer(refusal)) for name, refusal in (dict(own) | specimens.REFUSALS).items()
        }
    return RefusalTable(schema, answers)


def request_id_header() -> dict[str, Any]:
    """Return `components.headers`."""
    says = f"Finds the request in the service's log. ({REQUEST_ID_HEADER} of every answer.)"
    return {"RequestId": {"description": says, "schema": {"type": "string"}, "example": specimens.REQUEST_ID}}


def failure_codes() -> dict[str, bool]:
    """Return the codes of failed jobs, each with whether it is tried again first."""
    codes: dict[str, bool] = {}
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, JobFailure) and hasattr(kind, "code"):
            codes.setdefault(kind.code, kind.is_retryable)
    return codes


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(heads), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _answered(refusal: Refusal, response: Response) -> Answered:
    body = msgspec.json.decode(bytes(response.body))
    error = body["error"]
    # "InvalidParameter.duration": that of any other field is as possible.
    field = re.split(r"[.\[]", error.get("param") or "", maxsplit=1)[0]
    stem = error["code"].removesuffix(f".{field}") if field else error["code"]
    code = error["code"] if stem == error["code"] else f"{stem}.<field>"
    headers = {name: response.headers[name] for name in _OWN_HEADERS if name in response.headers}
    return Answered(response.status_code, code, str(refusal), body, headers)


def _component(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
