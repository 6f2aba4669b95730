"""Says in words why a store refuses or fails, from what the library makes of it.

The library's own text is never passed on: it holds whole requests.
"""

from __future__ import annotations

import re

from obstore.exceptions import PermissionDeniedError

_CODE = re.compile(r"<Code>(\w+)</Code>")
_REGION = re.compile(r"<Region>([\w-]+)</Region>")
_STATUS = re.compile(r"non-2xx status code: (\d{3})")
RIGHTS = "s3:PutObject, s3:GetObject, s3:DeleteObject, s3:AbortMultipartUpload and s3:ListBucket"

_WORDS = {
    "NoSuchBucket": "there is no such bucket there; create it, or mend SEEDBED_BLOBS_URL",
    "InvalidBucketName": "that is no name for a bucket; mend SEEDBED_BLOBS_URL",
    "InvalidAccessKeyId": "it does not know the access key; mend AWS_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "the secret does not fit the access key; mend AWS_SECRET_ACCESS_KEY",
    "AccessDenied": f"the key lacks a right; it needs {RIGHTS} for the bucket",
    "ExpiredToken": "the credentials have expired; renew AWS_SESSION_TOKEN and its key",
    "InvalidToken": "the session token is wrong; mend AWS_SESSION_TOKEN",
    "RequestTimeTooSkewed": "this machine's clock differs too much from the store's; set it right",
    "KMS.NotFoundException": "the key of the encryption is not there; mend AWS_SSE_KMS_KEY_ID",
    "SlowDown": "it asks for fewer requests",
}
_REGIONS = ("AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException", "BadRequest")


def explain(fault: BaseException) -> str:
    """Return what is wrong as part of a sentence, without secrets, keys or URLs."""
    if isinstance(fault, TimeoutError):
        return "it does not answer in time"
    said = str(fault)
    if "/latest/api/token" in said or "/latest/meta-data" in said or "/computeMetadata" in said:
        return "there are no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role"
    code, status = _found(_CODE, said), _found(_STATUS, said)
    if code in _REGIONS or status == "301":
        region = _found(_REGION, said)
        return f"the bucket is in another region; set AWS_REGION{'=' + region if region else ''}"
    if code in _WORDS:
        return _WORDS[code]
    if isinstance(fault, FileNotFoundError) and status:
        return "what answers there is no such store; mend AWS_ENDPOINT_URL"
    if isinstance(fault, PermissionDeniedError):
        return f"it refuses ({code or status}); the key needs {RIGHTS} for the bucket"
    if status:
        return f"it answers {status}{' ' + code if code else ''}"
    if isinstance(fault, OSError):
        return fault.strerror or type(fault).__name__
    if "error sending request" in said:
        return "nothing answers at its endpoint as it should; mend AWS_ENDPOINT_URL"
    return "it does not answer"


def _found(pattern: re.Pattern[str], said: str) -> str:
    found = pattern.search(said)
    return found.group(1) if found else ""
