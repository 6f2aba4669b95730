"""The client against a service that is a function."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from seedbed_client import ApiError, Client, GenerationFailed, Output, TookTooLong, Unreachable

VIDEO = b"moving pictures"
BASE = "http://127.0.0.1:1"

Answer = Callable[[httpx.Request], httpx.Response]


def client(answer: Answer) -> Client:
    return Client(BASE, "sd2_live_x", transport=httpx.MockTransport(answer))


def shown(status: str, **facts: object) -> httpx.Response:
    return httpx.Response(200, json={"requestId": "req_1", "status": status, "output": None, "error": None} | facts)


def output(url: str, sha256: str | None = None) -> Output:
    return Output(url, None, None, None, None, None, sha256)


def test_a_create_is_sent_again_with_the_same_idempotency_key_after_a_lost_answer() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if len(seen) < 3:
            raise httpx.ReadError("gone")
        return httpx.Response(200, json={"requestId": "req_1", "creditsCharged": 64})

    created = client(answer).create(prompt="p", model="m", media_urls=["asset://a"], seed=None, duration=4)

    assert (created.request_id, created.charged_credits) == ("req_1", 64)
    assert len({request.headers["Idempotency-Key"] for request in seen}) == 1
    assert json.loads(seen[-1].content) == {"model": "m", "prompt": "p", "mediaUrls": ["asset://a"], "duration": 4}


def test_an_answer_that_says_no_is_not_asked_for_again() -> None:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        error = {"code": "invalid_request", "message": "duration must be 4 to 15", "param": "duration"}
        return httpx.Response(400, json={"success": False, "error": error}, headers={"X-Request-Id": "x1"})

    with pytest.raises(ApiError, match="duration must be") as caught:
        client(answer).create(prompt="p", model="m")

    assert len(seen) == 1
    assert (caught.value.code, caught.value.param, caught.value.request_id) == ("invalid_request", "duration", "x1")


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: httpx.Response(502, text="<html>"),
        lambda _: httpx.Response(200, text="not JSON"),
        lambda _: httpx.Response(200, json={"hello": "world"}),
        lambda _: httpx.Response(200, json=[1]),
    ],
)
def test_what_is_no_answer_of_this_api_is_named_with_the_service(answer: Answer) -> None:
    with pytest.raises(Unreachable, match=BASE):
        client(answer).get("req_1")


def test_waiting_tells_every_state_and_returns_the_last() -> None:
    states = iter([shown("queued", queue={"position": 1, "etaSeconds": 3.0}), shown("processing"), shown("succeeded")])
    told = []

    generation = client(lambda _: next(states)).wait("req_1", tell=told.append)

    assert [state.status for state in told] == ["queued", "processing", "succeeded"]
    assert told[0].queue_position == 1
    assert generation is told[-1]


def test_a_job_that_failed_is_an_error_with_its_code() -> None:
    failed = shown("failed", error={"code": "media_invalid", "message": "mediaUrls[0]: it is broken"})

    with pytest.raises(GenerationFailed, match="it is broken") as caught:
        client(lambda _: failed).wait("req_1")

    assert caught.value.code == "media_invalid"


def test_waiting_ends_at_its_deadline() -> None:
    with pytest.raises(TookTooLong):
        client(lambda _: shown("processing")).wait("req_1", deadline_s=0)


def test_a_download_is_whole_or_not_there(tmp_path: Path) -> None:
    into = tmp_path / "new" / "clip.mp4"
    digest = hashlib.sha256(VIDEO).hexdigest()
    service = client(lambda _: httpx.Response(200, content=VIDEO))

    with pytest.raises(Unreachable, match="damaged"):
        service.download(output(f"{BASE}/x.mp4", "0" * 64), into)
    assert list(into.parent.iterdir()) == []

    assert service.download(output(f"{BASE}/x.mp4", digest), into) == len(VIDEO)
    assert [path.name for path in into.parent.iterdir()] == ["clip.mp4"]


def test_the_key_goes_to_the_service_alone(tmp_path: Path) -> None:
    keys: dict[str, str | None] = {}

    def answer(request: httpx.Request) -> httpx.Response:
        keys[request.url.host] = request.headers.get("Authorization")
        return httpx.Response(200, content=VIDEO)

    service = client(answer)
    service.download(output(f"{BASE}/x.mp4"), tmp_path / "a.mp4")
    service.download(output("https://bucket.example/x.mp4"), tmp_path / "b.mp4")

    assert keys == {"127.0.0.1": "Bearer sd2_live_x", "bucket.example": None}
