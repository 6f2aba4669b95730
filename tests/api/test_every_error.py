"""CONTRACT 4, the lower half of its table: every refusal and every failure, in the words of each dialect."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import httpx
import pytest
from starlette.routing import Mount, Route

from seedbed.api.allowances import AllowanceFields
from seedbed.api.ark.errors import answer as ark
from seedbed.api.dialect import dialect_app
from seedbed.api.edge import RequestEdge
from seedbed.api.native.errors import answer as native
from seedbed.api.openai.errors import answer as openai
from seedbed.api.specimens import FAILED
from seedbed.core import errors
from seedbed.core.ark_view import ark_view
from seedbed.core.errors import JobFailure, Refusal
from seedbed.core.job import Failure
from seedbed.core.native_view import native_view
from seedbed.core.openai_view import openai_view

CONFLICT = "OperationDenied.InvalidState"
INVALID = "invalid_request_error"

# A refusal; then status and code of the native dialect and of Ark, and status, type and code of OpenAI.
REFUSED = [
    (
        errors.InvalidRequest("ratio must be wide.", param="ratio"),
        (400, "invalid_request"),
        (400, "InvalidParameter.ratio"),
        (400, INVALID, "invalid_value"),
    ),
    (
        errors.InvalidRequest("prompt is required.", param="prompt"),
        (400, "invalid_request"),
        (400, "MissingParameter.prompt"),
        (400, INVALID, "missing_required_parameter"),
    ),
    (
        errors.InvalidRequest("Unknown parameter: 'n'.", param="n"),
        (400, "invalid_request"),
        (400, "InvalidParameter.n"),
        (400, INVALID, "unknown_parameter"),
    ),
    (
        errors.InvalidRequest("There is no such model.", param="model"),
        (400, "invalid_request"),
        (404, "InvalidEndpointOrModel.NotFound"),
        (400, INVALID, "invalid_value"),
    ),
    (errors.InvalidJson("x"), (400, "invalid_json"), (400, "InvalidParameter.body"), (400, INVALID, "invalid_json")),
    (
        errors.Unauthorized(),
        (401, "unauthorized"),
        (401, "AuthenticationError"),
        (401, "authentication_error", "invalid_api_key"),
    ),
    (
        errors.InsufficientCredits(needed_credits=2, available_credits=1),
        (402, "insufficient_credits"),
        (403, "AccountOverdueError"),
        (429, "insufficient_quota", "insufficient_quota"),
    ),
    (
        errors.SpendingCapReached(needed_credits=2, cap_credits=9, charged_credits=8, begins_anew=date(2026, 12, 1)),
        (402, "insufficient_credits"),
        (403, "AccountOverdueError"),
        (429, "insufficient_quota", "insufficient_quota"),
    ),
    (errors.NotAdmitted("x"), (403, "forbidden"), (403, "AccessDenied"), (403, "permission_error", "forbidden")),
    (errors.AccountDisabled(), (403, "forbidden"), (403, "AccessDenied"), (403, "permission_error", "forbidden")),
    (errors.Forbidden("read"), (403, "forbidden"), (403, "AccessDenied"), (403, "permission_error", "forbidden")),
    (
        errors.NotFound("x", param="id"),
        (404, "not_found"),
        (404, "NotFound.id"),
        (404, "not_found_error", "not_found"),
    ),
    (
        errors.MethodNotAllowed("PUT", ("GET",)),
        (405, "method_not_allowed"),
        (405, "InvalidAction"),
        (405, INVALID, "method_not_allowed"),
    ),
    (
        errors.NotCancellable("succeeded"),
        (409, "not_cancellable"),
        (409, CONFLICT),
        (409, "conflict_error", "not_cancellable"),
    ),
    (
        errors.WrongState("succeeded", "cannot be queued again"),
        (409, "wrong_state"),
        (409, CONFLICT),
        (409, "conflict_error", "wrong_state"),
    ),
    (
        errors.IdempotencyInFlight(),
        (409, "idempotency_in_flight"),
        (409, CONFLICT),
        (409, "conflict_error", "idempotency_in_flight"),
    ),
    (errors.Gone("x"), (410, "gone"), (404, "NotFound"), (404, "not_found_error", "gone")),
    (
        errors.TooLarge("A body", limit_bytes=1),
        (413, "too_large"),
        (413, "InvalidParameter.OversizedImage"),
        (413, INVALID, "too_large"),
    ),
    (
        errors.UnsupportedMediaType("x"),
        (415, "unsupported_media_type"),
        (415, "InvalidParameter.UnsupportedImageFormat"),
        (415, INVALID, "unsupported_media_type"),
    ),
    (
        errors.RangeNotSatisfiable(size_bytes=1),
        (416, "range_not_satisfiable"),
        (416, "InvalidParameter"),
        (416, INVALID, "range_not_satisfiable"),
    ),
    (
        errors.IdempotencyMismatch(),
        (422, "idempotency_mismatch"),
        (409, CONFLICT),
        (422, "conflict_error", "idempotency_mismatch"),
    ),
    (
        errors.RateLimited(retry_after_s=3),
        (429, "rate_limited"),
        (429, "RateLimitExceeded.EndpointRPMExceeded"),
        (429, "rate_limit_error", "rate_limit_exceeded"),
    ),
    (
        errors.QueueFull(limit_jobs=1, retry_after_s=3),
        (429, "queue_full"),
        (429, "QuotaExceeded"),
        (429, "rate_limit_error", "queue_full"),
    ),
    (
        errors.InternalError(),
        (500, "internal_error"),
        (500, "InternalServiceError"),
        (500, "server_error", "internal_error"),
    ),
    (
        errors.Unavailable("x"),
        (503, "unavailable"),
        (503, "ServiceUnavailable"),
        (503, "server_error", "unavailable"),
    ),
    (
        errors.UnderMaintenance("x", ends_in_s=90),
        (503, "unavailable"),
        (503, "ServiceUnavailable"),
        (503, "server_error", "unavailable"),
    ),
]

# A failure's code; what Ark calls it. The other two say the code itself.
FAILURES = {
    "media_unreachable": "InvalidParameter.content",
    "media_forbidden": "InvalidParameter.content",
    "media_too_large": "InvalidParameter.OversizedImage",
    "media_unsupported": "InvalidParameter.UnsupportedImageFormat",
    "media_invalid": "InvalidParameter.content",
    "content_rejected": "OutputVideoSensitiveContentDetected",
    "engine_failed": "InternalServiceError",
    "engine_out_of_memory": "InternalServiceError",
    "upstream_failed": "InternalServiceError",
    "upstream_timeout": "InternalServiceError",
    "unavailable": "ServiceUnavailable",
    "worker_lost": "InternalServiceError",
    "expired": "TaskExpired",
}


async def answers_to(refusal: Refusal) -> dict[str, httpx.Response]:
    """Return what each dialect answers when an endpoint refuses so."""

    async def refuse(_request):
        raise refusal

    dialects = {"native": native, "ark": ark, "openai": openai}
    app = dialect_app(
        [Mount(f"/{name}", dialect_app([Route("/", refuse)], answer=answer)) for name, answer in dialects.items()],
        answer=native,
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(RequestEdge(AllowanceFields(app))), base_url="http://test"
    ) as http:
        return {name: await http.get(f"/{name}/") for name in dialects}


def error_of(answer: httpx.Response, *, before: dict, members: list[str]) -> dict:
    """Return the error. The envelope must have these members and no others."""
    body = answer.json()
    error = body.pop("error")
    assert body == before
    assert list(error) == members
    return error


@pytest.mark.parametrize(
    ("refusal", "in_native", "in_ark", "in_openai"), REFUSED, ids=lambda value: type(value).__name__
)
async def test_a_refusal_has_its_status_its_code_and_its_envelope_in_each_dialect(
    refusal, in_native, in_ark, in_openai
):
    answers = await answers_to(refusal)

    has_param = isinstance(refusal, errors.InvalidRequest)
    extra = ["param"] if has_param else ["needed", "available"] if in_native[0] == 402 else []
    error = error_of(answers["native"], before={"success": False}, members=["code", "message", *extra])
    assert (answers["native"].status_code, error["code"], error["message"]) == (*in_native, str(refusal))

    error = error_of(answers["ark"], before={}, members=["code", "message", "param", "type"])
    assert (answers["ark"].status_code, error["code"]) == in_ark
    assert error["message"] == f"{refusal} Request id: {answers['ark'].headers['x-request-id']}"
    assert error["type"]

    error = error_of(answers["openai"], before={}, members=["message", "type", "param", "code"])
    assert (answers["openai"].status_code, error["type"], error["code"]) == in_openai
    assert (error["message"], error["param"]) == (str(refusal), refusal.param if has_param else None)

    for answer in answers.values():
        assert answer.headers["x-request-id"]
        assert ("retry-after" in answer.headers) == hasattr(refusal, "retry_after_s")


@pytest.mark.parametrize("code", FAILURES)
def test_a_failed_job_says_why_in_the_words_of_each_dialect(code):
    job = replace(FAILED, failure=Failure(code, "It was not to be."))

    task = ark_view(job, base_url="http://test")
    video = openai_view(job)

    assert native_view(job, base_url="http://test")["error"] == {"code": code, "message": "It was not to be."}
    assert task["error"] == {"code": FAILURES[code], "message": "It was not to be."}
    assert task["status"] == ("expired" if code == "expired" else "failed")
    assert video["error"] == {"code": code, "message": "It was not to be."}
    assert (video["status"], video["progress"]) == ("failed", 0)


def test_no_class_of_error_is_left_out():
    def all_of(root):
        return {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, root)} - {root}

    assert {type(refusal) for refusal, *_ in REFUSED} == all_of(Refusal)
    assert {kind.code for kind in all_of(JobFailure) if hasattr(kind, "code")} == set(FAILURES)
