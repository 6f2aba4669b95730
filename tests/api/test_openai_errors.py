"""Every refusal as the OpenAI dialect writes it, and what its official client does about it."""

from __future__ import annotations

from pathlib import Path

import pytest
from openais import PROMPT, VIDEOS, error_of, post_video

from seedbed.api.openai.errors import TABLE, answer
from seedbed.core import errors
from seedbed.core.errors import Refusal

TYPES = {
    400: {"invalid_request_error"},
    401: {"authentication_error"},
    403: {"permission_error"},
    404: {"not_found_error"},
    405: {"invalid_request_error"},
    409: {"conflict_error"},
    413: {"invalid_request_error"},
    415: {"invalid_request_error"},
    416: {"invalid_request_error"},
    422: {"conflict_error"},
    429: {"rate_limit_error", "insufficient_quota"},
    500: {"server_error"},
    503: {"server_error"},
}
SENT_AGAIN = {408, 409, 429}  # by the official client, unless the answer tells it not to; so is everything from 500 on


def refusals(kind: type[Refusal] = Refusal) -> list[type[Refusal]]:
    return [each for sub in kind.__subclasses__() for each in (sub, *refusals(sub))]


def test_every_refusal_stands_in_the_table():
    assert set(TABLE) == set(refusals())
    assert all(said.type in TYPES[said.status] for said in TABLE.values())


def test_every_type_and_code_stands_in_the_document():
    page = (Path(__file__).resolve().parents[2] / "docs" / "openai.md").read_text(encoding="utf-8")

    assert [word for said in TABLE.values() for word in (said.type, said.code) if f"`{word}`" not in page] == []


def test_a_lack_of_credits_is_a_spent_quota_that_no_retry_will_mend():
    refused = answer(errors.InsufficientCredits(needed_credits=40, available_credits=3))

    assert refused.status_code == 429
    assert b'"type":"insufficient_quota","param":null,"code":"insufficient_quota"' in refused.body
    assert refused.headers["x-should-retry"] == "false"


def test_only_what_may_pass_is_sent_again():
    again = {kind for kind, said in TABLE.items() if said.status in SENT_AGAIN and not said.is_final}

    assert again == {errors.IdempotencyInFlight, errors.RateLimited, errors.QueueFull}


async def test_too_few_credits_charge_nothing(enrol):
    poor = await enrol(available=39)

    assert error_of(await post_video(poor)) == (429, "insufficient_quota", None)
    assert (await poor.credits(), await poor.jobs()) == ((39, 0), 0)


async def test_a_full_queue_says_when_to_come_again(serve, enrol):
    ada = await enrol(client=serve(queue_limit_jobs=1))
    await post_video(ada)

    refused = await post_video(ada)

    assert error_of(refused) == (429, "rate_limit_error", None)
    assert refused.json()["error"]["code"] == "queue_full"
    assert int(refused.headers["retry-after"]) > 0


@pytest.mark.parametrize("key", [None, "Bearer nonsense", "Basic abc"])
async def test_without_a_key_nothing_is_told(http, key):
    answer = await http.post(VIDEOS, json={"prompt": PROMPT}, headers={"Authorization": key} if key else {})

    assert error_of(answer) == (401, "authentication_error", None)
    assert answer.json()["error"]["code"] == "invalid_api_key"


@pytest.mark.parametrize(
    ("method", "path", "status", "type_"),
    [
        ("GET", "/v1/", 404, "not_found_error"),
        ("GET", "/v1/chat/completions", 404, "not_found_error"),
        ("GET", "/v1/videos/", 404, "not_found_error"),
        ("POST", "/v1/videos/video_1/remix", 404, "not_found_error"),
        ("PUT", "/v1/videos", 405, "invalid_request_error"),
        ("PATCH", "/v1/videos/video_1", 405, "invalid_request_error"),
        ("POST", "/v1/videos/video_1/content", 405, "invalid_request_error"),
    ],
)
async def test_an_unknown_path_or_method_answers_in_this_dialect(ada, method, path, status, type_):
    answer = await ada.http.request(method, path, headers=ada.bearer)

    assert error_of(answer) == (status, type_, None)
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "invalid_json"),
        (b"[]", "application/json", 400, "invalid_json"),
        (b'{"prompt":"a","prompt":"b"}', "application/json", 400, "invalid_json"),
        (b"", "application/json", 400, "invalid_json"),
        (b'{"prompt":"a"}', "text/plain", 415, "unsupported_media_type"),
        (b"prompt=a", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b'{"prompt":"%s"}' % (b"a" * 1_100_000), "application/json", 413, "too_large"),
        (b'{"prompt":"a\\u0000b"}', "application/json", 400, "invalid_value"),
        (b'{"seconds":"5"}', "application/json", 400, "missing_required_parameter"),
        (b'{"prompt":"a","n":1}', "application/json", 400, "unknown_parameter"),
    ],
)
async def test_what_is_no_body_is_refused(ada, body, content_type, status, code):
    answer = await ada.post(VIDEOS, content=body, headers={"Content-Type": content_type})

    assert error_of(answer)[:2] == (status, "invalid_request_error")
    assert answer.json()["error"]["code"] == code
    assert await ada.jobs() == 0


async def test_an_idempotency_key_that_cannot_be_used_is_refused(ada):
    answer = await post_video(ada, headers={"Idempotency-Key": "a b"})

    assert error_of(answer) == (400, "invalid_request_error", "Idempotency-Key")


async def test_a_fault_of_ours_is_said_in_this_dialect(serve, enrol):
    class Broken:
        def __getattr__(self, name):
            raise RuntimeError("broken on purpose")

    ada = await enrol()
    answer = await serve(pool=Broken()).get(VIDEOS, headers=ada.bearer)

    assert error_of(answer) == (500, "server_error", None)
