"""The original service, of which nothing is known but its documents: a server that says what the documents show."""

from __future__ import annotations

import re

import pytest
from faulty_proxy import lose, say, swallow
from remote_tasks import RecordingReport, make_task, medium, picture

from seedbed.core.engine import Stop
from seedbed.core.errors import (
    ContentRejected,
    EngineUnavailable,
    EngineUnfit,
    UpstreamFailed,
    UpstreamRefused,
    UpstreamTimeout,
    UpstreamUnresolved,
)
from seedbed.core.references import Role
from seedbed.core.sizes import AspectRatio
from seedbed.engines.open_api.engine import OpenApi

GENERATIONS = "/api/open/v1/video/generations"
ONE = f"{GENERATIONS}/req_1"
KEY = "sd2_live_secret"
CREATED = {"success": True, "requestId": "req_1", "status": "queued", "creditsCharged": 40}
DOCUMENTED = {"model", "prompt", "mediaUrls", "aspectRatio", "duration", "resolution", "webhookUrl", "metadata"}


def shown(status, *, url=None, error=None, **more):
    output = {"type": "video", "url": url} if url else None
    return {"success": True, "requestId": "req_1", "status": status, "output": output, "error": error} | more


def refusal(code, message="No."):
    return {"success": False, "error": {"code": code, "message": message}}


def engine(server, **options):
    usual = {"service": "documented", "poll_s": 0.1, "order_s": 1}
    return OpenApi({"base_url": server.url, "key": KEY} | usual | options)


@pytest.fixture
def made(server, clip):
    """A server that makes a video at once."""
    server.on("POST", GENERATIONS, say(200, CREATED), times=9)
    server.on("GET", ONE, say(200, shown("processing")))
    server.on("GET", ONE, say(200, shown("succeeded", url=f"{server.url}/clip.mp4")), times=9)
    server.on("GET", "/clip.mp4", say(200, clip), times=9)
    return server


def test_an_order_of_documented_fields_becomes_a_video(made, report, tmp_path, clip):
    task = make_task("A fox.", picture(url="https://cdn.example.net/a.jpg"), wants_audio=False, options={"steps": 4})

    video = engine(made, models={"seedance-2.0": "theirs"}).make(task, tmp_path / "out.mp4", report)

    sent = made.asked[0]
    assert video.path.read_bytes() == clip
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert set(sent.json()) <= DOCUMENTED
    assert (sent.json()["model"], sent.json()["mediaUrls"]) == ("theirs", ["https://cdn.example.net/a.jpg"])
    assert "idempotency-key" not in sent.headers
    assert "takes no seed" in video.warnings[0]
    assert made.asked[1].query == ""


def test_what_is_sent_is_remembered_before_and_after(made, report, tmp_path):
    engine(made).make(make_task(), tmp_path / "out.mp4", report)

    assert [(m["state"], m["id"], m["order"]) for m in report.memories] == [("sending", None, 1), ("sent", "req_1", 1)]
    assert report.memories[0]["server"] == made.url
    assert KEY not in str(report.memories)


def test_an_attempt_that_goes_on_asks_after_the_order_and_sends_none(made, report, tmp_path):
    engine(made).make(make_task(), tmp_path / "out.mp4", report)

    engine(made).make(make_task(memory=report.memory), tmp_path / "again.mp4", RecordingReport())

    assert made.count("POST") == 1


@pytest.mark.parametrize("fault", [lose, swallow, say(500, b"<html>oh"), say(500, refusal("internal_error"))])
def test_an_order_whose_answer_is_lost_is_never_sent_again(server, report, tmp_path, fault):
    server.on("POST", GENERATIONS, fault)

    with pytest.raises(UpstreamUnresolved, match="not sent twice"):
        engine(server).make(make_task(), tmp_path / "out.mp4", report)
    with pytest.raises(UpstreamUnresolved):
        engine(server).make(make_task(memory=report.memory), tmp_path / "out.mp4", RecordingReport())

    assert server.count("POST") == 1


def test_an_order_that_is_turned_away_for_now_is_sent_again(server, report, tmp_path):
    server.on("POST", GENERATIONS, say(429, refusal("rate_limited"), Retry_After="1"))
    server.on("POST", GENERATIONS, say(400, refusal("invalid_request", "duration must be 5 or 10")))

    with pytest.raises(UpstreamRefused, match="duration must be 5 or 10"):
        engine(server, order_s=5).make(make_task(), tmp_path / "out.mp4", report)

    assert server.count("POST") == 2


