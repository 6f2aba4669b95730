"""Our webhooks verify with the libraries that receivers have. `make test-clients`: they are too large for every run."""

from __future__ import annotations

import json
import time

import pytest
from openai import InvalidWebhookSignatureError, OpenAI
from standardwebhooks import Webhook

from seedbed.core.signing import make_secret, signature_headers

OLD, NEW = make_secret(b"o" * 32), make_secret(b"n" * 24)
BODY = json.dumps({"requestId": "req_1", "status": "succeeded", "prompt": "민들레 é"}, ensure_ascii=False).encode()


@pytest.fixture(scope="module")
def client():
    with OpenAI(api_key="unused") as client:
        yield client


def signed(*secrets, at_unix_s: int | None = None) -> dict[str, str]:
    return signature_headers(secrets, message_id="msg_1", timestamp_unix_s=at_unix_s or int(time.time()), body=BODY)


@pytest.mark.parametrize("payload", [BODY, BODY.decode()], ids=["bytes", "text"])
@pytest.mark.parametrize("secret", [OLD, NEW])
def test_the_openai_sdk_verifies_either_signature_of_a_rotation(client, secret, payload):
    client.webhooks.verify_signature(payload, signed(NEW, OLD), secret=secret)


def test_the_openai_sdk_unwraps_the_body(client):
    event = client.webhooks.unwrap(BODY, signed(NEW), secret=NEW)

    assert event.to_dict()["requestId"] == "req_1"


def test_the_openai_sdk_refuses_what_was_changed_or_kept_too_long(client):
    for payload, headers in ((BODY + b" ", signed(NEW)), (BODY, signed(OLD)), (BODY, signed(NEW, at_unix_s=1))):
        with pytest.raises((InvalidWebhookSignatureError, ValueError)):
            client.webhooks.verify_signature(payload, headers, secret=NEW)


def test_the_reference_library_agrees(client):
    headers = signed(NEW, OLD)

    client.webhooks.verify_signature(BODY, headers, secret=NEW)
    assert Webhook(NEW).verify(BODY, headers) == json.loads(BODY)
