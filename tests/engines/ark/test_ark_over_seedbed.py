"""The Ark engine over our own Ark dialect: a whole service over real HTTP, and a proxy between that fails on demand.

Whatever goes wrong on the way, the service's books hold one job and one charge.
"""

from __future__ import annotations

import itertools

import av
import pytest
from faulty_proxy import cut, edited, faulty_proxy, late, lose, say, taken_but
from remote_tasks import Killed, RecordingReport, make_task, picture
from upstream_books import Books

from seedbed.core.engine import Stop
from seedbed.core.errors import (
    ContentRejected,
    EngineUnavailable,
    UpstreamFailed,
    UpstreamTimeout,
    UpstreamUnresolved,
)
from seedbed.core.references import Role
from seedbed.core.sizes import AspectRatio
from seedbed.engines.ark.engine import Ark

pytestmark = pytest.mark.server
TASKS = "/api/v3/contents/generations/tasks"
ONE = rf"{TASKS}/cgt-\w+"
_numbers = itertools.count(1)
_ERROR = {"error": {"code": "InternalServiceError", "message": "Oh."}}


@pytest.fixture
def books(seedbed_server):
    return Books(seedbed_server.base_url, seedbed_server.key)


@pytest.fixture
def proxy(seedbed_server):
    with faulty_proxy(seedbed_server.base_url) as running:
        yield running


@pytest.fixture
def make_engine(proxy, seedbed_server):
    usual = {"base_url": f"{proxy.url}/api/v3", "key": seedbed_server.key, "poll_s": 0.2, "order_s": 8, "settle_s": 1.5}
    return lambda **options: Ark(usual | options)


@pytest.fixture
def engine(make_engine):
    return make_engine()


@pytest.fixture
def prompt():
    """Words that no other test has."""
    return f"Ark fox number {next(_numbers)} in the snow."


def task(prompt, *references, **changes):
    return make_task(prompt, *references, ticket=prompt.replace(" ", "-"), **changes)


def assert_one_paid_job(books, prompt, *lines):
    [job] = books.jobs(prompt)
    assert books.lines(job["requestId"]) == list(lines or ("hold", "capture"))
    return job


def test_the_service_makes_what_was_asked_for(engine, books, prompt, report, tmp_path):
    frames = (picture(), picture(Role.LAST_FRAME, number=1))

    made = engine.make(task(prompt, *frames, aspect_ratio=AspectRatio.CINEMA, seed=11), tmp_path / "out.mp4", report)

    job = assert_one_paid_job(books, prompt)
    with av.open(str(made.path)) as video:
        assert (video.streams.video[0].width, video.streams.video[0].frames) == (992, 97)
    assert (job["seed"], job["aspectRatio"], job["duration"]) == (11, "21:9", 4)
    assert report.memory["notes"]["usage"]["completion_tokens"] == 992 * 432 * 97 // 1024
    assert made.warnings == ()


@pytest.mark.parametrize(
    "fault", [lose, taken_but(500, _ERROR), taken_but(503, _ERROR), taken_but(502, b"<html>"), taken_but(200), late(1)]
)
def test_an_order_whose_answer_is_lost_is_one_order(engine, proxy, books, prompt, report, tmp_path, fault):
    proxy.on("POST", TASKS, fault)

    engine.make(task(prompt, picture()), tmp_path / "out.mp4", report)

    assert proxy.count("POST", TASKS) == 1
    assert_one_paid_job(books, prompt)


def test_of_many_orders_with_one_seed_the_lost_one_is_found(engine, proxy, books, prompt, report, tmp_path):
    for each in ("A", "B", "C"):
        engine.make(task(f"{each} {prompt}", seed=5), tmp_path / f"{each}.mp4", RecordingReport())
    proxy.on("POST", TASKS, lose)

    engine.make(task(prompt, seed=5), tmp_path / "out.mp4", report)

    assert_one_paid_job(books, prompt)
    assert books.jobs(prompt)[0]["requestId"].removeprefix("req_") == report.memory["id"].removeprefix("cgt-")


def test_an_order_that_never_arrived_and_cannot_be_found_is_not_sent_again(
    make_engine, proxy, books, prompt, report, tmp_path
):
    proxy.on("POST", TASKS, say(502, b"<html>"))

    with pytest.raises(UpstreamUnresolved):
        make_engine(settle_s=1).make(task(prompt), tmp_path / "out.mp4", report)

    assert (proxy.count("POST", TASKS), books.jobs(prompt)) == (1, [])


