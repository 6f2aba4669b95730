"""Signatures verify with the reference implementation of Standard Webhooks."""

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from seedbed.core.signing import make_secret, signature_headers

OLD, NEW = make_secret(b"o" * 32), make_secret(b"n" * 32)


def headers(*secrets, body=b'{"a":1}', at=None):
    return signature_headers(
        secrets, message_id="msg_1", timestamp_unix_s=int(time.time() if at is None else at), body=body
    )


@given(st.dictionaries(st.text(max_size=5), st.integers()))
def test_a_receiver_with_the_reference_library_accepts_our_signature(value):
    import json

    body = json.dumps(value).encode()

    assert Webhook(NEW).verify(body, headers(NEW, body=body)) == value


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_during_a_rotation_either_secret_verifies(secret):
    assert Webhook(secret).verify(b'{"a":1}', headers(NEW, OLD)) == {"a": 1}


def test_another_body_or_secret_or_time_does_not_verify():
    for body, secret, sent in (
        (b'{"a":2}', NEW, headers(NEW)),
        (b'{"a":1}', OLD, headers(NEW)),
        (b'{"a":1}', NEW, headers(NEW, at=time.time() - 3600)),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, sent)


def test_the_published_vector_is_reproduced():
    # Source: the example of the Standard Webhooks libraries' own tests.
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    sent = signature_headers(
        [secret], message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp_unix_s=1614265330, body=b'{"test": 2432232314}'
    )

    assert sent["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_holds_its_entropy_and_has_the_published_prefix():
    assert base64.b64decode(NEW.removeprefix("whsec_")) == b"n" * 32
    with pytest.raises(ValueError, match="24 to 64"):
        make_secret(b"x" * 23)
