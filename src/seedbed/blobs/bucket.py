"""Opens a bucket by its URL; keys, region and endpoint come from the usual variables of its kind (`AWS_*`, ...).

A URL that bears credentials is refused: it would stand in process lists and unit files.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeGuard
from urllib.parse import urlsplit

from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, ObjectStore, S3Store, from_url

from seedbed.core.errors import NotReady

REQUEST_S = 60.0  # one request with its body; a download that takes longer is continued by another request
CONNECT_S = 5.0
# The library tries a request again by itself. Whoever calls us has patience or a client of its own, so not for long.
RETRIES = {
    "max_retries": 4,
    "backoff": {"init_backoff": timedelta(seconds=0.1), "max_backoff": timedelta(seconds=2), "base": 2},
    "retry_timeout": timedelta(seconds=10),
}
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_ENCRYPTION = " AWS_SERVER_SIDE_ENCRYPTION is AES256 or aws:kms (or aws:kms:dsse or sse-c)."
# What means nothing without another variable. The library would leave it out in silence, and store in the clear.
_NEEDED = {
    "AWS_SSE_KMS_KEY_ID": ("aws:kms", "aws:kms:dsse"),
    "AWS_SSE_BUCKET_KEY_ENABLED": ("aws:kms",),
    "AWS_SSE_CUSTOMER_KEY_BASE64": ("sse-c",),
}
_YES, _NO = ("1", "true", "on", "yes", "y"), ("0", "false", "off", "no", "n")  # as the library reads them
_FORM = "give a URL like file:///folder, s3://bucket or s3://bucket/prefix."


def open_bucket(url: str, *, endpoint: str | None = None, ca_bundle: Path | None = None) -> ObjectStore:
    """Return the bucket, unasked whether it is there. `endpoint` overrules that of the variables (S3 alone).

    Raises NotReady; what it says holds no secret.
    """
    _refuse_secrets(url)
    if url.startswith("s3"):
        _check_encryption()
    options: dict[str, Any] = {
        "timeout": timedelta(seconds=REQUEST_S),
        "connect_timeout": timedelta(seconds=CONNECT_S),
        "allow_http": (endpoint or endpoint_of_variables()).startswith("http://"),
    }
    if ca_bundle is not None:
        options["root_certificate"] = _read(ca_bundle)
    if endpoint and os.environ.get(_ENDPOINTS[0]):
        raise NotReady("Beside SEEDBED_BLOBS_PUBLIC_ENDPOINT, name the store's own endpoint in AWS_ENDPOINT_URL.")
    config = {"config": {"endpoint": endpoint}} if endpoint else {}
    given = {"client_options": options, "retry_config": RETRIES, **config}
    try:
        store: ObjectStore = from_url(url, **given)  # type: ignore[call-overload]  # one option type a store
    except (BaseError, ValueError, OSError) as exc:
        hint = _ENCRYPTION if "encryption" in str(exc) else ""
        raise NotReady(f"SEEDBED_BLOBS_URL cannot be opened; {_FORM}{hint}") from exc
    return store


def endpoint_of_variables() -> str:
    """Return the endpoint that the variables name, in the order in which the library looks at them, or ''."""
    return next(filter(None, map(os.environ.get, _ENDPOINTS)), "")


def signs(store: ObjectStore) -> TypeGuard[S3Store | GCSStore | AzureStore]:
    """Whether the store has presigned URLs that need nothing besides."""
    if isinstance(store, S3Store):
        # With a key of the customer's own, every reader would have to send that key.
        return os.environ.get("AWS_SERVER_SIDE_ENCRYPTION") != "sse-c"
    return isinstance(store, GCSStore | AzureStore)


def _refuse_secrets(url: str) -> None:
    try:
        parts = urlsplit(url)
        named = parts.username or parts.password or parts.query
    except ValueError as exc:
        raise NotReady(f"SEEDBED_BLOBS_URL cannot be opened; {_FORM}") from exc
    if named:
        raise NotReady(
            "SEEDBED_BLOBS_URL bears a key or options; it is a bucket and a prefix alone. Set AWS_ACCESS_KEY_ID, "
            "AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT_URL instead."
        )


def _check_encryption() -> None:
    """Raise NotReady if the variables ask for an encryption and leave open which, so that there would be none."""
    algorithm = os.environ.get("AWS_SERVER_SIDE_ENCRYPTION", "")
    for name, needed in _NEEDED.items():
        value = os.environ.get(name, "")
        if value and value.lower() not in _NO and algorithm not in needed:
            raise NotReady(
                f"{name} needs AWS_SERVER_SIDE_ENCRYPTION={' or '.join(needed)} beside it, which is "
                f"{algorithm or 'not set'}; without that nothing would be encrypted with the key."
            )
    if os.environ.get("AWS_SSE_BUCKET_KEY_ENABLED", "true").lower() not in _YES + _NO:
        raise NotReady("AWS_SSE_BUCKET_KEY_ENABLED is true or false.")


def _read(ca_bundle: Path) -> bytes:
    try:
        return ca_bundle.read_bytes()
    except OSError as exc:
        raise NotReady(f"SEEDBED_CA_BUNDLE {ca_bundle} cannot be read: {exc.strerror}.") from exc
