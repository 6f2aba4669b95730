"""Verifying a webhook, with what the service signs and with what anybody else might."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from client.either import shown
from seedbed.core.signing import make_secret, signature_headers
from seedbed_client import BadSignature, Status, verify_webhook

SECRET, OLD, OTHER = (make_secret(bytes([n]) * 32) for n in (1, 2, 3))
AT = 1_795_000_000
BODY = shown().content


def signed(body: bytes = BODY, *, by=(SECRET,), at=AT) -> dict[str, str]:
    return signature_headers(by, message_id="msg_1", timestamp_unix_s=at, body=body)


def test_a_webhook_of_the_service_is_told() -> None:
    event = verify_webhook(signed(), BODY, SECRET, now_unix_s=AT + 5)

    assert (event.id, event.event, event.request_id) == ("msg_1", "succeeded", "req_1")
    assert event.at == datetime.fromtimestamp(AT, UTC)
    assert event.generation.status is Status.SUCCEEDED
    assert Webhook(SECRET)
    assert event.body.encode() == BODY


@pytest.mark.parametrize(("by", "known"), [((SECRET, OLD), OLD), ((SECRET,), [OLD, SECRET]), ((OLD,), (OLD, SECRET))])
def test_one_good_signature_is_enough_while_secrets_change(by, known) -> None:
    assert verify_webhook(signed(by=by), BODY, known, now_unix_s=AT).id == "msg_1"


def test_headers_may_be_in_any_case() -> None:
    headers = {name.title(): value for name, value in signed().items()}

    assert verify_webhook(headers, BODY.decode(), SECRET, now_unix_s=AT).headers.keys() == signed().keys()


@pytest.mark.parametrize(
    ("headers", "body", "secret", "now"),
    [
        (signed(), BODY + b" ", SECRET, AT),
        (signed(), BODY, OTHER, AT),
        (signed(), BODY, [], AT),
        (signed(), BODY, "whsec_!!!", AT),
        (signed(), BODY, SECRET, AT + 301),
        (signed(), BODY, SECRET, AT - 301),
        (signed() | {"webhook-timestamp": str(AT + 1)}, BODY, SECRET, AT),
        (signed() | {"webhook-timestamp": "soon"}, BODY, SECRET, AT),
        (signed() | {"webhook-timestamp": ""}, BODY, SECRET, AT),
        (signed() | {"webhook-id": "msg_2"}, BODY, SECRET, AT),
        (signed() | {"webhook-signature": ""}, BODY, SECRET, AT),
        (signed() | {"webhook-signature": "v1,é"}, BODY, SECRET, AT),
        (signed() | {"webhook-signature": "v2," + signed()["webhook-signature"][3:]}, BODY, SECRET, AT),
        ({}, BODY, SECRET, AT),
        (signed(b"[]"), b"[]", SECRET, AT),
        (signed(b"\xff"), b"\xff", SECRET, AT),
    ],
)
def test_what_is_not_from_the_service_or_not_from_now_is_turned_away(headers, body, secret, now) -> None:
    with pytest.raises(BadSignature) as caught:
        verify_webhook(headers, body, secret, now_unix_s=now)

    assert "whsec_" not in str(caught.value) or secret == "whsec_!!!"


@given(body=st.dictionaries(st.text(), st.integers()).map(lambda more: more | {"id": "cgt-1", "status": "running"}))
def test_the_callback_of_another_dialect_verifies_too(body: dict[str, object]) -> None:
    raw = json.dumps(body).encode()

    assert verify_webhook(signed(raw), raw, SECRET, now_unix_s=AT).request_id == "cgt-1"
