"""What an operator asks a bucket with a tool of theirs: which uploads were begun and not ended."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx
from weed import BUCKET, OWNER

_NOTHING = hashlib.sha256(b"").hexdigest()


def unfinished_uploads(endpoint: str) -> list[str]:
    """Return the keys of all multipart uploads that were begun and neither completed nor aborted."""
    answer = httpx.get(f"{endpoint}/{BUCKET}?uploads=", headers=_signed(endpoint, "uploads="), timeout=30)
    assert answer.status_code == 200, answer.text
    return re.findall(r"<Upload>.*?<Key>(.*?)</Key>", answer.text, re.DOTALL)


def _signed(endpoint: str, query: str) -> dict[str, str]:
    """Source: AWS Signature Version 4, with a signed header."""
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{now[:8]}/us-east-1/s3/aws4_request"
    headers = {"host": urlsplit(endpoint).netloc, "x-amz-content-sha256": _NOTHING, "x-amz-date": now}
    names = ";".join(headers)
    listed = "".join(f"{name}:{value}\n" for name, value in headers.items())
    request = "\n".join(["GET", f"/{BUCKET}", query, listed, names, _NOTHING])
    text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{OWNER[1]}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    said = f"AWS4-HMAC-SHA256 Credential={OWNER[0]}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**headers, "Authorization": said}
