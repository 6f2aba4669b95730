"""An Ark customer's requests, in the shape that the official SDKs send them."""

from __future__ import annotations

import httpx
from customers import Customer

TASKS = "/api/v3/contents/generations/tasks"
MODEL = "doubao-seedance-2-0-260128"
EARLIER = "doubao-seedance-1-5-pro-251215"


def text(words="A red fox in the snow."):
    return {"type": "text", "text": words}


def media(kind, url, role=None):
    url = url if "://" in url or url.startswith("data:") else f"https://cdn.pictures.dev/{url}"
    return {"type": f"{kind}_url", f"{kind}_url": {"url": url}, "role": role}


async def post_task(customer: Customer, *content, headers=None, **fields) -> httpx.Response:
    body = {"model": MODEL, "content": list(content) or [text()]} | fields
    return await customer.post(TASKS, json=body, headers=headers)


async def new_task(customer: Customer, *content, **fields) -> str:
    answer = await post_task(customer, *content, **fields)
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


async def get_task(customer: Customer, task_id: str) -> dict:
    return (await customer.get(f"{TASKS}/{task_id}")).json()


async def delete_task(customer: Customer, task_id: str) -> httpx.Response:
    # The official SDK sends an empty object with a DELETE.
    return await customer.http.request("DELETE", f"{TASKS}/{task_id}", headers=customer.bearer, json={})
