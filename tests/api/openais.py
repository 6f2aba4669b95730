"""A customer's requests in the OpenAI Videos dialect, as JSON and as the forms that the official client sends."""

from __future__ import annotations

import httpx
from customers import Customer

VIDEOS = "/v1/videos"
PROMPT = "A red fox in the snow."


def body_of(**fields) -> dict:
    """A good body, with changes. `...` takes a field out."""
    return {name: value for name, value in ({"prompt": PROMPT} | fields).items() if value is not ...}


async def post_video(customer: Customer, *, headers=None, **fields) -> httpx.Response:
    return await customer.post(VIDEOS, json=body_of(**fields), headers=headers)


async def post_form(customer: Customer, *, file=None, headers=None, **fields) -> httpx.Response:
    """Send a form. `file` is the content of `input_reference`."""
    parts = [(name, (None, str(value))) for name, value in body_of(**fields).items()]
    if file is not None:
        parts.append(("input_reference", ("fox.jpg", file, "image/jpeg")))
    return await customer.post(VIDEOS, files=parts, headers=headers)


async def new_video(customer: Customer, **fields) -> str:
    answer = await post_video(customer, **fields)
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


async def get_video(customer: Customer, video_id: str) -> dict:
    return (await customer.get(f"{VIDEOS}/{video_id}")).json()


async def delete_video(customer: Customer, video_id: str) -> httpx.Response:
    return await customer.http.delete(f"{VIDEOS}/{video_id}", headers=customer.bearer)


async def list_ids(customer: Customer, **params) -> list[str]:
    answer = await customer.get(VIDEOS, params=params)
    assert answer.status_code == 200, answer.text
    return [video["id"] for video in answer.json()["data"]]


def error_of(answer: httpx.Response) -> tuple[int, str, str | None]:
    """Return the status, the type and the param; the envelope must be whole."""
    error = answer.json()["error"]
    assert list(answer.json()) == ["error"]
    assert list(error) == ["message", "type", "param", "code"]
    return answer.status_code, error["type"], error["param"]


def job_id_of(video_id: str) -> str:
    return "req_" + video_id.removeprefix("video_")
