"""What is refused in the Ark dialect: the official codes, one envelope, and the request's id in the message."""

from __future__ import annotations

import pytest
from arks import MODEL, TASKS, media, post_task, text

WRONG = {
    "a wrong type": ({"duration": "5"}, "InvalidParameter.duration", "duration"),
    "a number for a switch": ({"watermark": 1}, "InvalidParameter.watermark", "watermark"),
    "no content": ({"content": None}, "MissingParameter.content", "content"),
    "no model": ({"model": None}, "MissingParameter.model", "model"),
    "an unknown field": ({"camera_speed": 3}, "InvalidParameter.camera_speed", "camera_speed"),
    "an unknown member of a url": (
        {"content": [{"type": "image_url", "image_url": {"url": "https://a.dev/a.png", "detail": "low"}}]},
        "InvalidParameter.content",
        "content[0].image_url.detail",
    ),
    "an item without its type": ({"content": [{"text": "A fox."}]}, "MissingParameter.content", "content[0].type"),
    "an unknown type": (
        {"content": [{"type": "draft_task", "draft_task": {"id": "x"}}]},
        "InvalidParameter.content",
        "content[0].type",
    ),
    "an item that is none": ({"content": ["A fox."]}, "InvalidParameter.content", "content[0]"),
    "a text without text": ({"content": [{"type": "text"}]}, "MissingParameter.content", "content[0].text"),
    "frames": ({"frames": 121}, "InvalidParameter.frames", "frames"),
    "a draft": ({"draft": True}, "InvalidParameter.draft", "draft"),
    "tools": ({"tools": [{"type": "web_search"}]}, "InvalidParameter.tools", "tools"),
    "a fixed camera of 2.0": ({"camera_fixed": True}, "InvalidParameter.camera_fixed", "camera_fixed"),
    "the tier flex of 2.0": ({"service_tier": "flex"}, "InvalidParameter.service_tier", "service_tier"),
    "an option that cannot be read": (
        {"content": [text("A fox --dur five")]},
        "InvalidParameter.duration",
        "duration",
    ),
    "base64 that is none": (
        {"content": [text(), media("image", "data:image/png;base64,?!", "first_frame")]},
        "InvalidParameter.content",
        "content[1].image_url",
    ),
}


@pytest.mark.server
@pytest.mark.parametrize("what", WRONG)
async def test_what_is_wrong_is_named(ada, what):
    fields, code, param = WRONG[what]

    answer = await post_task(ada, **fields)

    error = answer.json()["error"]
    assert answer.status_code == 400
    assert (error["code"], error["param"], error["type"]) == (code, param, "BadRequest")
    assert error["message"].endswith(f". Request id: {answer.headers['x-request-id']}")
    assert await ada.jobs() == 0


@pytest.mark.server
async def test_an_unknown_model_is_not_found(ada):
    answer = await post_task(ada, model="seedance-9")

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "InvalidEndpointOrModel.NotFound"
    assert MODEL in answer.json()["error"]["message"]


@pytest.mark.server
@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v3/nothing", 404, "NotFound.path"),
        ("GET", "/api/v3/", 404, "NotFound.path"),
        ("PUT", TASKS, 405, "InvalidAction"),
        ("POST", f"{TASKS}/cgt-1", 405, "InvalidAction"),
    ],
)
async def test_unknown_paths_are_answered_in_the_same_envelope(http, method, path, status, code):
    answer = await http.request(method, path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


@pytest.mark.server
async def test_a_request_without_a_key_is_refused_in_the_same_envelope(http):
    answer = await http.post(TASKS, json={})

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "AuthenticationError"
    assert answer.headers["www-authenticate"] == 'Bearer realm="seedbed"'


@pytest.mark.server
async def test_an_account_without_credits_is_overdue(enrol):
    poor = await enrol(available=1)

    answer = await post_task(poor)

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "AccountOverdueError")


@pytest.mark.server
async def test_a_body_that_is_no_json_is_refused(ada):
    answer = await ada.post(TASKS, content=b"{", headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidParameter.body")
