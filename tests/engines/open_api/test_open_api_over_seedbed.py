"""Seedbed over Seedbed: a whole second service over real HTTP, and a proxy between the two that fails on demand.

Whatever goes wrong on the way, the second service's books hold one job and one charge.
"""

from __future__ import annotations

import itertools

import av
import pytest
from faulty_proxy import cut, edited, faulty_proxy, late, lose, say, swallow, taken_but
from remote_tasks import Killed, RecordingReport, make_task, picture
from upstream_books import Books

from seedbed.core.engine import Stage, Stop
from seedbed.core.errors import ContentRejected, EngineUnavailable, UpstreamFailed, UpstreamUnresolved
from seedbed.core.references import Role
from seedbed.engines.open_api.engine import OpenApi

pytestmark = pytest.mark.server
GENERATIONS = "/api/open/v1/video/generations"
ONE = rf"{GENERATIONS}/req_\w+"
_numbers = itertools.count(1)


@pytest.fixture
def books(seedbed_server):
    return Books(seedbed_server.base_url, seedbed_server.key)


@pytest.fixture
def proxy(seedbed_server):
    with faulty_proxy(seedbed_server.base_url) as running:
        yield running


@pytest.fixture
def engine(proxy, seedbed_server):
    return OpenApi({"base_url": proxy.url, "key": seedbed_server.key, "poll_s": 0.5, "order_s": 8})


@pytest.fixture
def prompt():
    """Words that no other test has."""
    return f"Fox number {next(_numbers)} in the snow."


def task(prompt, *references, **changes):
    return make_task(prompt, *references, ticket=prompt.replace(" ", "-"), **changes)


def assert_one_paid_job(books, prompt, *lines):
    [job] = books.jobs(prompt)
    assert books.lines(job["requestId"]) == list(lines or ("hold", "capture"))
    return job


def test_the_other_seedbed_makes_what_was_asked_for(engine, proxy, books, prompt, report, tmp_path):
    given = task(prompt, picture(Role.LAST_FRAME), picture(Role.REFERENCE_IMAGE, number=1), wants_audio=False, seed=11)

    made = engine.make(given, tmp_path / "out.mp4", report)

    job = assert_one_paid_job(books, prompt)
    with av.open(str(made.path)) as video:
        assert (video.streams.video[0].width, video.streams.video[0].frames) == (864, 97)
    assert (job["seed"], job["resolution"], job["duration"]) == (11, "480p", 4)
    order = next(asked for asked in proxy.asked if asked.method == "POST" and asked.path == GENERATIONS)
    assert [r["role"] for r in order.json()["references"]] == ["last_frame", "reference_image"]
    assert all(r["url"].startswith("asset://") for r in order.json()["references"])
    assert order.json()["generateAudio"] is False
    assert not [w for w in made.warnings if "unknown" in w]


@pytest.mark.parametrize("fault", [lose, swallow, taken_but(500, b"<html>"), say(500), taken_but(503), late(1.0)])
def test_an_order_whose_answer_is_lost_is_one_order(engine, proxy, books, prompt, report, tmp_path, fault):
    proxy.on("POST", GENERATIONS, fault)

    engine.make(task(prompt, picture()), tmp_path / "out.mp4", report)

    assert_one_paid_job(books, prompt)


def test_an_order_that_is_turned_away_for_a_while_is_sent_when_it_may_be(engine, proxy, prompt, report, tmp_path):
    proxy.on("POST", GENERATIONS, say(429, {"error": {"code": "queue_full"}}, Retry_After="1"), times=2)

    engine.make(task(prompt), tmp_path / "out.mp4", report)

    assert proxy.count("POST", GENERATIONS) == 3


def test_an_order_of_which_nothing_is_heard_for_long_is_given_up_as_unresolved(proxy, seedbed_server, prompt, tmp_path):
    hasty = OpenApi({"base_url": proxy.url, "key": seedbed_server.key, "order_s": 1})
    proxy.on("POST", GENERATIONS, lose, times=9)

    with pytest.raises(UpstreamUnresolved):
        hasty.make(task(prompt), tmp_path / "out.mp4", RecordingReport())


def test_a_process_that_dies_before_the_answer_leaves_one_job(engine, proxy, books, prompt, report, tmp_path):
    proxy.on("POST", GENERATIONS, late(0.5))
    report.interrupt(Killed(), when=lambda: proxy.count("POST", GENERATIONS) > 0)
    with pytest.raises(Killed):
        engine.make(task(prompt, picture()), tmp_path / "out.mp4", report)

    engine.make(task(prompt, picture(), memory=report.memory), tmp_path / "again.mp4", RecordingReport())

    assert report.memory["state"] == "sending"
    assert proxy.count("POST", GENERATIONS) > 1
    assert_one_paid_job(books, prompt)


def test_a_process_that_dies_while_it_waits_leaves_one_job(engine, proxy, books, prompt, report, tmp_path):
    report.interrupt(Killed(), when=lambda: proxy.count("GET", ONE) > 0)
    with pytest.raises(Killed):
        engine.make(task(prompt), tmp_path / "out.mp4", report)

    engine.make(task(prompt, memory=report.memory), tmp_path / "again.mp4", RecordingReport())

    assert proxy.count("POST", GENERATIONS) == 1
    assert_one_paid_job(books, prompt)


