"""The judge of a campaign can be convinced of the worst: each broken promise is named."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import UTC, datetime
from random import Random

import httpx
import pytest
from chaos_customers import Customer, Orders
from chaos_receiver import Webhook
from chaos_verdict import Evidence, broken_promises

from seedbed.core.audit import Kind, Report, finding
from seedbed.core.signing import make_secret, signature_headers

SECRET = make_secret(bytes(32))
NOW = datetime.now(UTC)
DATA = b"a clip"
KEY = "jobs/req_1/1/result.mp4"


@pytest.fixture
def evidence(tmp_path):
    """One order, one job, one file, one webhook: all as it must be."""
    file = tmp_path / KEY
    file.parent.mkdir(parents=True)
    file.write_bytes(DATA)
    client = httpx.AsyncClient()
    asyncio.run(client.aclose())
    orders = Orders(client, [], Random(1), str)
    orders.jobs["order"], orders.owner["req_1"] = {"req_1"}, Customer(1, "key", SECRET)
    output = {"key": KEY, "sha256": hashlib.sha256(DATA).hexdigest()}
    job = {"id": "req_1", "account_id": 1, "state": "succeeded", "output": output, "money": ["hold", "capture"]}
    return Evidence([job], tmp_path, orders, [a_webhook()], Report(NOW, ()), [])


def a_webhook(*, name="msg_1", status="succeeded", is_accepted=True, secret=SECRET) -> Webhook:
    body = json.dumps({"requestId": "req_1", "status": status}).encode()
    at_s = int(NOW.timestamp())
    signed = signature_headers([secret], message_id=name, timestamp_unix_s=at_s, body=body)
    return Webhook(1, name, {key.lower(): value for key, value in signed.items()}, body, is_accepted)


def stray(evidence):
    (evidence.store / "jobs/req_1/2").mkdir()
    (evidence.store / "jobs/req_1/2/result.mp4").write_bytes(b"late")


DAMAGE = {
    "one Idempotency-Key made 2 jobs": lambda e: e.orders.jobs["order"].add("req_2"),
    "it was not answered": lambda e: e.orders.unanswered.append("order"),
    "nobody was told of it": lambda e: e.jobs.append(e.jobs[0] | {"id": "req_9", "output": None}),
    "req_1: lost": lambda e: e.jobs.clear(),
    "it is still queued": lambda e: e.jobs[0].update(state="queued"),
    "its cancel was answered 200": lambda e: e.orders.cancelled.add("req_1"),
    "its money went ['hold', 'release']": lambda e: e.jobs[0].update(money=["hold", "release"]),
    "its money went ['hold', 'capture', 'capture']": lambda e: e.jobs[0]["money"].append("capture"),
    "bytes that no job names": stray,
    "the result is gone": lambda e: (e.store / KEY).unlink(),
    "not the bytes that were finished": lambda e: (e.store / KEY).write_bytes(b"a zombie's"),
    "never accepted by the receiver": lambda e: e.webhooks.__setitem__(0, a_webhook(is_accepted=False)),
    "its webhook bore 2 ids": lambda e: e.webhooks.append(a_webhook(name="msg_2")),
    "its webhook says failed": lambda e: e.webhooks.append(a_webhook(status="failed")),
    "its signature is wrong": lambda e: e.webhooks.append(a_webhook(secret=make_secret(b"\1" * 32))),
    "an engine outlived its worker": lambda e: e.stray_engines.append(17),
}


def test_a_sound_end_breaks_no_promise(evidence):
    assert broken_promises(evidence) == []


@pytest.mark.parametrize("sentence", DAMAGE)
def test_a_broken_promise_is_named(evidence, sentence):
    DAMAGE[sentence](evidence)

    assert any(sentence in broken for broken in broken_promises(evidence))


def test_what_the_audit_found_is_a_broken_promise(evidence):
    found = Report(NOW, (finding(Kind.HOLD_OPEN, "req_1", state="failed", amount_credits=13),))
    judged = Evidence(evidence.jobs, evidence.store, evidence.orders, evidence.webhooks, found, [])

    assert broken_promises(judged) == ["audit: hold_open: req_1: it is failed, but its 13 credits are still set aside."]
