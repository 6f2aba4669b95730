"""Every way to break a submit gets a clear answer that names the field, and loses nothing."""

from __future__ import annotations

import json

import pytest
from customers import GENERATIONS, PICTURE_URL, order

WRONG_TYPES = [
    ("model", 5, "must be a string; got an integer"),
    ("model", None, "must be a string; got null"),
    ("prompt", ["a"], "must be a string; got a list"),
    ("prompt", None, "must be a string; got null"),
    ("mediaUrls", PICTURE_URL, "must be a list; got a string"),
    ("mediaUrls", {"0": PICTURE_URL}, "must be a list; got an object"),
    ("references", "first_frame", "must be a list; got a string"),
    ("aspectRatio", 1.78, "must be a string; got a number"),
    ("duration", "5", "must be an integer; got a string"),
    ("duration", True, "must be an integer; got true or false"),
    ("duration", 5.0, "must be an integer; got a number"),
    ("duration", 5.5, "must be an integer; got a number"),
    ("duration", [5], "must be an integer; got a list"),
    ("resolution", 720, "must be a string; got an integer"),
    ("seed", "7", "must be an integer; got a string"),
    ("seed", True, "must be an integer; got true or false"),
    ("seed", 7.0, "must be an integer; got a number"),
    ("generateAudio", 1, "must be true or false; got an integer"),
    ("generateAudio", "true", "must be true or false; got a string"),
    ("returnLastFrame", 0, "must be true or false; got an integer"),
    ("priority", "9", "must be an integer; got a string"),
    ("expiresAfter", "3600", "must be an integer; got a string"),
    ("webhookUrl", ["https://receiver.dev"], "must be a string; got a list"),
    ("metadata", [], "must be an object; got a list"),
    ("metadata", "x", "must be an object; got a string"),
]

WRONG_VALUES = [
    ({"model": "seedance-3.0"}, "model", "seedance-1.5-pro"),
    ({"model": ""}, "model", "seedance-2.0"),
    ({"model": "Seedance-2.0"}, "model", "seedance-2.0"),
    ({"prompt": ""}, "prompt", "1 to 5000"),
    ({"prompt": " \n\t　"}, "prompt", "1 to 5000"),
    ({"prompt": "x" * 5001}, "prompt", "it has 5001"),
    ({"mediaUrls": []}, "mediaUrls", "leave it out"),
    ({"mediaUrls": [PICTURE_URL] * 6}, "mediaUrls", "it has 6"),
    ({"references": []}, "references", "leave it out"),
    ({"references": [{"url": PICTURE_URL}] * 6}, "references", "it has 6"),
    ({"references": [{"url": PICTURE_URL, "role": "lead"}]}, "references[0].role", "first_frame"),
    ({"references": [{"url": PICTURE_URL, "role": "last_frame"}] * 2}, "references", "one is possible"),
    ({"aspectRatio": "4:3"}, "aspectRatio", "16:9, 9:16, 1:1"),
    ({"aspectRatio": ""}, "aspectRatio", "16:9"),
    ({"resolution": "4k"}, "resolution", "480p, 720p, 1080p"),
    ({"resolution": "720P"}, "resolution", "720p"),
    ({"duration": 3}, "duration", "4 to 15"),
    ({"duration": 16}, "duration", "4 to 15"),
    ({"duration": 0}, "duration", "4 to 15"),
    ({"duration": -5}, "duration", "4 to 15"),
    ({"duration": 10**40}, "duration", "4 to 15"),
    ({"model": "seedance-2.0-fast", "duration": 16}, "duration", "4 to 15"),
    ({"model": "seedance-1.5-pro", "duration": 7}, "duration", "5 or 10"),
    ({"model": "seedance-1.5-pro", "duration": 4}, "duration", "5 or 10"),
    ({"seed": -1}, "seed", "0 to 4294967295"),
    ({"seed": 2**32}, "seed", "0 to 4294967295"),
    ({"priority": -1}, "priority", "0 to 9"),
    ({"priority": 10}, "priority", "0 to 9"),
    ({"expiresAfter": 3599}, "expiresAfter", "3600 to 259200"),
    ({"expiresAfter": 259201}, "expiresAfter", "3600 to 259200"),
    ({"metadata": {"note": "x" * 16400}}, "metadata", "16384 bytes"),
    ({"webhookUrl": ""}, "webhookUrl", "https"),
    ({"webhookUrl": "http://receiver.dev/hook"}, "webhookUrl", "https"),
    ({"webhookUrl": "https://10.0.0.1/hook"}, "webhookUrl", "private"),
    ({"mediaUrls": [PICTURE_URL, 5]}, "mediaUrls[1]", "must be a string"),
    ({"mediaUrls": [None]}, "mediaUrls[0]", "must be a string; got null"),
    ({"references": [PICTURE_URL]}, "references[0]", "must be an object"),
    ({"references": [{"role": "first_frame"}]}, "references[0].url", "is required"),
    ({"references": [{"url": PICTURE_URL, "role": 1}]}, "references[0].role", "must be a string"),
    ({"mediaUrls": [PICTURE_URL], "references": [{"url": PICTURE_URL}]}, "references", "cannot be sent together"),
    ({"model": ...}, "model", "is required"),
    ({"prompt": ...}, "prompt", "is required"),
]

