"""What is wrong with a bucket, in words; and how one is opened without telling its secrets."""

import pytest
from obstore.exceptions import GenericError, PermissionDeniedError

from seedbed.blobs.bucket import open_bucket, signs
from seedbed.blobs.refusals import explain
from seedbed.blobs.store import open_blobs
from seedbed.core.errors import Misuse, NotReady


@pytest.fixture(autouse=True)
def endpoint(monkeypatch):
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT", "AWS_SERVER_SIDE_ENCRYPTION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (FileNotFoundError("status code: 404: <Code>NoSuchBucket</Code>"), "create it"),
        (PermissionDeniedError("status code: 403: <Code>InvalidAccessKeyId</Code>"), "mend AWS_ACCESS_KEY_ID"),
        (PermissionDeniedError("status code: 403: <Code>AccessDenied</Code>"), "s3:ListBucket"),
        (PermissionDeniedError("non-2xx status code: 403 Forbidden: go away"), "refuses (403)"),
        (
            GenericError("<Code>AuthorizationHeaderMalformed</Code><Region>eu-west-3</Region>"),
            "set AWS_REGION=eu-west-3",
        ),
        (GenericError("non-2xx status code: 301 Moved Permanently"), "set AWS_REGION"),
        (GenericError("<Code>RequestTimeTooSkewed</Code>"), "clock"),
        (GenericError("Error performing PUT http://169.254.169.254/latest/api/token in 2s"), "no credentials"),
        (GenericError("non-2xx status code: 503 Slow: <Code>Busy</Code>"), "it answers 503 Busy"),
        (FileNotFoundError("non-2xx status code: 404 Not Found: no page"), "no such store"),
        (GenericError("HTTP error: error sending request"), "mend AWS_ENDPOINT_URL"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (TimeoutError(), "in time"),
        (GenericError("secret: hunter2"), "it does not answer"),
    ],
)
def test_every_way_to_fail_has_words_that_help_and_no_secret(fault, words):
    told = explain(fault)

    assert words in told
    assert "hunter2" not in told


@pytest.mark.parametrize(
    "url", ["s3://", "s3://AKIA:hunter2@bucket", "s3://bucket?key=hunter2", "nonsense://hunter2", "s3://[hunter2"]
)
def test_a_url_that_is_wrong_or_bears_a_key_is_refused_without_repeating_it(url):
    with pytest.raises(NotReady, match="SEEDBED_BLOBS_URL") as failure:
        open_bucket(url)

    assert "hunter2" not in str(failure.value)


def test_an_encryption_that_is_not_known_is_told_at_start(monkeypatch):
    monkeypatch.setenv("AWS_SERVER_SIDE_ENCRYPTION", "rot13")

    with pytest.raises(NotReady, match="AES256"):
        open_bucket("s3://bucket")


def test_a_bundle_of_certificates_that_is_not_there_is_named(tmp_path):
    with pytest.raises(NotReady, match="SEEDBED_CA_BUNDLE"):
        open_bucket("s3://bucket", ca_bundle=tmp_path / "missing.pem")


def test_a_public_endpoint_needs_the_variable_that_it_can_overrule(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")

    with pytest.raises(NotReady, match="AWS_ENDPOINT_URL"):
        open_blobs("s3://bucket", tmp_path, public_endpoint="https://files.seedbed.dev")


def test_bytes_that_need_the_readers_key_are_not_presigned(monkeypatch):
    assert signs(open_bucket("s3://bucket"))
    monkeypatch.setenv("AWS_SERVER_SIDE_ENCRYPTION", "sse-c")
    monkeypatch.setenv("AWS_SSE_CUSTOMER_KEY_BASE64", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    assert not signs(open_bucket("s3://bucket"))


async def test_a_folder_presigns_nothing(tmp_path):
    blobs = open_blobs(None, tmp_path)

    assert not blobs.can_presign
    with pytest.raises(Misuse):
        await blobs.presigned("a", "GET", lifetime=None)
