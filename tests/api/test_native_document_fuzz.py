"""Whatever is sent, the answer is one that the OpenAPI document has, in its form. The long form is `make fuzz-api`."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from customers import PICTURE_URL, ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from seedbed.api.native.openapi import document
from seedbed.core.keys import Mode

DOCUMENT = document("http://127.0.0.1")
OPERATIONS = [
    (method.upper(), path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method in ("get", "post", "delete")
]
TEXT = st.text(max_size=30)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=6
)
URLS = st.sampled_from([PICTURE_URL, "asset://ast_" + "0" * 32, "data:image/png;base64,AAAA", "https://[::1]/a.png"])
GOOD = {
    "model": st.sampled_from(["seedance-2.0", "seedance-2.0-fast", "seedance-1.5-pro"]),
    "prompt": st.text(min_size=1, max_size=50) | st.just("@Image2 as the last frame, [图1] 이미지1"),
}
FIELDS = {
    "mediaUrls": st.lists(URLS | TEXT, max_size=6),
    "references": st.lists(st.fixed_dictionaries({"url": URLS | TEXT}, optional={"role": TEXT}), max_size=6),
    "aspectRatio": st.sampled_from(["16:9", "9:16", "1:1"]),
    "duration": st.integers(0, 20),
    "resolution": st.sampled_from(["480p", "720p", "1080p"]),
    "seed": st.integers(-1, 2**32),
    "priority": st.integers(-1, 10),
    "expiresAfter": st.integers(3599, 259_201),
    "webhookUrl": URLS | TEXT,
    "metadata": st.dictionaries(TEXT, ANYTHING, max_size=3),
}
BODIES = st.fixed_dictionaries(GOOD, optional=FIELDS) | st.fixed_dictionaries(
    {name: value | ANYTHING for name, value in GOOD.items()},
    optional={name: value | ANYTHING for name, value in FIELDS.items()},
)
PIECES = TEXT.map(lambda text: quote(text, safe="") or "x") | st.sampled_from(
    [f"req_{'0' * 32}", "req_1", "%2e%2e", "%00", "%ff", "msg_1"]
)
SHORT = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def check_documented(answer, operation) -> None:
    """Fail unless the document has this answer, 404 and 405 of a path that fuzzing made another one apart."""
    said = operation["responses"].get(str(answer.status_code))
    assert said is not None, (answer.status_code, answer.text)
    assert answer.status_code < 500, answer.text
    if "content" in said:
        schema = said["content"]["application/json"]["schema"] | {"components": DOCUMENT["components"]}
        Draft202012Validator(schema).validate(answer.json())


@pytest.fixture
async def tester(serve, enrol):
    """A customer whose test credits never run out and whose quotas nobody fills."""
    return await enrol(mode=Mode.TEST, client=serve(requests_per_minute=10**6, queue_limit_jobs=10**6))


@SHORT
@given(body=BODIES)
async def test_a_generation_of_anything_is_answered_as_documented(tester, body):
    try:
        answer = await tester.post(f"{ROOT}/video/generations", json=body)
    except ValueError:  # the client itself cannot write a lone surrogate or a NaN
        return

    check_documented(answer, DOCUMENT["paths"]["/video/generations"]["post"])


@SHORT
@given(content=st.binary(max_size=200), said=st.sampled_from(["application/json", "multipart/form-data; boundary=x"]))
async def test_bytes_are_answered_as_documented_wherever_a_body_is_read(tester, content, said):
    for path, item in DOCUMENT["paths"].items():
        if "requestBody" in item.get("post", {}):
            answer = await tester.post(ROOT + path, content=content, headers={"Content-Type": said})
            check_documented(answer, item["post"])


@settings(SHORT, max_examples=10)
@given(piece=PIECES, query=st.dictionaries(st.sampled_from(["wait", "limit", "cursor", "x"]), TEXT, max_size=2))
@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=lambda value: str(value)[:40])
async def test_paths_and_queries_of_anything_are_answered_as_documented(tester, method, path, operation, piece, query):
    if "wait" in query and query["wait"].isdigit():
        query["wait"] = "0"
    url = ROOT + path.replace("{requestId}", piece).replace("{deliveryId}", piece)

    answer = await tester.http.request(method, url, params=query, headers=tester.bearer)

    if "{" not in path or answer.status_code not in (404, 405):
        check_documented(answer, operation)