FORBIDDEN_URLS = [
    "http://cdn.pictures.dev/a.jpg",
    "ftp://cdn.pictures.dev/a.jpg",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "//cdn.pictures.dev/a.jpg",
    "cdn.pictures.dev/a.jpg",
    "",
    " https://cdn.pictures.dev/a.jpg",
    "https://cdn.pictures.dev/a b.jpg",
    "https://",
    "https:///a.jpg",
    "https://user:secret@cdn.pictures.dev/a.jpg",
    "https://user@cdn.pictures.dev/a.jpg",
    "https://cdn.pictures.dev:99999/a.jpg",
    "https://cdn.pictures.dev:22/a.jpg",
    "https://cdn.pictures.dev/" + "a" * 2048,
    "https://localhost/a.jpg",
    "https://LOCALHOST./a.jpg",
    "https://127.0.0.1/a.jpg",
    "https://127.1/a.jpg",
    "https://2130706433/a.jpg",
    "https://0x7f000001/a.jpg",
    "https://0x7f.1/a.jpg",
    "https://0177.0.0.1/a.jpg",
    "https://0/a.jpg",
    "https://[::1]/a.jpg",
    "https://[::]/a.jpg",
    "https://[::ffff:127.0.0.1]/a.jpg",
    "https://[::ffff:7f00:1]/a.jpg",
    "https://[64:ff9b::7f00:1]/a.jpg",
    "https://[2002:7f00:1::]/a.jpg",
    "https://[fe80::1]/a.jpg",
    "https://[fc00::1]/a.jpg",
    "https://１２７.０.０.１/a.jpg",
    "https://10.0.0.1/a.jpg",
    "https://172.16.0.1/a.jpg",
    "https://192.168.1.1/a.jpg",
    "https://100.64.0.1/a.jpg",
    "https://169.254.169.254/latest/meta-data",
    "https://0.0.0.0/a.jpg",
    "https://224.0.0.1/a.jpg",
    "https://255.255.255.255/a.jpg",
    "https://1.2.3.4.5/a.jpg",
    "https://999.1/a.jpg",
]


async def check_refused(ada, answer, *, status=400, code="invalid_request", param=None, says="") -> None:
    """The answer is the envelope with that code, and the account has neither a job nor a credit less."""
    error = answer.json()["error"]

    assert (answer.status_code, error["code"], error.get("param")) == (status, code, param)
    assert answer.json()["success"] is False
    assert says in error["message"]
    assert answer.headers["X-Request-Id"]
    assert await ada.jobs() == 0
    assert await ada.credits() == (1000, 0)


@pytest.mark.parametrize(("field", "value", "says"), WRONG_TYPES)
async def test_a_field_of_the_wrong_type_is_refused_by_name(ada, field, value, says):
    answer = await ada.submit(**{field: value})

    await check_refused(ada, answer, param=field, says=f"{field} {says}")


