"""The table from refusal to answer in the native dialect is complete, and says what CONTRACT 1.8 says."""

from __future__ import annotations

import json
from datetime import date

import pytest

from seedbed.api.native.errors import STATUS, answer
from seedbed.core import errors
from seedbed.core.errors import Refusal

EXAMPLES = [
    (errors.InvalidRequest("duration must be 4 to 15.", param="duration"), 400, "invalid_request", {}),
    (errors.InvalidJson("The body is empty."), 400, "invalid_json", {}),
    (errors.Unauthorized(), 401, "unauthorized", {"www-authenticate": 'Bearer realm="seedbed"'}),
    (errors.InsufficientCredits(needed_credits=64, available_credits=9), 402, "insufficient_credits", {}),
    (
        errors.SpendingCapReached(needed_credits=2, cap_credits=9, charged_credits=8, begins_anew=date(2026, 12, 1)),
        402,
        "insufficient_credits",
        {},
    ),
    (errors.AccountDisabled(), 403, "forbidden", {}),
    (errors.NotAdmitted("x"), 403, "forbidden", {}),
    (errors.Forbidden("generate"), 403, "forbidden", {}),
    (errors.NotFound("Nothing."), 404, "not_found", {}),
    (errors.MethodNotAllowed("GET", ("POST", "PUT")), 405, "method_not_allowed", {"allow": "POST, PUT"}),
    (errors.NotCancellable("failed"), 409, "not_cancellable", {}),
    (errors.WrongState("failed", "cannot be queued again"), 409, "wrong_state", {}),
    (errors.IdempotencyInFlight(), 409, "idempotency_in_flight", {"retry-after": "1"}),
    (errors.Gone("Deleted."), 410, "gone", {}),
    (errors.TooLarge("A body", limit_bytes=9), 413, "too_large", {}),
    (errors.UnsupportedMediaType("No."), 415, "unsupported_media_type", {}),
    (errors.RangeNotSatisfiable(size_bytes=9), 416, "range_not_satisfiable", {"content-range": "bytes */9"}),
    (errors.IdempotencyMismatch(), 422, "idempotency_mismatch", {}),
    (errors.RateLimited(retry_after_s=7), 429, "rate_limited", {"retry-after": "7"}),
    (errors.QueueFull(limit_jobs=3, retry_after_s=8), 429, "queue_full", {"retry-after": "8"}),
    (errors.InternalError(), 500, "internal_error", {}),
    (errors.Unavailable("Later."), 503, "unavailable", {"retry-after": "5"}),
    (errors.UnderMaintenance("Later."), 503, "unavailable", {"retry-after": "60"}),
    (errors.UnderMaintenance("Later.", ends_in_s=9), 503, "unavailable", {"retry-after": "9"}),
]


def below(kind: type[Refusal]) -> set[type[Refusal]]:
    return set().union(*({child} | below(child) for child in kind.__subclasses__()))


def test_every_refusal_is_in_the_table_and_in_these_examples():
    assert set(STATUS) == below(Refusal)
    assert {type(refusal) for refusal, *_ in EXAMPLES} == below(Refusal)


@pytest.mark.parametrize(("refusal", "status", "code", "headers"), EXAMPLES, ids=lambda value: str(value)[:30])
def test_a_refusal_has_its_status_its_code_and_its_headers(refusal, status, code, headers):
    response = answer(refusal)

    error = json.loads(response.body)["error"]
    assert (response.status_code, error["code"], error["message"]) == (status, code, str(refusal))
    assert headers.items() <= dict(response.headers).items()
    assert list(error)[:2] == ["code", "message"]


def test_the_facts_of_a_refusal_are_in_its_envelope():
    invalid = json.loads(answer(errors.InvalidRequest("No.", param="seed")).body)
    poor = json.loads(answer(errors.InsufficientCredits(needed_credits=64, available_credits=9)).body)

    assert invalid == {"success": False, "error": {"code": "invalid_request", "message": "No.", "param": "seed"}}
    assert (poor["error"]["needed"], poor["error"]["available"]) == (64, 9)
