"""The receiver of the test kit: it believes a signature alone, and says what came when it waited in vain."""

from __future__ import annotations

import time
import urllib.request
from urllib.error import HTTPError

import pytest

from seedbed.core.signing import make_secret, signature_headers
from seedbed.testing.inbox import receiving

SECRET = make_secret(bytes(32))
BODY = b'{"requestId":"req_1","status":"succeeded"}'


def post(url: str, *, secret: str = SECRET, body: bytes = BODY) -> int:
    headers = signature_headers([secret], message_id="msg_1", timestamp_unix_s=int(time.time()), body=body)
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:  # noqa: S310 - loopback
            return answer.status
    except HTTPError as refusal:
        with refusal:
            return refusal.code


def test_a_signed_webhook_is_kept_and_waited_for():
    with receiving([SECRET]) as inbox:
        assert post(inbox.url) == 204

        event = inbox.wait("req_1", timeout_s=0)

    assert (event.event, event.generation.request_id) == ("succeeded", "req_1")


def test_a_forged_one_is_refused_and_told_about():
    with receiving([SECRET]) as inbox:
        assert post(inbox.url, secret=make_secret(bytes(31) + b"1")) == 401

        with pytest.raises(TimeoutError, match=r"what came: nothing.* Refused: No signature"):
            inbox.wait(timeout_s=0)


def test_a_wait_may_be_for_one_request_or_for_several_messages():
    with receiving([SECRET]) as inbox:
        post(inbox.url)

        with pytest.raises(TimeoutError, match=r"about req_2 .* succeeded of req_1"):
            inbox.wait("req_2", timeout_s=0)
        with pytest.raises(TimeoutError):
            inbox.wait(timeout_s=0, count=2)
        post(inbox.url)
        assert inbox.wait(timeout_s=0, count=2).id == "msg_1"
