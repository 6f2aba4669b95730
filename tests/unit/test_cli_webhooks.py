"""`seedbed listen` and `seedbed webhooks` against a service that is a function."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import httpx
import pytest
import typer

from seedbed.cli.forwarding import Forwarded, Forwarder
from seedbed.cli.listen import POLL_S, check_target, follow, line_of, moment_of
from seedbed_client import ApiError, Seedbed, WebhookEvent

EVENT = WebhookEvent(
    "msg_1",
    "succeeded",
    "req_1",
    datetime(2026, 11, 22, 12, tzinfo=UTC),
    {"webhook-id": "msg_1", "webhook-signature": "v1,x"},
    '{"é":1}',
)
WIRE = {
    "id": EVENT.id,
    "event": EVENT.event,
    "requestId": EVENT.request_id,
    "at": "2026-11-22T12:00:00Z",
    "headers": EVENT.headers,
    "body": EVENT.body,
}


class Service:
    """Answers listening calls in turn with what it was given: pages of events, errors, statuses."""

    def __init__(self, *answers) -> None:
        self._answers = iter(answers)
        self._numbers = itertools.count(1)
        self.asked: list[dict[str, str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(dict(request.url.params))
        match next(self._answers):
            case Exception() as gone:
                raise gone
            case int(status):
                return httpx.Response(status, json={"error": {"code": "x", "message": "no"}})
            case events:
                return httpx.Response(
                    200, json={"success": True, "events": events, "cursor": f"c{next(self._numbers)}"}
                )

    def events(self, count: int, *, since=None, complain=lambda _: None) -> list[WebhookEvent]:
        http = httpx.Client(transport=httpx.MockTransport(self))
        with http, Seedbed("k", "http://127.0.0.1:1", http_client=http, max_retries=0) as client:
            return list(itertools.islice(follow(client, since=since, complain=complain, sleep=lambda _: None), count))


def test_listening_begins_now_and_follows_the_cursor() -> None:
    service = Service([], [WIRE], [WIRE])

    assert service.events(2) == [EVENT, EVENT]
    assert service.asked == [
        {"wait": "0"},
        {"after": "c1", "wait": str(POLL_S)},
        {"after": "c2", "wait": str(POLL_S)},
    ]


def test_listening_begins_in_the_past_on_request_and_only_once() -> None:
    service = Service([WIRE], [WIRE])

    service.events(2, since="2026-11-22T11:00:00Z")

    assert [asked.get("since") for asked in service.asked] == ["2026-11-22T11:00:00Z", None]


def test_a_service_that_is_away_is_waited_for_and_told_once() -> None:
    told: list[str] = []
    service = Service([], httpx.ConnectError("gone"), httpx.ReadError("gone"), 503, 429, [WIRE])

    assert service.events(1, complain=told.append) == [EVENT]
    assert len(told) == 1
    assert {asked.get("after") for asked in service.asked[1:]} == {"c1"}


def test_a_key_that_is_turned_away_ends_the_listening() -> None:
    with pytest.raises(ApiError):
        Service(401).events(1)


def test_an_event_is_forwarded_byte_for_byte_and_no_redirect_is_followed() -> None:
    seen: list[httpx.Request] = []

    def receive(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(302, headers={"Location": "http://127.0.0.1:1/elsewhere"})

    with Forwarder("http://127.0.0.1:1/hook", transport=httpx.MockTransport(receive)) as forwarder:
        assert forwarder.forward(EVENT).status == 302

    [request] = seen
    assert request.content == EVENT.body.encode()
    assert request.headers["webhook-signature"] == "v1,x"


def test_a_program_that_is_not_there_is_an_outcome() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody listens")

    with Forwarder("http://127.0.0.1:1/hook", transport=httpx.MockTransport(refuse)) as forwarder:
        forwarded = forwarder.forward(EVENT)

    assert (forwarded.status, forwarded.error) == (None, "nobody listens")


@pytest.mark.parametrize(
    ("forwarded", "ends"),
    [(None, "req_1"), (Forwarded(204, 12), "204  12 ms"), (Forwarded(None, 3, "nobody"), "nobody  3 ms")],
)
def test_an_event_is_one_line(forwarded: Forwarded | None, ends: str) -> None:
    line = line_of(EVENT, forwarded)

    assert "succeeded  req_1" in line
    assert line.endswith(ends)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("30s", "2026-11-22T11:59:30Z"),
        ("2h", "2026-11-22T10:00:00Z"),
        ("1d", "2026-11-21T12:00:00Z"),
        ("2026-11-22T13:00:00+01:00", "2026-11-22T12:00:00Z"),
    ],
)
def test_since_is_an_age_or_a_moment(text: str, moment: str) -> None:
    assert moment_of(text, now=datetime(2026, 11, 22, 12, tzinfo=UTC)) == moment


@pytest.mark.parametrize("text", ["yesterday", "10", "-5m", "999999d"])
def test_a_since_that_means_nothing_is_said_so(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        moment_of(text)


@pytest.mark.parametrize("url", ["localhost:3000", "ftp://a/", "http:///x", ""])
def test_a_target_that_is_no_url_is_said_so(url: str) -> None:
    with pytest.raises(typer.BadParameter):
        check_target(url)
