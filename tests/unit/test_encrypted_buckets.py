"""What a bucket is told of encryption: by the variables that S3's own tools know, with every object that is made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest

from seedbed.blobs.bucket import open_bucket
from seedbed.blobs.store import PART_BYTES, open_blobs
from seedbed.core.errors import NotReady

KEY = "arn:aws:kms:eu-central-1:1234:key/abcd"
OWN_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
PREFIX = "x-amz-server-side-encryption"
ANSWERS = {
    "POST uploads": b"<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>",
    "POST uploadId": b'<CompleteMultipartUploadResult><ETag>"1"</ETag></CompleteMultipartUploadResult>',
}
VARIABLES = ("SERVER_SIDE_ENCRYPTION", "SSE_KMS_KEY_ID", "SSE_BUCKET_KEY_ENABLED", "SSE_CUSTOMER_KEY_BASE64")


@dataclass
class Recorder:
    """As much of S3 as it takes to write: it keeps what was asked for, and with which encryption."""

    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := (await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""):
            line, *lines = head.decode().rstrip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            await reader.readexactly(int(headers.get("content-length", 0)))
            method, target, _ = line.split()
            what = f"{method} {target.partition('?')[2].partition('=')[0]}".strip()
            self.asked.append((what, {name: value for name, value in headers.items() if name.startswith(PREFIX)}))
            body = ANSWERS.get(what, b"")
            status = "404 Not Found" if method == "HEAD" else "200 OK"
            writer.write(f'HTTP/1.1 {status}\r\nETag: "1"\r\nContent-Length: {len(body)}\r\n\r\n'.encode() + body)
            await writer.drain()


@pytest.fixture
async def s3(monkeypatch) -> AsyncIterator[Recorder]:
    recorder = Recorder()
    connections = []

    async def accepted(reader, writer):
        connections.append(writer)
        try:
            await recorder.answer(reader, writer)
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(accepted, "127.0.0.1", 0)
    for name in ("ENDPOINT_URL_S3", "ENDPOINT", *VARIABLES):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.setenv(name, "given")
    yield recorder
    server.close()
    for writer in connections:
        writer.close()
    await asyncio.sleep(0)


def set_encryption(monkeypatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"AWS_{name}", value)


@pytest.mark.parametrize(
    ("variables", "headers"),
    [
        ({}, {}),
        ({"SERVER_SIDE_ENCRYPTION": "AES256"}, {"": "AES256"}),
        ({"SERVER_SIDE_ENCRYPTION": "aws:kms"}, {"": "aws:kms"}),
        (
            {"SERVER_SIDE_ENCRYPTION": "aws:kms", "SSE_KMS_KEY_ID": KEY, "SSE_BUCKET_KEY_ENABLED": "true"},
            {"": "aws:kms", "-aws-kms-key-id": KEY, "-bucket-key-enabled": "true"},
        ),
        (
            {"SERVER_SIDE_ENCRYPTION": "aws:kms:dsse", "SSE_KMS_KEY_ID": KEY},
            {"": "aws:kms:dsse", "-aws-kms-key-id": KEY},
        ),
    ],
    ids=["none", "SSE-S3", "SSE-KMS, the bucket's key", "SSE-KMS, a key of ours", "DSSE-KMS"],
)
async def test_whatever_makes_an_object_names_the_encryption_and_nothing_else_does(
    s3, tmp_path, monkeypatch, variables, headers
):
    set_encryption(monkeypatch, variables)
    blobs = open_blobs("s3://bucket", tmp_path)
    (tmp_path / "large").write_bytes(bytes(PART_BYTES + 1))

    await blobs.put_bytes("small", b"x")
    await blobs.put_file("large", tmp_path / "large")
    async with httpx.AsyncClient() as reader:
        await reader.get(await blobs.presigned("small", "GET", lifetime=timedelta(minutes=1)))

    named = {PREFIX + name: value for name, value in headers.items()}
    making = [told for what, told in s3.asked if what in ("PUT", "POST uploads")]
    other = [told for what, told in s3.asked if what not in ("PUT", "POST uploads")]
    assert making == [named, named]
    assert len(other) == 5  # a look, two parts, their end, and a reader
    assert not any(other)


async def test_a_key_of_the_customers_own_goes_with_every_part_and_every_read(s3, tmp_path, monkeypatch):
    set_encryption(monkeypatch, {"SERVER_SIDE_ENCRYPTION": "sse-c", "SSE_CUSTOMER_KEY_BASE64": OWN_KEY})
    blobs = open_blobs("s3://bucket", tmp_path)
    (tmp_path / "large").write_bytes(bytes(PART_BYTES + 1))

    await blobs.put_bytes("small", b"x")
    await blobs.put_file("large", tmp_path / "large")

    keyed = [what for what, told in s3.asked if told.get(f"{PREFIX}-customer-key") == OWN_KEY]
    assert keyed == ["PUT", "HEAD", "POST uploads", "PUT partNumber", "PUT partNumber"]


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"SSE_KMS_KEY_ID": KEY}, "AWS_SSE_KMS_KEY_ID needs AWS_SERVER_SIDE_ENCRYPTION=aws:kms.* not set"),
        ({"SERVER_SIDE_ENCRYPTION": "AES256", "SSE_KMS_KEY_ID": KEY}, "which is AES256"),
        ({"SSE_BUCKET_KEY_ENABLED": "true"}, "AWS_SSE_BUCKET_KEY_ENABLED needs"),
        ({"SSE_CUSTOMER_KEY_BASE64": OWN_KEY}, "AWS_SSE_CUSTOMER_KEY_BASE64 needs"),
        ({"SERVER_SIDE_ENCRYPTION": "aws:kms", "SSE_BUCKET_KEY_ENABLED": "perhaps"}, "true or false"),
        ({"SERVER_SIDE_ENCRYPTION": "rot13"}, "AES256 or aws:kms"),
    ],
)
async def test_an_encryption_that_would_not_be_one_is_refused_and_tells_no_key(s3, monkeypatch, variables, words):
    set_encryption(monkeypatch, variables)

    with pytest.raises(NotReady, match=words) as refused:
        open_bucket("s3://bucket")

    assert OWN_KEY not in str(refused.value)
