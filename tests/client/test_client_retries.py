"""When a call is sent again, and what an answer that says no is called: pure functions of values."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import seedbed_client
from seedbed.api.native.errors import STATUS
from seedbed.core.errors import JobFailure, Refusal, SeedbedError
from seedbed_client import ApiError, ConnectionFailed, GenerationFailed
from seedbed_client.errors import class_of
from seedbed_client.exchange import LONGEST_PAUSE_S, Call, Service, error_of, pause_s, retry_after_s

SERVICE = Service("http://s", "k", None, None, None, max_retries=3)
UNSURE = Service("http://s", "k", None, None, None, max_retries=3, idempotent_posts=False)
GET = Call(path="/x")
KEYED = Call(method="POST", path="/x", key="k")
PLAIN = Call(method="POST", path="/x")
CANCEL = Call(method="POST", path="/x", is_repeatable=True)
LOST = ConnectionFailed("http://s", "gone")
UNSENT = ConnectionFailed("http://s", "nobody there", was_sent=False)


def no(status: int, code: str = "x", *, after_s: float | None = None) -> ApiError:
    return class_of(ApiError, code, status)("no", status=status, code=code, retry_after_s=after_s)


def leaves(root: type[SeedbedError]) -> list[type[SeedbedError]]:
    return [leaf for child in root.__subclasses__() for leaf in leaves(child)] or [root]


@pytest.mark.parametrize(
    ("service", "call", "error", "is_sent_again"),
    [
        (SERVICE, GET, LOST, True),
        (SERVICE, KEYED, LOST, True),
        (SERVICE, CANCEL, LOST, True),
        (SERVICE, PLAIN, LOST, False),
        (SERVICE, PLAIN, UNSENT, True),
        (UNSURE, KEYED, LOST, False),  # it may have been taken, and would be paid twice
        (UNSURE, KEYED, UNSENT, True),
        (UNSURE, KEYED, no(503), False),
        (UNSURE, KEYED, no(429), True),  # turned away, so nothing was done
        (UNSURE, CANCEL, LOST, True),
        (SERVICE, KEYED, no(500), True),
        (SERVICE, KEYED, no(502), True),
        (SERVICE, KEYED, no(503), True),
        (SERVICE, KEYED, no(409, "idempotency_in_flight"), True),
        (SERVICE, KEYED, no(409, "not_cancellable"), False),
        (SERVICE, KEYED, no(422, "idempotency_mismatch"), False),
        (SERVICE, GET, no(400), False),
        (SERVICE, GET, no(401), False),
        (SERVICE, GET, no(402), False),
        (SERVICE, GET, no(404), False),
        (SERVICE, GET, no(429, after_s=LONGEST_PAUSE_S), True),
        (SERVICE, GET, no(429, after_s=LONGEST_PAUSE_S + 1), False),
    ],
)
def test_a_call_is_sent_again_only_where_that_helps_and_is_safe(
    service: Service, call: Call, error: seedbed_client.SeedbedError, is_sent_again: bool
) -> None:
    assert (pause_s(service, call, error, tried=0, chance=0.5) is not None) is is_sent_again
    assert pause_s(service, call, error, tried=3, chance=0.5) is None


@given(tried=st.integers(0, 2), chance=st.floats(0, 1), after_s=st.none() | st.floats(0, LONGEST_PAUSE_S))
def test_a_pause_is_never_shorter_than_asked_for_and_has_a_cap(
    tried: int, chance: float, after_s: float | None
) -> None:
    pause = pause_s(SERVICE, GET, no(503, after_s=after_s), tried=tried, chance=chance)

    assert pause is not None
    assert (after_s or 0) <= pause <= LONGEST_PAUSE_S * 1.1
    later = pause_s(SERVICE, GET, no(503), tried=tried + 1, chance=chance) if tried < 2 else None
    if after_s is None and later is not None:
        assert later >= pause


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT", "date": "Sun, 22 Nov 2026 12:00:00 GMT"}, 30),
        ({"retry-after": "Sun, 22 Nov 2026 11:00:00 GMT", "date": "Sun, 22 Nov 2026 12:00:00 GMT"}, 0),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT"}, None),
    ],
)
def test_a_retry_after_is_seconds_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers) == seconds


@pytest.mark.parametrize("refusal", leaves(Refusal))
def test_every_refusal_of_the_service_has_its_class(refusal: type[Refusal]) -> None:
    kind = class_of(ApiError, refusal.code, STATUS[refusal])

    assert refusal.code in kind.codes
    assert getattr(seedbed_client, kind.__name__) is kind
    assert kind.http_status in (None, min(STATUS[refusal], 500))


@pytest.mark.parametrize("failure", leaves(JobFailure))
def test_every_failure_of_a_job_has_its_class(failure: type[JobFailure]) -> None:
    kind = class_of(GenerationFailed, failure.code)

    assert kind is not GenerationFailed
    assert getattr(seedbed_client, kind.__name__) is kind


def test_codes_that_nobody_knows_are_understood_by_their_status() -> None:
    assert class_of(ApiError, "token_gone", 401) is seedbed_client.Unauthorized
    assert class_of(ApiError, "teapot", 418) is ApiError
    assert class_of(ApiError, "teapot", 599) is seedbed_client.ServerError
    assert class_of(GenerationFailed, "gremlins") is GenerationFailed


def test_an_error_of_a_proxy_is_an_error_too() -> None:
    error = error_of(httpx.Response(502, text="<html>"))

    assert isinstance(error, seedbed_client.ServerError)
    assert (error.status, error.code) == (502, "502")


def test_every_class_of_error_is_exported_and_stands_in_the_tree() -> None:
    errors = seedbed_client.errors
    classes = [name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)]

    assert [name for name in classes if not hasattr(seedbed_client, name)] == []
    assert [name for name in classes if name not in (errors.__doc__ or "")] == []
