"""What the operator's API really answers is what its document says: not a member more, and none less."""

from __future__ import annotations

import re

import pytest
from desk import order

from api.documents import JSON, operations, validate
from seedbed.api.admin.paths import ROOT

OPERATIONS = {(one.method, one.path): one for one in operations() if one.document == "admin"}
ASKED = [
    ("post", "/accounts", {"name": "Films"}, 200),
    ("post", "/accounts", {"name": ""}, 400),
    ("get", "/accounts", None, 200),
    ("get", "/accounts/{accountId}", None, 200),
    ("get", "/accounts/0", None, 404),
    ("patch", "/accounts/{accountId}", {"monthlyRefillCredits": 5}, 200),
    ("post", "/accounts/{accountId}/disable", {"reason": "why"}, 200),
    ("post", "/accounts/{accountId}/enable", None, 200),
    ("post", "/accounts/{accountId}/keys", {"name": "shop", "expiresAt": "2100-01-01T00:00:00Z"}, 200),
    ("get", "/accounts/{accountId}/keys", None, 200),
    ("get", "/keys/{keyId}", None, 200),
    ("patch", "/keys/{keyId}", {"runningJobs": 2}, 200),
    ("post", "/keys/{keyId}/revoke", None, 200),
    ("post", "/accounts/{accountId}/grants", {"credits": 5, "note": "n"}, 200),
    ("post", "/accounts/{accountId}/grants", {"credits": -5000, "note": "n"}, 402),
    ("get", "/accounts/{accountId}/ledger", None, 200),
    ("get", "/accounts/{accountId}/usage", None, 200),
    ("get", "/usage", None, 200),
    ("get", "/audit-log", None, 200),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), ASKED)
async def test_an_answer_is_of_the_documented_form(desk, ada, method, path, body, status):
    await ada.done("POST", "/video/generations", order(metadata={"projectId": "winter"}))
    operation = OPERATIONS[(method, re.sub(r"/0$", "/{accountId}", path))]
    filled = path.replace("{accountId}", str(ada.account_id)).replace("{keyId}", str(ada.key_id))

    answer = await desk.ask(method.upper(), filled, json=body)

    assert answer.status_code == status, answer.text
    validate("admin", operation.answer(status)["content"][JSON]["schema"], answer.json())


async def test_without_a_key_every_operation_is_refused_as_documented(http):
    for (method, path), operation in OPERATIONS.items():
        if path == "/openapi.json":
            continue

        answer = await http.request(method, ROOT + re.sub(r"\{\w+\}", "1", path))

        assert answer.status_code == 401, path
        validate("admin", operation.answer(401)["content"][JSON]["schema"], answer.json())