def test_an_order_that_no_server_ever_heard_of_may_be_sent_by_the_next_attempt(report, tmp_path):
    nowhere = OpenApi({"base_url": "http://127.0.0.1:9", "key": KEY, "service": "documented", "order_s": 0.6})

    with pytest.raises(UpstreamFailed, match="no connection could be made"):
        nowhere.make(make_task(), tmp_path / "out.mp4", report)

    assert (report.memory["state"], report.memory["order"]) == ("ended", 0)


@pytest.mark.parametrize(
    ("status", "body", "alarm"),
    [
        (401, refusal("unauthorized", "Invalid API key"), "give a valid one"),
        (402, refusal("insufficient_credits", f"needs 40 {KEY}"), r"credits of our key .* \(needs 40 \*\*\*\)"),
        (404, b"<html>", "check base_url"),
    ],
)
def test_what_the_operator_must_mend_is_an_alarm_and_no_word_to_the_job(server, report, tmp_path, status, body, alarm):
    server.on("POST", GENERATIONS, say(status, body))

    with pytest.raises(EngineUnavailable, match="not available now") as caught:
        engine(server).make(make_task(), tmp_path / "out.mp4", report)

    assert re.search(alarm, caught.value.alarm)
    assert KEY not in caught.value.alarm


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": "content_rejected", "message": "Not this."}, ContentRejected),
        ({"code": "media_invalid", "message": "mediaUrls[0]: broken"}, UpstreamRefused),
        ({"code": "engine_failed", "message": "It broke."}, UpstreamFailed),
        ("a text, as the documents leave open", UpstreamFailed),
        (None, UpstreamFailed),
    ],
)
def test_a_failure_there_is_told_in_its_words(server, report, tmp_path, error, kind):
    server.on("POST", GENERATIONS, say(200, CREATED))
    server.on("GET", ONE, say(200, shown("failed", error=error)))

    with pytest.raises(kind) as caught:
        engine(server).make(make_task(), tmp_path / "out.mp4", report)

    assert type(caught.value) is kind
    assert report.memory["state"] == "ended"


def test_a_job_that_failed_there_is_ordered_once_more_and_then_no_more(server, report, tmp_path):
    server.on("POST", GENERATIONS, say(200, CREATED), times=3)
    server.on("GET", ONE, say(200, shown("failed")), times=3)
    memory = None

    for expected in (UpstreamFailed, UpstreamRefused, UpstreamRefused):
        report = RecordingReport()
        with pytest.raises(UpstreamFailed) as caught:
            engine(server).make(make_task(memory=memory), tmp_path / "out.mp4", report)
        assert type(caught.value) is expected
        memory = report.memory or memory

    assert server.count("POST") == 2


def test_a_status_that_nobody_knows_is_cancelled_when_the_time_is_over(server, report, tmp_path):
    server.on("POST", GENERATIONS, say(200, CREATED))
    server.on("GET", ONE, say(200, shown("pondering")), times=99)
    server.on("POST", f"{ONE}/cancel", say(200, {"success": True}))

    with pytest.raises(UpstreamTimeout, match="within 1 s"):
        engine(server, time_limit_s=1).make(make_task(), tmp_path / "out.mp4", report)

    assert server.count("POST", f"{ONE}/cancel") == 1
    assert report.memory["state"] == "ended"


def test_one_that_cannot_be_cancelled_is_asked_after_by_the_next_attempt(server, report, tmp_path):
    server.on("POST", GENERATIONS, say(200, CREATED))
    server.on("GET", ONE, say(200, shown("pondering")), times=99)
    server.on("POST", f"{ONE}/cancel", say(409, refusal("not_cancellable")))

    with pytest.raises(UpstreamTimeout):
        engine(server, time_limit_s=1).make(make_task(), tmp_path / "out.mp4", report)

    assert (report.memory["state"], report.memory["notes"]["left_running"]) == ("sent", True)


def test_a_generation_that_the_server_forgot_may_be_ordered_anew(server, report, tmp_path):
    server.on("POST", GENERATIONS, say(200, CREATED))
    server.on("GET", ONE, say(404, b"<html>a page between us"), times=4)
    server.on("GET", ONE, say(404, refusal("not_found")), times=3)

    with pytest.raises(UpstreamFailed, match="no longer knows"):
        engine(server).make(make_task(), tmp_path / "out.mp4", report)

    assert report.memory["state"] == "ended"
    assert server.count("GET", ONE) == 7


def test_a_stop_for_good_cancels_there_and_another_leaves_it(server, tmp_path):
    server.on("POST", GENERATIONS, say(200, CREATED), times=2)
    server.on("GET", ONE, say(200, shown("processing")), times=99)
    server.on("POST", f"{ONE}/cancel", say(200, {"success": True}))

    for is_for_good, cancels in ((False, 0), (True, 1)):
        report, asked = RecordingReport(), server.count("GET", ONE)
        report.interrupt(Stop(is_for_good=is_for_good), when=lambda n=asked: server.count("GET", ONE) > n)
        with pytest.raises(Stop):
            engine(server).make(make_task(), tmp_path / "out.mp4", report)
        assert server.count("POST", f"{ONE}/cancel") == cancels