@pytest.mark.parametrize(
    "fault",
    [say(429, {"error": {"code": "RateLimitExceeded.EndpointRPMExceeded", "message": "Slow."}}), say(500, _ERROR)],
)
def test_an_order_that_is_turned_away_for_a_while_is_sent_when_it_may_be(
    engine, proxy, books, prompt, report, tmp_path, fault
):
    proxy.on("POST", TASKS, fault, times=2)

    engine.make(task(prompt), tmp_path / "out.mp4", report)

    assert proxy.count("POST", TASKS) == 3
    assert_one_paid_job(books, prompt)


@pytest.mark.parametrize("path", [TASKS, ONE])
def test_a_process_that_dies_leaves_one_job(engine, proxy, books, prompt, report, tmp_path, path):
    proxy.on("POST", TASKS, late(0.5))
    method = "POST" if path == TASKS else "GET"
    report.interrupt(Killed(), when=lambda: proxy.count(method, path) > 0)
    with pytest.raises(Killed):
        engine.make(task(prompt), tmp_path / "out.mp4", report)

    engine.make(task(prompt, memory=report.memory), tmp_path / "again.mp4", RecordingReport())

    assert proxy.count("POST", TASKS) == 1
    assert_one_paid_job(books, prompt)


def test_a_service_that_stumbles_while_it_is_asked_is_asked_again(engine, proxy, books, prompt, report, tmp_path):
    unknown = edited(lambda shown: shown.update(status="pondering"))
    for fault in (say(500, _ERROR), lose, say(200, b"<html>"), say(404, b"<html>"), unknown, late(1.0)):
        proxy.on("GET", ONE, fault)

    engine.make(task(prompt), tmp_path / "out.mp4", report)

    assert_one_paid_job(books, prompt)


def test_a_download_that_breaks_is_begun_again_from_a_new_address(engine, proxy, books, prompt, report, tmp_path):
    proxy.on("GET", "/open-api-results/.*", cut(1000))
    proxy.on("GET", "/open-api-results/.*", say(403, b"<Error>expired</Error>"))

    made = engine.make(task(prompt), tmp_path / "out.mp4", report)

    [job] = books.jobs(prompt)
    assert made.path.stat().st_size == job["output"]["sizeBytes"]


def test_a_status_that_nobody_knows_ends_with_the_time_and_is_gone_on_with(
    make_engine, proxy, books, prompt, report, tmp_path
):
    proxy.on("GET", ONE, edited(lambda shown: shown.update(status="pondering")), times=99)
    with pytest.raises(UpstreamTimeout):
        make_engine(time_limit_s=1).make(task(prompt), tmp_path / "out.mp4", report)
    proxy.forget()

    make_engine().make(task(prompt, memory=report.memory), tmp_path / "again.mp4", RecordingReport())

    assert_one_paid_job(books, prompt)


@pytest.mark.parametrize(
    ("forced", "kind"),
    [
        ("fail=content_rejected", ContentRejected),
        ("fail=expired", UpstreamFailed),
        ("fail=unavailable", UpstreamFailed),
    ],
)
def test_how_a_task_ends_there_is_how_it_ends_here(engine, books, prompt, report, tmp_path, forced, kind):
    with pytest.raises(kind) as caught:
        engine.make(task(f"{prompt} [seedbed:{forced}]"), tmp_path / "out.mp4", report)

    assert ("expire" in str(caught.value)) == (forced == "fail=expired")
    assert_one_paid_job(books, prompt, "hold", "release")


def test_spent_credits_there_are_an_alarm_here(engine, books, prompt, report, tmp_path):
    with pytest.raises(EngineUnavailable) as caught:
        engine.make(task(f"{prompt} [seedbed:refuse=insufficient_credits]"), tmp_path / "out.mp4", report)

    assert "top them up" in caught.value.alarm
    assert books.jobs(prompt) == []


def test_a_cancel_ends_a_task_that_waits_and_gives_its_charge_back(engine, proxy, books, prompt, report, tmp_path):
    report.interrupt(Stop(), when=lambda: proxy.count("GET", ONE) > 1)

    with pytest.raises(Stop):
        engine.make(task(f"{prompt} [seedbed:queue=60]"), tmp_path / "out.mp4", report)

    assert assert_one_paid_job(books, prompt, "hold", "release")["status"] == "cancelled"


def test_a_cancel_reaches_even_an_order_whose_answer_never_came(engine, proxy, books, prompt, report, tmp_path):
    proxy.on("POST", TASKS, lose)
    report.interrupt(Stop(), when=lambda: proxy.count("POST", TASKS) > 0)

    with pytest.raises(Stop):
        engine.make(task(f"{prompt} [seedbed:queue=60]"), tmp_path / "out.mp4", report)

    assert assert_one_paid_job(books, prompt, "hold", "release")["status"] == "cancelled"


def test_a_check_tells_a_good_key_from_a_bad_one(engine, make_engine, report):
    assert engine.check(report) is None
    assert "check the key" in make_engine(key="sd2_live_wrong").check(report)