def test_a_download_that_breaks_is_begun_again(engine, proxy, books, prompt, report, tmp_path):
    proxy.on("GET", "/open-api-results/.*", cut(1000))
    proxy.on("GET", "/open-api-results/.*", say(502, b"<html>"))

    made = engine.make(task(prompt), tmp_path / "out.mp4", report)

    [job] = books.jobs(prompt)
    assert made.path.stat().st_size == job["output"]["sizeBytes"]
    assert proxy.count("GET", "/open-api-results/.*") == 3


def test_a_video_that_arrives_with_other_bytes_is_not_taken(engine, proxy, prompt, report, tmp_path, clip):
    proxy.on("GET", "/open-api-results/.*", say(200, clip), times=9)

    with pytest.raises(UpstreamFailed, match="another SHA-256"):
        engine.make(task(prompt), tmp_path / "out.mp4", report)


def test_a_server_that_stumbles_while_it_is_asked_is_asked_again(engine, proxy, books, prompt, report, tmp_path):
    for fault in (say(500), lose, say(200, b"<html>"), say(429, b"", Retry_After="1")):
        proxy.on("GET", ONE, fault)

    engine.make(task(prompt), tmp_path / "out.mp4", report)

    assert_one_paid_job(books, prompt)


def test_its_progress_is_ours(engine, prompt, report, tmp_path):
    engine.make(task(f"{prompt} [seedbed:take=2]"), tmp_path / "out.mp4", report)

    fractions = [fraction for stage, fraction in report.said if stage is Stage.PREPARING]
    assert fractions == sorted(fractions)
    assert any(0 < fraction < 1 for fraction in fractions)
    assert report.said[-1] == (Stage.RENDERING, 1.0)


def test_nothing_is_made_up_where_it_says_nothing(engine, proxy, prompt, report, tmp_path):
    proxy.on("GET", ONE, edited(lambda job: job.pop("progress", None)), times=99)

    engine.make(task(f"{prompt} [seedbed:take=1]"), tmp_path / "out.mp4", report)

    assert {fraction for _, fraction in report.said} <= {0.0, 1.0}


def test_a_cancel_is_passed_on_and_the_charge_comes_back(engine, proxy, books, prompt, report, tmp_path):
    report.interrupt(Stop(), when=lambda: proxy.count("GET", ONE) > 1)

    with pytest.raises(Stop):
        engine.make(task(f"{prompt} [seedbed:take=60]"), tmp_path / "out.mp4", report)

    assert assert_one_paid_job(books, prompt, "hold", "release")["status"] == "cancelled"


def test_a_cancel_reaches_even_an_order_whose_answer_never_came(engine, proxy, books, prompt, report, tmp_path):
    proxy.on("POST", GENERATIONS, lose)
    report.interrupt(Stop(), when=lambda: proxy.count("POST", GENERATIONS) > 0)

    with pytest.raises(Stop):
        engine.make(task(f"{prompt} [seedbed:take=60]"), tmp_path / "out.mp4", report)

    assert assert_one_paid_job(books, prompt, "hold", "release")["status"] == "cancelled"


def test_a_stop_does_not_wait_for_ever_for_the_answer_to_an_order(engine, proxy, books, prompt, report, tmp_path):
    proxy.on("POST", GENERATIONS, late(8))
    report.interrupt(Stop(), when=lambda: proxy.count("POST", GENERATIONS) > 0)

    with pytest.raises(Stop):
        engine.make(task(f"{prompt} [seedbed:take=60]"), tmp_path / "out.mp4", report)

    assert proxy.count("POST", GENERATIONS) == 2
    assert assert_one_paid_job(books, prompt, "hold", "release")["status"] == "cancelled"


def test_a_hand_back_leaves_the_job_to_the_next_attempt(engine, proxy, books, prompt, report, tmp_path):
    report.interrupt(Stop(is_for_good=False), when=lambda: proxy.count("GET", ONE) > 0)
    with pytest.raises(Stop):
        engine.make(task(f"{prompt} [seedbed:take=1]"), tmp_path / "out.mp4", report)

    later = task(f"{prompt} [seedbed:take=1]", memory=report.memory)
    engine.make(later, tmp_path / "again.mp4", RecordingReport())

    assert_one_paid_job(books, prompt)


@pytest.mark.parametrize(
    ("forced", "kind"),
    [("fail=content_rejected", ContentRejected), ("fail=unavailable", EngineUnavailable)],
)
def test_how_a_job_fails_there_is_how_it_fails_here(engine, books, prompt, report, tmp_path, forced, kind):
    with pytest.raises(kind):
        engine.make(task(f"{prompt} [seedbed:{forced}]"), tmp_path / "out.mp4", report)

    assert_one_paid_job(books, prompt, "hold", "release")


def test_spent_credits_there_are_an_alarm_here_and_no_charge(engine, books, prompt, report, tmp_path):
    with pytest.raises(EngineUnavailable) as caught:
        engine.make(task(f"{prompt} [seedbed:refuse=insufficient_credits]"), tmp_path / "out.mp4", report)

    assert "top them up" in caught.value.alarm
    assert books.jobs(prompt) == []


def test_a_check_tells_a_good_key_from_a_bad_one(engine, proxy, report):
    wrong = OpenApi({"base_url": proxy.url, "key": "sd2_live_wrong"})

    assert engine.check(report) is None
    assert "valid" in wrong.check(report)
