"""An order is sent once: whatever happens to its answer, and whichever attempt goes on with it."""

from __future__ import annotations

import time

import pytest
from videos_heard import Heard
from videos_standin import BREAKS, says

from seedbed.core.engine import Stop
from seedbed.core.errors import (
    ContentRejected,
    EngineUnavailable,
    UpstreamFailed,
    UpstreamRefused,
    UpstreamUnresolved,
)
from seedbed.core.remote_order import is_open
from seedbed.engines.videos_api.engine import VideosApi

TAKEN = says({"id": "v-1", "status": "queued"})
NOW = 4_000_000_000  # later than any clock, as `created_at`


def engine_for(server, flavour="vllm-omni", **options) -> VideosApi:
    return VideosApi({"base_url": server.url, "flavour": flavour, "poll_s": 0.1, "settle_s": 0.6, **options})


def remembered(server, state, order_id=None, **changed):
    return {"server": server.url, "order": 1, "state": state, "since": NOW, "id": order_id, "notes": {}} | changed


def listed(**changed):
    video = {"id": "v-1", "prompt": "A fox runs.", "model": "fox-1", "size": "1280x720", "seconds": "5"}
    return {"object": "list", "data": [video | {"created_at": NOW} | changed]}


def test_what_is_about_to_be_sent_is_remembered_before_it_is_and_its_id_after(ready, task, tmp_path):
    heard = Heard()

    engine_for(ready).make(task(), tmp_path / "out.mp4", heard)

    states = [(memory["state"], memory["order"], memory["id"]) for memory in heard.memories]
    assert states == [("sending", 1, None), ("sent", 1, "v-1")]


def test_nothing_is_sent_if_the_note_cannot_be_kept(ready, task, tmp_path):
    with pytest.raises(Stop):
        engine_for(ready).make(task(), tmp_path / "out.mp4", Heard(lambda heard: heard.memories))

    assert ready.asked == []


def test_a_later_attempt_goes_on_with_the_same_video(ready, task, clip, tmp_path):
    made = engine_for(ready).make(task(memory=remembered(ready, "sent", "v-1")), tmp_path / "out.mp4", Heard())

    assert made.path.read_bytes() == clip
    assert not ready.of("POST")


def test_an_attempt_that_is_handed_back_leaves_the_video_alone(ready, task, tmp_path):
    ready.on("GET", "/v1/videos/v-1", says({"status": "in_progress"}))
    heard = Heard(lambda heard: len(heard.told) > 8, is_for_good=False)

    with pytest.raises(Stop):
        engine_for(ready).make(task(), tmp_path / "out.mp4", heard)

    assert not ready.of("DELETE")
    assert heard.memories[-1]["state"] == "sent"


def test_the_answer_to_an_order_is_heard_although_a_cancel_comes_meanwhile(ready, task, tmp_path):
    ready.on("POST", "/v1/videos", says({"id": "v-1", "status": "queued"}, after_s=0.3))

    with pytest.raises(Stop):
        engine_for(ready).make(task(), tmp_path / "out.mp4", Heard(lambda heard: heard.told))

    assert [asked.method for asked in ready.asked] == ["POST", "DELETE"]


def test_a_lost_answer_means_a_new_order_where_nothing_is_billed(ready, task, clip, tmp_path):
    ready.on("POST", "/v1/videos", BREAKS, TAKEN)

    made = engine_for(ready).make(task(), tmp_path / "out.mp4", Heard())

    assert made.path.read_bytes() == clip
    assert len(ready.of("POST")) == 2


def test_where_nothing_is_billed_an_attempt_after_one_that_died_while_sending_orders_anew(ready, task, tmp_path):
    heard = Heard()

    engine_for(ready).make(task(memory=remembered(ready, "sending")), tmp_path / "out.mp4", heard)

    assert [(memory["state"], memory["order"]) for memory in heard.memories] == [("sending", 2), ("sent", 2)]


