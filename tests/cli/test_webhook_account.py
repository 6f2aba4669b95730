"""What the command line asks about webhooks, with both clients against a service that is a script."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from client.either import KINDS, Script
from seedbed.cli import webhook_account as account


@pytest.mark.parametrize("kind", KINDS)
async def test_the_account_of_webhooks_is_read(kind: type) -> None:
    delivery = {
        "id": "msg_1",
        "requestId": "req_1",
        "event": "succeeded",
        "address": "https://a/b",
        "state": "pending",
        "stoppedBecause": None,
        "nextAt": "2026-11-22T12:00:00Z",
        "attempts": [{"number": 1, "at": "2026-11-22T11:00:00Z", "status": None, "latencyMs": 3, "error": "gone"}],
    }
    script = Script(
        httpx.Response(
            200, json={"secrets": ["a", "b"], "retiring": [{"secret": "b", "retiresAt": "2026-11-23T00:00:00Z"}]}
        ),
        httpx.Response(200, json={"data": [delivery], "cursor": None}),
        httpx.Response(200, json={"delivery": delivery}),
    )
    client = script.either(kind)

    secrets = await client(lambda c: c.run(account.secret(c.service)))
    page = await client(lambda c: c.run(account.deliveries(c.service, states=["pending"])))
    again = await client(lambda c: c.run(account.redeliver(c.service, "msg_1")))

    assert secrets.retiring[0].retires_at == datetime(2026, 11, 23, tzinfo=UTC)
    assert "'a'" not in repr(secrets)
    assert page.items == (again,)
    assert again.attempts[0].error == "gone"
    assert script.asked[1].url.params.multi_items() == [("state", "pending"), ("limit", "20")]
