"""What an answer must look like for a fact to be kept.

Each judge returns None when all is as documented, else in words what was seen instead. Members that the documents do
not name are nobody's business here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from seedbed.cli.contract.answers import Answer

UNAUTHORIZED = b'{"success":false,"error":{"code":"unauthorized","message":"Invalid API key"}}'
STATUSES = ("queued", "processing", "succeeded", "failed", "cancelled")
CREATED_MEMBERS = ["success", "requestId", "status", "creditsCharged"]
CANCELLED_MEMBERS = ["success", "requestId", "status"]
SHOWN_MEMBERS = [*CANCELLED_MEMBERS, "model", "prompt", "duration", "aspectRatio", "output", "error"]
MODEL_IDS = ("seedance-2.0", "seedance-2.0-fast", "seedance-1.5-pro")
_SHOWN_CHARACTERS = 160


def says(expected: int = 200, /, **members: Any) -> Callable[[Answer], str | None]:
    """Return the judge of an HTTP status and of some members' values; a refusal must bear the documented envelope."""

    def judge(answer: Answer) -> str | None:
        if answer.status != expected:
            return _seen(answer)
        if expected >= 400:
            return _envelope(answer)
        wrong = [name for name, value in members.items() if not _same(answer.body.get(name, ...), value)]
        return f"{_seen(answer)}; {', '.join(wrong)}" if wrong else None

    return judge


def is_refused(answer: Answer) -> str | None:
    """Judge a bad request's refusal."""
    return says(400)(answer)


def is_unauthorized(answer: Answer) -> str | None:
    """The one body of which the documents print every byte. Space between members is not held against a server."""
    if answer.status != 401:
        return _seen(answer)
    return None if answer.body == json.loads(UNAUTHORIZED) else _seen(answer)


def lists_models(answer: Answer) -> str | None:
    """The form of an item is not documented: each model's id must stand somewhere in the list."""
    data = answer.body.get("data")
    if answer.status != 200 or answer.body.get("success") is not True or not isinstance(data, list):
        return _seen(answer)
    words = set(_strings(data))
    missing = [name for name in MODEL_IDS if name not in words]
    return f"not in the list: {', '.join(missing)}" if missing else None


def is_created(answer: Answer) -> str | None:
    body = answer.body
    if answer.status != 200 or list(body)[: len(CREATED_MEMBERS)] != CREATED_MEMBERS:
        return _seen(answer)
    is_sound = body["success"] is True and body["status"] == "queued" and answer.request_id.startswith("req_")
    return None if is_sound and _is_count(body["creditsCharged"]) else _seen(answer)


def is_cancelled(answer: Answer) -> str | None:
    is_documented = list(answer.body)[: len(CANCELLED_MEMBERS)] == CANCELLED_MEMBERS
    return says(success=True, status="cancelled")(answer) if is_documented else _seen(answer)


def has_documented_members(answer: Answer) -> str | None:
    """Judge the form of a generation: its members in their order, its status one of five, output and error by it."""
    body = answer.body
    if answer.status != 200 or list(body)[: len(SHOWN_MEMBERS)] != SHOWN_MEMBERS:
        return f"status {answer.status}, members {', '.join(body)}"
    if body["success"] is not True or body["status"] not in STATUSES:
        return f"success {body['success']}, status {body['status']!r}"
    if (body["output"] is not None) != (body["status"] == "succeeded"):
        return f"status {body['status']!r} with output {json.dumps(body['output'])}"
    return None if (body["error"] is not None) == (body["status"] == "failed") else f"error {body['error']!r}"


def repeats_the_order(order: Mapping[str, Any]) -> Callable[[Answer], str | None]:
    return says(**{name: order[name] for name in ("model", "prompt", "duration", "aspectRatio")})


def is_result_url(answer: Answer) -> str | None:
    output = answer.body.get("output")
    if not isinstance(output, dict) or output.get("type") != "video":
        return f"output {json.dumps(output)[:_SHOWN_CHARACTERS]}"
    path = str(output.get("url", "")).partition("?")[0]
    return None if path.endswith(f"/open-api-results/{answer.request_id}.mp4") else f"url {path}"


def is_mp4(answer: Answer) -> str | None:
    if answer.status not in (200, 206):
        return _seen(answer)
    return None if answer.content[4:8] == b"ftyp" else f"the file begins with {answer.content[:12]!r}"


def _envelope(answer: Answer) -> str | None:
    error = answer.body.get("error")
    texts = (error.get("code"), error.get("message")) if isinstance(error, dict) else (None, None)
    is_one = answer.body.get("success") is False and all(isinstance(text, str) and text for text in texts)
    return None if is_one else f"not the documented envelope: {_seen(answer)}"


def _seen(answer: Answer) -> str:
    if answer.trouble:
        return answer.trouble
    return f"{answer.status} {answer.content[:_SHOWN_CHARACTERS].decode('utf-8', 'replace')}"


def _same(found: Any, wanted: Any) -> bool:
    return type(found) is type(wanted) and bool(found == wanted)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for part in parts for text in _strings(part)]
