"""A server that keeps every promise passes; one that breaks one fails on the lines that say so, and on no other."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from seedbed.cli.contract.answers import Server
from seedbed.cli.contract.asking import Asking, Finding, Purse, Verdict
from seedbed.cli.contract.facts import GENERATIONS, MODELS, every_fact, price
from seedbed.cli.contract.judging import UNAUTHORIZED
from seedbed.cli.contract.report import Change, as_object, changes, load, save
from seedbed.core.errors import NotReady

KEY = "sd2_live_the_key_that_nobody_may_see"
BASE = "https://video.test"
MP4 = b"\0\0\0\x20ftypisom"
UNASKED = {"webhook.final", "key.revoked"}


class DocumentedServer:
    """Keeps the contract in memory. Subclasses break it on purpose."""

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.requests: list[httpx.Request] = []
        self.ids = itertools.count(1)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path, is_key_right = request.url.path, request.headers.get("Authorization") == f"Bearer {KEY}"
        if path.startswith("/open-api-results/"):
            return httpx.Response(206, content=MP4)
        if path == MODELS:
            return self.models()
        if not is_key_right:
            return self.unauthorized()
        if path == GENERATIONS:
            return self.create(request)
        job = self.jobs.get(path.removeprefix(f"{GENERATIONS}/").removesuffix("/cancel"))
        if job is None:
            return self.refuse(404, "not_found")
        return self.cancel(job) if path.endswith("/cancel") else self.show(job)

    def models(self) -> httpx.Response:
        names = ("seedance-2.0", "seedance-2.0-fast", "seedance-1.5-pro")
        return httpx.Response(200, json={"success": True, "data": [{"id": name} for name in names]})

    def unauthorized(self) -> httpx.Response:
        return httpx.Response(401, content=UNAUTHORIZED)

    def refuse(self, status: int, code: str) -> httpx.Response:
        return httpx.Response(status, json={"success": False, "error": {"code": code, "message": "No."}})

    def create(self, request: httpx.Request) -> httpx.Response:
        try:
            body = json.loads(request.content)
        except ValueError:
            return self.refuse(400, "invalid_json")
        if not self.takes(body):
            return self.refuse(400, "invalid_request")
        job = self.jobs[f"req_{next(self.ids)}"] = {"body": body, "status": "queued"}
        made = {"requestId": next(reversed(self.jobs)), "status": "queued", "creditsCharged": self.price(body)}
        job["id"] = made["requestId"]
        return httpx.Response(200, json={"success": True} | made)

    def takes(self, body: Mapping[str, Any]) -> bool:
        model, media, duration = body.get("model"), body.get("mediaUrls", ["https://"]), body.get("duration", 5)
        is_pro = model == "seedance-1.5-pro"
        return (
            model in ("seedance-2.0", "seedance-2.0-fast", "seedance-1.5-pro")
            and isinstance(body.get("prompt"), str)
            and bool(body["prompt"].strip())
            and 1 <= len(media) <= 5
            and all(url.startswith("https://") for url in media)
            and body.get("aspectRatio", "1:1") in ("16:9", "9:16", "1:1")
            and body.get("resolution", "480p") in ("480p", "720p", "1080p")
            and type(duration) is int
            and (duration in (5, 10) if is_pro else 4 <= duration <= 15)
            and isinstance(body.get("metadata", {}), dict)
        )

    def price(self, body: Mapping[str, Any]) -> int:
        return price(body)

    def cancel(self, job: dict[str, Any]) -> httpx.Response:
        job["status"] = "cancelled"
        return httpx.Response(200, json={"success": True, "requestId": job["id"], "status": "cancelled"})

    def show(self, job: dict[str, Any]) -> httpx.Response:
        shown = self.view(job)
        job["status"] = {"queued": "processing", "processing": "succeeded"}.get(job["status"], job["status"])
        return httpx.Response(200, json=shown)

    def view(self, job: dict[str, Any]) -> dict[str, Any]:
        url = f"{BASE}/open-api-results/{job['id']}.mp4"
        body = job["body"]
        return {
            "success": True,
            "requestId": job["id"],
            "status": job["status"],
            "model": body["model"],
            "prompt": body["prompt"],
            "duration": body["duration"],
            "aspectRatio": body["aspectRatio"],
            "output": {"type": "video", "url": url} if job["status"] == "succeeded" else None,
            "error": None,
            "seed": 7,
        }


class PlainUnauthorized(DocumentedServer):
    def unauthorized(self) -> httpx.Response:
        return httpx.Response(401, json={"detail": f"Bad key {KEY}"})


class DearPicture(DocumentedServer):
    def price(self, body: Mapping[str, Any]) -> int:
        return super().price(body) + (1 if body.get("mediaUrls") else 0)


class TakesLongOnes(DocumentedServer):
    def takes(self, body: Mapping[str, Any]) -> bool:
        return super().takes(body | {"duration": min(body["duration"], 15)} if body.get("duration") == 16 else body)


class OtherOrder(DocumentedServer):
    def view(self, job: dict[str, Any]) -> dict[str, Any]:
        return dict(reversed(super().view(job).items()))


class SuccessWithoutFile(DocumentedServer):
    def view(self, job: dict[str, Any]) -> dict[str, Any]:
        return super().view(job) | {"output": None}


class CannotCancel(DocumentedServer):
    def cancel(self, job: dict[str, Any]) -> httpx.Response:
        job["status"] = "processing"
        return self.refuse(409, "not_cancellable")


class Coerces(DocumentedServer):
    def takes(self, body: Mapping[str, Any]) -> bool:
        duration = body.get("duration", 5)
        return super().takes(body | {"duration": math.ceil(float(duration))})


def find(fake: DocumentedServer, *, max_credits: int = 5000, confirm: Callable[[str, int], bool] | None = None):
    purse = Purse(max_credits, confirm or (lambda *_: True))
    with Server(BASE, transport=httpx.MockTransport(fake), sleep=lambda _: None) as server:
        return list(Asking(server, KEY, purse).findings()), purse


def of(findings: list[Finding], verdict: Verdict) -> set[str]:
    return {finding.fact.id for finding in findings if finding.verdict is verdict}


def test_a_server_that_keeps_every_promise_passes_and_every_fact_is_found_once() -> None:
    findings, _ = find(DocumentedServer())

    assert of(findings, Verdict.BROKEN) == set()
    assert of(findings, Verdict.NOT_ASKED) == UNASKED
    assert [finding.fact for finding in findings] == every_fact()
    assert len({fact.id for fact in every_fact()}) == len(every_fact())


ORDERS = {fact.id for fact in every_fact() if fact.id.startswith("create.takes.")}
BROKEN = {
    PlainUnauthorized: {"key.missing", "key.malformed", "key.unknown", "key.create", "key.cancel"},
    DearPicture: {"credits.picture"},
    TakesLongOnes: {"create.refuses.long", "create.refuses.fast-long"},
    OtherOrder: {"get.members", "get.members.end"},
    SuccessWithoutFile: {"get.members.end", "output.url", "output.file"},
    CannotCancel: {"cancel.answer"} | ORDERS,
    Coerces: {"create.refuses.duration-text", "create.refuses.duration-fraction"},
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_server_that_breaks_a_promise_fails_on_the_lines_that_say_so(kind: type[DocumentedServer]) -> None:
    findings, _ = find(kind())

    assert of(findings, Verdict.BROKEN) == BROKEN[kind]


def test_without_a_budget_only_what_cannot_cost_anything_is_sent() -> None:
    fake = DocumentedServer()

    findings, purse = find(fake, confirm=lambda *_: pytest.fail("nothing to confirm"), max_credits=0)

    assert (fake.jobs, purse.spent_credits, of(findings, Verdict.BROKEN)) == ({}, 0, set())
    bodies = [json.loads(r.content) for r in fake.requests if r.content.startswith(b"{") and r.content[1:2] != b"m"]
    assert all(not {"model", "prompt"} <= body.keys() for body in bodies)


@pytest.mark.parametrize("max_credits", [20, 40, 104, 300])
def test_what_is_charged_never_passes_the_budget(max_credits: int) -> None:
    findings, purse = find(DocumentedServer(), max_credits=max_credits)

    assert 0 < purse.spent_credits <= max_credits
    assert of(findings, Verdict.NOT_ASKED) > UNASKED


def test_whoever_says_no_is_charged_nothing() -> None:
    asked: list[int] = []
    fake = DocumentedServer()

    find(fake, confirm=lambda _, cost_credits: bool(asked.append(cost_credits)))

    assert fake.jobs == {}
    assert asked[1:3] == [40, 64]


def test_what_a_wrong_server_takes_is_cancelled_and_counted() -> None:
    fake = TakesLongOnes()

    _, purse = find(fake, max_credits=70, confirm=lambda what, _: "must be refused" in what)

    assert {job["status"] for job in fake.jobs.values()} == {"cancelled"}
    assert purse.spent_credits == 64


def test_neither_a_webhook_nor_an_address_of_ours_nor_the_key_goes_anywhere_it_should_not() -> None:
    fake = PlainUnauthorized()

    findings, purse = find(fake)
    report = as_object(
        findings,
        base_url=f"https://user:{KEY}@video.test/x?k=1",
        at=datetime.now(UTC),
        spent_credits=purse.spent_credits,
    )

    sent = b"".join(request.content for request in fake.requests).decode()
    assert "webhookUrl" not in sent
    assert set(sent.split("https://")[1:]) == {
        part for part in sent.split("https://")[1:] if part[:11] == "example.com"
    }
    assert all("Authorization" not in r.headers for r in fake.requests if r.url.path.startswith("/open-api-results"))
    assert KEY not in json.dumps(report)
    assert report["baseUrl"] == "https://video.test/x"


def test_a_server_that_asks_for_patience_gets_it() -> None:
    fake, slept, turns = DocumentedServer(), [], itertools.count()

    def busy(request: httpx.Request) -> httpx.Response:
        return httpx.Response(429, headers={"Retry-After": "7"}) if next(turns) == 0 else fake(request)

    with Server(BASE, transport=httpx.MockTransport(busy), sleep=slept.append) as server:
        assert server.ask("GET", MODELS, key=None).status == 200
    assert slept == [7.0]


def test_a_lost_connection_is_a_finding_and_no_end() -> None:
    def lost(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no")

    with Server(BASE, transport=httpx.MockTransport(lost)) as server:
        findings = list(Asking(server, KEY, Purse(0, lambda *_: True)).findings())

    assert {f.seen for f in findings if f.verdict is Verdict.BROKEN} == {"no answer (ConnectError)"}


def test_two_reports_are_compared_fact_by_fact(tmp_path) -> None:
    reports = [
        as_object(find(fake)[0], base_url=BASE, at=datetime.now(UTC), spent_credits=0)
        for fake in (DocumentedServer(), DearPicture())
    ]
    reports[0]["facts"].append({"id": "old.fact", "verdict": "kept"})
    save(tmp_path / "new" / "one.json", reports[0])

    found = changes(load(tmp_path / "new" / "one.json"), reports[1])

    assert found == [Change("credits.picture", "kept", "broken"), Change("old.fact", "kept", None)]


def test_what_is_no_report_is_refused_by_name(tmp_path) -> None:
    (tmp_path / "other.json").write_text("[]")

    with pytest.raises(NotReady, match=r"other\.json holds no report"):
        load(tmp_path / "other.json")


def test_every_fact_stands_in_the_documents() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "conformance.md").read_text(encoding="utf-8")

    assert [fact.id for fact in every_fact() if f"| `{fact.id}` | {fact.says} |" not in page] == []