def test_one_job_orders_no_more_than_twice_and_may_then_go_elsewhere(ready, task, tmp_path):
    ready.on("POST", "/v1/videos", BREAKS)
    heard = Heard()

    with pytest.raises(UpstreamRefused, match=r"2 times.* broke before the answer") as caught:
        engine_for(ready).make(task(), tmp_path / "out.mp4", heard)

    assert len(ready.of("POST")) == 2
    assert caught.value.may_fall_back
    assert not is_open(heard.memories[-1])


def test_with_an_idempotency_key_the_same_order_is_sent_again(ready, task, tmp_path):
    ready.on("POST", "/v1/videos", BREAKS, says({}, 409, Retry_After=0), TAKEN)
    heard = Heard()

    engine_for(ready, "seedbed").make(task("first_frame"), tmp_path / "out.mp4", heard)

    orders = ready.of("POST")
    assert [order.headers["idempotency-key"] for order in orders] == ["job-1-1"] * 3
    assert orders[0].parts == orders[2].parts
    assert [memory["order"] for memory in heard.memories] == [1, 1]


def test_an_attempt_after_one_that_died_while_sending_uses_its_idempotency_key(ready, task, tmp_path):
    memory = remembered(ready, "sending")

    engine_for(ready, "seedbed").make(task(memory=memory), tmp_path / "out.mp4", Heard())

    assert [order.headers["idempotency-key"] for order in ready.of("POST")] == ["job-1-1"]


@pytest.mark.parametrize("is_later_attempt", [False, True])
def test_where_it_is_billed_a_lost_order_is_found_in_the_list(ready, task, clip, tmp_path, is_later_attempt):
    ready.on("POST", "/v1/videos", BREAKS)
    ready.on("GET", "/v1/videos", says(listed()))

    memory = remembered(ready, "sending", since=int(time.time())) if is_later_attempt else None
    made = engine_for(ready, "litellm").make(task(memory=memory), tmp_path / "out.mp4", Heard())

    assert made.path.read_bytes() == clip
    assert len(ready.of("POST")) == (not is_later_attempt)


@pytest.mark.parametrize(
    "found",
    [
        {"object": "list", "data": []},
        {"object": "list", "data": [*listed()["data"], *listed(id="v-2")["data"]]},
        listed(prompt="An owl."),
        listed(seconds="8"),
        listed(created_at=1),
        {"data": "nothing"},
    ],
)
def test_where_it_is_billed_and_the_list_does_not_tell_the_job_ends_and_nothing_is_sent_again(
    ready, task, tmp_path, found
):
    ready.on("POST", "/v1/videos", BREAKS)
    ready.on("GET", "/v1/videos", says(found))

    with pytest.raises(UpstreamUnresolved) as caught:
        engine_for(ready, "litellm").make(task(), tmp_path / "out.mp4", Heard())

    assert not caught.value.is_retryable
    assert not caught.value.may_fall_back
    assert len(ready.of("POST")) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again_when_it_said_and_that_is_no_second_order(ready, task, tmp_path, status):
    ready.on("POST", "/v1/videos", says({}, status, Retry_After=2), TAKEN)
    heard = Heard()

    engine_for(ready, "litellm").make(task(), tmp_path / "out.mp4", heard)

    first, second = ready.of("POST")
    assert second.at_s - first.at_s >= 2
    assert heard.memories[-1]["order"] == 1


@pytest.mark.parametrize("status", [500, 502, 503, 303])
def test_a_gateway_that_lost_the_answer_may_have_passed_the_order_on(ready, task, tmp_path, status):
    ready.on("POST", "/v1/videos", says(b"<html>", status))
    ready.on("GET", "/v1/videos", says({"data": []}))
    heard = Heard()

    with pytest.raises(UpstreamUnresolved):
        engine_for(ready, "openai").make(task(), tmp_path / "out.mp4", heard)

    assert len(ready.of("POST")) == 1
    assert is_open(heard.memories[-1])