def test_a_stop_while_the_order_is_on_its_way_still_hears_its_answer(server, report, tmp_path):
    server.on("POST", GENERATIONS, say(200, CREATED))
    server.on("POST", f"{ONE}/cancel", say(200, {"success": True}))
    report.interrupt(Stop(), when=lambda: server.count("POST", GENERATIONS) > 0)

    with pytest.raises(Stop):
        engine(server).make(make_task(), tmp_path / "out.mp4", report)

    assert server.count("POST", f"{ONE}/cancel") == 1


def test_roles_that_the_documents_cannot_say_are_not_passed_off_as_others(server, report, tmp_path):
    alone = picture(Role.REFERENCE_IMAGE, url="https://cdn.example.net/a.jpg")

    with pytest.raises(EngineUnfit, match=r"mediaUrls\[0\].* would take this for first_frame"):
        engine(server).make(make_task("A fox.", alone), tmp_path / "out.mp4", report)

    assert server.asked == []


def test_first_and_last_frame_are_sent_in_the_documented_order(made, report, tmp_path):
    last = picture(Role.LAST_FRAME, url="https://cdn.example.net/last.jpg")
    first = picture(Role.FIRST_FRAME, url="https://cdn.example.net/first.jpg", number=1)

    engine(made).make(make_task("A fox.", last, first), tmp_path / "out.mp4", report)

    assert [url.rpartition("/")[2] for url in made.asked[0].json()["mediaUrls"]] == ["first.jpg", "last.jpg"]


def test_a_reference_without_a_public_url_is_named(server, report, tmp_path):
    with pytest.raises(EngineUnfit, match=r"mediaUrls\[0\].* no public URL"):
        engine(server).make(make_task("A fox.", medium(Role.FIRST_FRAME)), tmp_path / "out.mp4", report)


def test_a_ratio_that_the_contract_has_not_is_made_as_the_nearest_with_a_warning(made, report, tmp_path):
    task = make_task(aspect_ratio=AspectRatio.CINEMA)

    video = engine(made).make(task, tmp_path / "out.mp4", report)

    assert made.asked[0].json()["aspectRatio"] == "16:9"
    assert any("21:9: made as 16:9 and cropped" in warning for warning in video.warnings)


@pytest.mark.parametrize("page", [b"<html>Not a video</html>", b"", b"\xff\xd8\xff a picture"])
def test_a_result_that_is_no_video_fails_the_attempt_and_costs_no_second_order(server, report, tmp_path, page):
    server.on("POST", GENERATIONS, say(200, CREATED))
    server.on("GET", ONE, say(200, shown("succeeded", url="/clip.mp4")), times=9)
    server.on("GET", "/clip.mp4", say(200, page), times=9)

    with pytest.raises(UpstreamFailed, match="no MP4"):
        engine(server).make(make_task(), tmp_path / "out.mp4", report)

    assert report.memory["state"] == "sent"


def test_a_result_that_is_too_large_is_not_fetched_again_and_again(server, report, tmp_path):
    server.on("POST", GENERATIONS, say(200, CREATED))
    server.on("GET", ONE, say(200, shown("succeeded", url="/clip.mp4")), times=9)
    server.on("GET", "/clip.mp4", say(200, bytes(5000)), times=9)

    with pytest.raises(UpstreamRefused, match="larger than 1000 bytes"):
        engine(server, max_result_bytes=1000).make(make_task(), tmp_path / "out.mp4", report)

    assert server.count("GET", "/clip.mp4") == 1


def test_memory_of_another_server_is_no_reason_to_send_the_order_here(server, made, report, tmp_path):
    engine(made).make(make_task(), tmp_path / "out.mp4", report)
    elsewhere = report.memory | {"server": "https://elsewhere.example.net"}
    before = server.count("POST")

    with pytest.raises(UpstreamUnresolved, match="another remote engine"):
        engine(server).make(make_task(memory=elsewhere), tmp_path / "out.mp4", RecordingReport())

    assert server.count("POST") == before


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [(200, {"success": True, "data": []}, None), (401, refusal("unauthorized"), "401"), (200, b"<html>", "text/html")],
)
def test_a_check_costs_nothing_and_says_what_is_wrong(server, report, status, body, says):
    server.on("GET", "/api/open/v1/models", say(status, body), times=9)

    found = engine(server).check(report)

    assert (found is None) if says is None else (says in found)
    assert server.count("POST") == 0
