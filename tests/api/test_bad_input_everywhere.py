"""Bad input, dialect by dialect: each refuses it in its own envelope, names what is wrong, and charges nothing.

What only one dialect has, it is tried there: forms and files in uploads and videos.
Ids of events from nowhere are in test_native_events.
"""

from __future__ import annotations

import pytest
from arks import MODEL, TASKS, media, text
from customers import GENERATIONS, PICTURE_URL, ROOT, order
from openais import VIDEOS, body_of

pytestmark = pytest.mark.server
UPLOADS = f"{ROOT}/uploads"
NO_BASE64 = "data:image/png;base64,?!"
TOO_LONG = "data:image/png;base64," + "A" * 13_400_000
MAX_DATA = "10 MB"
FORM = "multipart/form-data; boundary=x"


def part(name: str, content: str = "abc", *, file: bool = False) -> str:
    named = '; filename="a.jpg"' if file else ""
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n{content}\r\n'


WHOLE = part("prompt") + part("file", file=True) + "--x--\r\n"


def task(*content, **fields) -> dict:
    return {"model": MODEL, "content": list(content) or [text()]} | fields


def picture(url: str, role: str | None = None) -> dict:
    return media("image", url, role)


# Where it is sent, the body (JSON, or content type and bytes), then status, code, param and words of the answer.
CASES = {
    "malformed multipart, upload": (UPLOADS, (FORM, "garbage"), 400, "invalid_request", "body", ""),
    "malformed multipart, video": (VIDEOS, (FORM, "garbage"), 400, "invalid_value", "body", "malformed"),
    "multipart that breaks off, upload": (UPLOADS, (FORM, part("file", file=True)), 400, "invalid_request", "body", ""),
    "multipart that breaks off, video": (VIDEOS, (FORM, part("prompt")), 400, "invalid_value", "body", "breaks off"),
    "missing boundary, upload": (UPLOADS, ("multipart/form-data", WHOLE), 400, "invalid_request", "body", "boundary"),
    "missing boundary, video": (VIDEOS, ("multipart/form-data", WHOLE), 400, "invalid_value", "body", "boundary"),
    "two files, upload": (
        UPLOADS,
        (FORM, part("file", file=True) * 2 + "--x--\r\n"),
        400,
        "invalid_request",
        "file",
        "one",
    ),
    "two files, video": (
        VIDEOS,
        (FORM, part("prompt") + part("input_reference", file=True) * 2 + "--x--\r\n"),
        400,
        "invalid_value",
        "input_reference",
        "2",
    ),
    "a form where none is taken, native": (GENERATIONS, (FORM, WHOLE), 415, "unsupported_media_type", None, "json"),
    "a form where none is taken, Ark": (
        TASKS,
        (FORM, WHOLE),
        415,
        "InvalidParameter.UnsupportedImageFormat",
        "",
        "json",
    ),
    "wrong content type, native": (GENERATIONS, ("text/plain", "{}"), 415, "unsupported_media_type", None, "json"),
    "wrong content type, upload": (UPLOADS, ("image/jpeg", "abc"), 415, "unsupported_media_type", None, "multipart"),
    "wrong content type, Ark": (
        TASKS,
        ("text/plain", "{}"),
        415,
        "InvalidParameter.UnsupportedImageFormat",
        "",
        "json",
    ),
    "wrong content type, OpenAI": (VIDEOS, ("text/plain", "{}"), 415, "unsupported_media_type", None, "json"),
    "no base64, native": (GENERATIONS, order(mediaUrls=[NO_BASE64]), 400, "invalid_request", "mediaUrls[0]", "base64"),
    "no base64, Ark": (
        TASKS,
        task(text(), picture(NO_BASE64)),
        400,
        "InvalidParameter.content",
        "content[1].image_url",
        "base64",
    ),
    "no base64, OpenAI": (
        VIDEOS,
        body_of(input_reference=NO_BASE64),
        400,
        "invalid_value",
        "input_reference",
        "base64",
    ),
    "no base64, OpenAI form": (
        VIDEOS,
        (FORM, part("prompt") + part("input_reference", NO_BASE64) + "--x--\r\n"),
        400,
        "invalid_value",
        "input_reference",
        "base64",
    ),
    "data over the limit, native": (
        GENERATIONS,
        order(mediaUrls=[TOO_LONG]),
        400,
        "invalid_request",
        "mediaUrls[0]",
        MAX_DATA,
    ),
    "data over the limit, Ark": (
        TASKS,
        task(text(), picture(TOO_LONG)),
        400,
        "InvalidParameter.content",
        "content[1].image_url",
        MAX_DATA,
    ),
    "data over the limit, OpenAI": (
        VIDEOS,
        body_of(input_reference=TOO_LONG),
        400,
        "invalid_value",
        "input_reference",
        MAX_DATA,
    ),
    "data over the limit, OpenAI form": (
        VIDEOS,
        (FORM, part("prompt") + part("input_reference", TOO_LONG) + "--x--\r\n"),
        400,
        "invalid_value",
        "input_reference",
        MAX_DATA,
    ),
    "seconds of words, native": (GENERATIONS, order(duration="five"), 400, "invalid_request", "duration", "integer"),
    "seconds of words, Ark": (TASKS, task(duration="five"), 400, "InvalidParameter.duration", "duration", "integer"),
    "seconds of words, OpenAI": (VIDEOS, body_of(seconds="five"), 400, "invalid_value", "seconds", "whole number"),
    "seconds of words, OpenAI form": (
        VIDEOS,
        (FORM, part("prompt") + part("seconds", "five") + "--x--\r\n"),
        400,
        "invalid_value",
        "seconds",
        "whole number",
    ),
    "size of one pixel, native": (GENERATIONS, order(resolution="1x1"), 400, "invalid_request", "resolution", "720p"),
    "size of one pixel, Ark": (TASKS, task(resolution="1x1"), 400, "InvalidParameter.resolution", "resolution", "720p"),
    "size of one pixel, OpenAI": (VIDEOS, body_of(size="1x1"), 400, "invalid_value", "size", "1280x720"),
    "unknown role, native": (
        GENERATIONS,
        order(references=[{"url": PICTURE_URL, "role": "hero"}]),
        400,
        "invalid_request",
        "references[0].role",
        "first_frame",
    ),
    "unknown role, Ark": (
        TASKS,
        task(text(), picture(PICTURE_URL, "hero")),
        400,
        "InvalidParameter.content",
        "content[1].role",
        "first_frame",
    ),
    "roles that exclude one another, native": (
        GENERATIONS,
        order(references=[{"url": PICTURE_URL, "role": "first_frame"}] * 2),
        400,
        "invalid_request",
        "references",
        "one is possible",
    ),
    "roles that exclude one another, Ark": (
        TASKS,
        task(text(), picture(PICTURE_URL, "first_frame"), picture(PICTURE_URL, "reference_image")),
        400,
        "InvalidParameter.content",
        "content",
        "one or the other",
    ),
    "mediaUrls and references at once, native": (
        GENERATIONS,
        order(mediaUrls=[PICTURE_URL], references=[{"url": PICTURE_URL}]),
        400,
        "invalid_request",
        "references",
        "together",
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_it_is_refused_by_name_and_nothing_is_kept_or_charged(ada, tmp_path, case):
    path, sent, status, code, param, says = CASES[case]
    options = {"json": sent} if isinstance(sent, dict) else {"content": sent[1], "headers": {"Content-Type": sent[0]}}

    answer = await ada.post(path, **options)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error.get("param")) == (status, code, param), error
    assert says in error["message"]
    assert list(answer.json()) == (["success", "error"] if path.startswith(ROOT) else ["error"])
    assert (await ada.jobs(), await ada.credits()) == (0, (1000, 0))
    assert list((tmp_path / "blobs").rglob("ast_*")) == []


# Cursors and places of another account: how one is got, where it is then used, and what is named.
async def _generations(ada) -> str:
    return (await ada.get(f"{GENERATIONS}?limit=1")).json()["cursor"]


async def _ledger(ada) -> str:
    return (await ada.get(f"{ROOT}/credits?limit=1")).json()["cursor"]


async def _videos(ada) -> str:
    return (await ada.get(f"{VIDEOS}?limit=1")).json()["last_id"]


CURSORS = {
    "generations": (_generations, GENERATIONS, "cursor", "invalid_request"),
    "ledger": (_ledger, f"{ROOT}/credits", "cursor", "invalid_request"),
    "videos": (_videos, VIDEOS, "after", "invalid_value"),
}


@pytest.mark.parametrize("of", CURSORS)
async def test_a_cursor_of_another_account_is_refused(ada, enrol, of):
    get, path, param, code = CURSORS[of]
    await ada.new_job()
    await ada.new_job()
    cursor, eve = await get(ada), await enrol()

    refused = await eve.get(path, params={param: cursor})

    assert (refused.status_code, refused.json()["error"]["code"], refused.json()["error"]["param"]) == (
        400,
        code,
        param,
    )
    assert (await ada.get(path, params={param: cursor})).status_code == 200