def test_an_order_that_shows_late_in_the_list_is_found(ready, task, clip, tmp_path):
    ready.on("POST", "/v1/videos", BREAKS)
    ready.on("GET", "/v1/videos", says({"data": []}), says({}, 500), says(listed()))

    engine = engine_for(ready, "openai", settle_s=20)
    assert engine.make(task(), tmp_path / "out.mp4", Heard()).path.read_bytes() == clip


def test_an_order_at_another_server_that_bills_is_never_followed_by_one_here(ready, task, tmp_path):
    memory = remembered(ready, "sent", "v-2") | {"server": "http://gpu-2"}

    with pytest.raises(UpstreamUnresolved):
        engine_for(ready, "litellm").make(task(memory=memory), tmp_path / "out.mp4", Heard())

    assert not ready.asked


def test_where_nothing_is_billed_an_order_at_another_server_of_the_pool_is_left_to_itself(ready, task, tmp_path):
    memory = remembered(ready, "sent", "v-2") | {"server": "http://gpu-2"}
    heard = Heard()

    engine_for(ready).make(task(memory=memory), tmp_path / "out.mp4", heard)

    assert (heard.memories[-1]["id"], heard.memories[-1]["order"]) == ("v-1", 1)


def test_a_web_page_instead_of_an_answer_fails_and_is_not_taken_for_an_order(ready, task, tmp_path):
    ready.on("POST", "/v1/videos", says(b"<html>Welcome</html>", Content_Type="text/html; charset=utf-8"))
    heard = Heard()

    with pytest.raises(UpstreamFailed, match="text/html instead of JSON"):
        engine_for(ready).make(task(), tmp_path / "out.mp4", heard)

    assert heard.memories[-1]["state"] == "ended"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"error": {"code": "invalid_api_key", "message": "Incorrect API key provided: sk-test-1"}}),
        (402, {"error": {"message": "Payment required"}}),
        (403, {"error": {"message": "no"}}),
        (429, {"error": {"type": "insufficient_quota", "code": "insufficient_quota", "message": "You exceeded"}}),
        (400, {"error": {"type": "budget_exceeded", "message": "Budget has been exceeded! Current cost: 5"}}),
        (404, {"detail": "Not Found"}),
        (308, {}),
    ],
)
def test_what_only_the_operator_can_put_right_raises_an_alarm_and_names_the_server(ready, task, tmp_path, status, body):
    ready.on("POST", "/v1/videos", says(body, status))
    heard = Heard()

    with pytest.raises(EngineUnavailable) as caught:
        engine_for(ready, "litellm", key="sk-test-1").make(task(), tmp_path / "out.mp4", heard)

    assert ready.url in caught.value.alarm
    assert "sk-test-1" not in caught.value.alarm + str(caught.value)
    assert ready.url not in str(caught.value)
    assert heard.memories[-1]["state"] == "ended"


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, {"error": {"message": "size must be one of 720x1280.", "code": "invalid_size"}}, "size must be one of"),
        (422, {"detail": [{"loc": ["body", "seconds"], "msg": "not an int", "type": "int"}]}, "seconds: not an int"),
        (400, {"detail": "Model mismatch: see http://gpu/x?token=abc"}, "see http://gpu/x"),
        (400, {"error": {"message": "x" * 5000}}, "xxx…"),
        (413, {}, "refused this request."),
    ],
)
def test_a_refusal_gives_the_servers_reason_in_plain_words(ready, task, tmp_path, status, body, reason):
    ready.on("POST", "/v1/videos", says(body, status))

    with pytest.raises(UpstreamRefused) as caught:
        engine_for(ready).make(task(), tmp_path / "out.mp4", Heard())

    assert reason in str(caught.value)
    assert "token" not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert caught.value.may_fall_back


@pytest.mark.parametrize("code", ["content_policy_violation", "moderation_blocked", "content_rejected"])
def test_a_moderators_no_is_a_rejection(ready, task, tmp_path, code):
    ready.on("POST", "/v1/videos", says({"error": {"code": code, "message": "no"}}, 400))

    with pytest.raises(ContentRejected):
        engine_for(ready, "openai").make(task(), tmp_path / "out.mp4", Heard())