@pytest.mark.parametrize(("fields", "param", "says"), WRONG_VALUES, ids=str)
async def test_a_value_out_of_range_is_refused_and_the_message_says_what_would_be_right(ada, fields, param, says):
    answer = await ada.submit(**fields)

    await check_refused(ada, answer, param=param, says=says)


@pytest.mark.parametrize("url", FORBIDDEN_URLS)
async def test_a_url_that_may_not_be_called_is_refused_with_its_position(ada, url):
    answer = await ada.submit(mediaUrls=[PICTURE_URL, url])

    await check_refused(ada, answer, param="mediaUrls[1]", says="mediaUrls[1]")


async def test_a_refusal_never_repeats_a_urls_secrets(ada):
    answer = await ada.submit(mediaUrls=["https://user:hunter2@cdn.pictures.dev/a.jpg?token=hunter3"])

    await check_refused(ada, answer, param="mediaUrls[0]")
    assert "hunter" not in answer.text


TEXTS_THAT_CANNOT_BE_KEPT = [
    (r'{"model":"seedance-2.0","prompt":"a\u0000b"}', "prompt", "NUL"),
    (r'{"model":"seedance-2.0","prompt":"\ud83d"}', "prompt", "surrogate"),
    (r'{"model":"seedance-2.0","prompt":"\udd8a\ud83d"}', "prompt", "surrogate"),
    (r'{"model":"seedance-2.0\u0000","prompt":"a"}', "model", "NUL"),
    (r'{"model":"seedance-2.0","prompt":"a","metadata":{"a":[{"b":"\ud800"}]}}', "metadata.a[0].b", "surrogate"),
    (r'{"model":"seedance-2.0","prompt":"a","metadata":{"a\u0000":1}}', "metadata.a?", "NUL"),
    (r'{"model":"seedance-2.0","prompt":"a","metadata":{"\udfff":1}}', "metadata.?", "surrogate"),
    (r'{"model":"seedance-2.0","prompt":"a","x":"\u0000"}', "x", "NUL"),
    (r'{"model":"seedance-2.0","prompt":"a","mediaUrls":["https://cdn.dev/\ud800"]}', "mediaUrls[0]", "surrogate"),
    (r'{"model":"seedance-2.0","prompt":"a","webhookUrl":"https://cdn.dev/\u0000"}', "webhookUrl", "NUL"),
]


@pytest.mark.parametrize(("body", "param", "says"), TEXTS_THAT_CANNOT_BE_KEPT)
async def test_text_that_no_database_can_hold_is_refused_by_its_path(ada, body, param, says):
    await check_refused(ada, await ada.send_raw(body.encode()), param=param, says=says)


GOOD = json.dumps(order())[1:-1]
NOT_JSON = [
    (b"", "empty"),
    (b"   ", "empty"),
    (b"prompt=fox", "not valid JSON"),
    (b"{'model':'seedance-2.0'}", "not valid JSON"),
    (b'{"model":"seedance-2.0",}', "not valid JSON"),
    (b'{"model":"seedance-2.0"} {}', "not valid JSON"),
    (b'{"model":"seed', "not valid JSON"),
    (b"[]", "must be a JSON object"),
    (json.dumps([order()]).encode(), "got a list"),
    (b'"seedance-2.0"', "got a string"),
    (b"5", "got a number"),
    (b"true", "got true or false"),
    (b"null", "got null"),
    (b'{"prompt":"a\xff"}', "not valid UTF-8"),
    (json.dumps(order()).encode("utf-16"), "not valid UTF-8"),
    (b"\xef\xbb\xbf" + json.dumps(order()).encode(), "byte order mark"),
    (f'{{{GOOD},"duration":5}}'.encode(), "'duration' stands twice"),
    (f'{{{GOOD},"metadata":{{"a":1,"a":1}}}}'.encode(), "'a' stands twice"),
    (f'{{{GOOD},"seed":NaN}}'.encode(), "NaN is not JSON"),
    (f'{{{GOOD},"seed":Infinity}}'.encode(), "Infinity is not JSON"),
    (f'{{{GOOD},"seed":-Infinity}}'.encode(), "Infinity is not JSON"),
    (f'{{{GOOD},"seed":1e400}}'.encode(), "too large"),
    (f'{{{GOOD},"seed":{"9" * 5000}}}'.encode(), "5000 digits"),
    (f'{{{GOOD},"metadata":{{"a":{"[" * 100}{"]" * 100}}}}}'.encode(), "levels deep"),
    (b"[" * 200_000, "levels deep"),
    (b'{"a":' * 100_000, "levels deep"),
    (b'{"prompt":"a\x01b"}', "not valid JSON"),
]


@pytest.mark.parametrize(("body", "says"), NOT_JSON, ids=lambda value: repr(value)[:60])
async def test_a_body_that_is_not_one_json_object_is_invalid_json(ada, body, says):
    await check_refused(ada, await ada.send_raw(body), code="invalid_json", says=says)


async def test_two_megabytes_of_json_are_too_large(ada):
    answer = await ada.submit(metadata={"a": "x" * 2_000_000})

    await check_refused(ada, answer, status=413, code="too_large", says="1000000 bytes")


async def test_a_stream_without_a_length_is_cut_off_at_the_limit(ada):
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            sent += 65_536
            yield b" " * 65_536

    answer = await ada.post(GENERATIONS, content=endless(), headers={"Content-Type": "application/json"})

    await check_refused(ada, answer, status=413, code="too_large")
    assert sent < 1_200_000


async def test_a_body_that_declares_too_much_is_refused_before_it_is_read(ada):
    async def never():
        raise AssertionError("the body was read")
        yield b""

    headers = {"Content-Type": "application/json", "Content-Length": "64000001"}
    answer = await ada.post(GENERATIONS, content=never(), headers=headers)

    await check_refused(ada, answer, status=413, code="too_large", says="64000000 bytes")


async def test_two_megabytes_that_only_mention_data_are_too_large(ada):
    answer = await ada.submit(prompt="data: what is it?", metadata={"a": "x" * 2_000_000})

    await check_refused(ada, answer, status=413, code="too_large")


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp",
     "application/json; charset=latin-1"],
)  # fmt: skip
async def test_a_body_of_another_content_type_is_unsupported(ada, content_type):
    answer = await ada.send_raw(json.dumps(order()).encode(), content_type=content_type)

    await check_refused(ada, answer, status=415, code="unsupported_media_type", says="application/json")


async def test_a_compressed_body_is_unsupported(ada):
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}

    answer = await ada.post(GENERATIONS, content=b"\x1f\x8b", headers=headers)

    await check_refused(ada, answer, status=415, code="unsupported_media_type", says="gzip")


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "ключ".encode(), "a\tb"])
async def test_an_idempotency_key_that_is_no_key_is_refused(ada, key):
    answer = await ada.submit(headers={"Idempotency-Key": key})

    await check_refused(ada, answer, param="Idempotency-Key", says="255 visible")


async def test_too_few_credits_say_how_many_are_needed_and_available(enrol):
    poor = await enrol(available=39)

    answer = await poor.submit()

    assert answer.status_code == 402
    assert answer.json()["error"] == {
        "code": "insufficient_credits",
        "message": "This request costs 40 credits, but only 39 are available.",
        "needed": 40,
        "available": 39,
    }
    assert await poor.jobs() == 0
    assert await poor.credits() == (39, 0)


async def test_an_asset_of_nobody_is_refused_by_its_position(ada):
    for url in ("asset://ast_" + "0" * 32, "asset://", "asset://../../etc/passwd"):
        await check_refused(ada, await ada.submit(mediaUrls=[PICTURE_URL, url]), param="mediaUrls[1]", says="upload")


async def test_an_asset_in_references_is_named_with_its_field(ada):
    answer = await ada.submit(references=[{"url": "asset://ast_" + "0" * 32, "role": "first_frame"}])

    await check_refused(ada, answer, param="references[0]", says="upload")
