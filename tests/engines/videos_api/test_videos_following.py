"""A video that was ordered: states, failures, deadlines, cancels, and a result that must be a video."""

from __future__ import annotations

import time

import pytest
from videos_heard import Heard
from videos_standin import BREAKS, says

from seedbed.core.engine import Stage, Stop
from seedbed.core.errors import (
    ContentRejected,
    EngineUnavailable,
    UpstreamFailed,
    UpstreamRefused,
    UpstreamTimeout,
)
from seedbed.engines.videos_api.engine import VideosApi

DONE = says({"id": "v-1", "status": "completed", "progress": 100})


def engine_for(server, flavour="vllm-omni", **options) -> VideosApi:
    return VideosApi({"base_url": server.url, "flavour": flavour, "poll_s": 0.1, **options})


def remembered(server, state, order_id=None, **changed):
    return {"server": server.url, "order": 1, "state": state, "since": 1, "id": order_id, "notes": {}} | changed


def test_it_reports_all_the_while_that_the_server_says_nothing(ready, task, tmp_path):
    ready.on("GET", "/v1/videos/v-1", says({"status": "in_progress"}, after_s=1.0), DONE)
    heard = Heard()

    engine_for(ready).make(task(), tmp_path / "out.mp4", heard)

    assert len(heard.told) >= 10  # it would be twenty on a machine at rest


def test_a_video_that_waits_is_being_prepared_and_one_that_is_made_is_rendered(ready, task, tmp_path):
    ready.on("GET", "/v1/videos/v-1", says({"status": "queued"}), says({"status": "in_progress", "progress": 50}), DONE)
    heard = Heard()

    engine_for(ready, "openai").make(task(), tmp_path / "out.mp4", heard)

    assert list(dict.fromkeys(heard.told)) == [
        (Stage.PREPARING, 0.0),
        (Stage.RENDERING, 0.5),
        (Stage.RENDERING, 1.0),
    ]


def test_progress_never_goes_back(ready, task, tmp_path):
    polls = [says({"status": "in_progress", "progress": percent}) for percent in (60, 20, 250)]
    ready.on("GET", "/v1/videos/v-1", *polls, DONE)
    heard = Heard()

    engine_for(ready, "openai").make(task(), tmp_path / "out.mp4", heard)

    fractions = [fraction for _, fraction in heard.told]
    assert fractions == sorted(fractions)
    assert max(fractions) == 1.0


def test_an_unknown_state_is_waited_out_until_the_limit_and_then_ended_there(ready, task, tmp_path):
    ready.on("GET", "/v1/videos/v-1", says({"status": "meditating"}))
    heard = Heard()

    with pytest.raises(UpstreamTimeout, match="1 s"):
        engine_for(ready, time_limit_s=1).make(task(), tmp_path / "out.mp4", heard)

    assert len(ready.of("DELETE")) == 1
    assert heard.memories[-1]["state"] == "ended"


def test_the_limit_counts_from_the_order_and_not_from_the_attempt(ready, task, tmp_path):
    ready.on("GET", "/v1/videos/v-1", says({"status": "in_progress"}))
    memory = remembered(ready, "sent", "v-1", since=int(time.time()) - 100)

    with pytest.raises(UpstreamTimeout):
        engine_for(ready, time_limit_s=90).make(task(memory=memory), tmp_path / "out.mp4", Heard())

    assert len(ready.of("GET")) == 1


def test_when_the_time_is_over_a_moments_silence_does_not_lose_a_video_that_is_there(ready, task, clip, tmp_path):
    ready.on("GET", "/v1/videos/v-1", says({}, 503), BREAKS, DONE)
    memory = remembered(ready, "sent", "v-1")

    made = engine_for(ready, time_limit_s=90).make(task(memory=memory), tmp_path / "out.mp4", Heard())

    assert made.path.read_bytes() == clip


def test_one_that_cannot_be_ended_there_is_asked_after_again_and_not_ordered_anew(ready, task, clip, tmp_path):
    ready.on("GET", "/v1/videos/v-1", says({"status": "in_progress"}))
    ready.on("DELETE", "/v1/videos/v-1", says({}, 500))
    heard = Heard()
    engine = engine_for(ready, time_limit_s=1)
    with pytest.raises(UpstreamTimeout):
        engine.make(task(), tmp_path / "out.mp4", heard)
    ready.on("GET", "/v1/videos/v-1", says({"status": "in_progress"}), DONE)

    made = engine.make(task(memory=heard.memories[-1]), tmp_path / "out.mp4", Heard())

    assert made.path.read_bytes() == clip
    assert len(ready.of("POST")) == 1


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ({"code": "RuntimeError", "message": "CUDA error"}, UpstreamFailed),
        ({"message": "no code"}, UpstreamFailed),
        ({"code": "content_rejected", "message": "no"}, ContentRejected),
        ({"code": "media_unsupported", "message": "a GIF"}, UpstreamRefused),
        (None, UpstreamFailed),
    ],
)
@pytest.mark.parametrize("state", ["failed", "cancelled", "expired"])
def test_a_video_that_failed_there_fails_here_and_may_be_ordered_anew(ready, task, tmp_path, state, error, outcome):
    ready.on("GET", "/v1/videos/v-1", says({"status": state, "error": error}))
    heard = Heard()

    with pytest.raises(outcome) as caught:
        engine_for(ready).make(task(), tmp_path / "out.mp4", heard)

    assert type(caught.value) is outcome
    assert (heard.memories[-1]["state"], heard.memories[-1]["order"]) == ("ended", 1)


def test_after_a_failure_there_a_second_order_is_the_last(ready, task, tmp_path):
    once = remembered(ready, "ended")

    engine_for(ready).make(task(memory=once), tmp_path / "out.mp4", Heard())
    with pytest.raises(UpstreamRefused):
        engine_for(ready).make(task(memory=once | {"order": 2}), tmp_path / "out.mp4", Heard())

    assert len(ready.of("POST")) == 1


def test_a_server_that_was_restarted_knows_the_video_no_longer(ready, task, tmp_path):
    ready.on("GET", "/v1/videos/v-1", says({"detail": "Video not found"}, 404))
    heard = Heard()

    with pytest.raises(UpstreamFailed, match="no longer knows"):
        engine_for(ready).make(task(), tmp_path / "out.mp4", heard)

    assert heard.memories[-1]["state"] == "ended"


def test_a_page_between_us_does_not_make_a_video_unknown(ready, task, clip, tmp_path):
    ready.on("GET", "/v1/videos/v-1", *[says(b"<html>Not here</html>", 404)] * 4, DONE)

    assert engine_for(ready).make(task(), tmp_path / "out.mp4", Heard()).path.read_bytes() == clip


def test_troubles_that_pass_are_waited_out(ready, task, clip, tmp_path):
    trouble = [says({}, 404), says({}, 503), BREAKS, says({}, 429, Retry_After=0)]
    ready.on("GET", "/v1/videos/v-1", *trouble, DONE)

    made = engine_for(ready).make(task(), tmp_path / "out.mp4", Heard())

    assert made.path.read_bytes() == clip


def test_a_key_that_is_revoked_meanwhile_is_the_operators_affair_and_the_video_stays_known(ready, task, tmp_path):
    ready.on("GET", "/v1/videos/v-1", says({}, 401))
    heard = Heard()

    with pytest.raises(EngineUnavailable):
        engine_for(ready).make(task(), tmp_path / "out.mp4", heard)

    assert heard.memories[-1]["state"] == "sent"


def test_content_that_is_not_there_yet_is_asked_for_again(ready, task, clip, tmp_path):
    ready.on("GET", "/v1/videos/v-1/content", says({"detail": "Generation is still in-progress"}, 404), says(clip))

    made = engine_for(ready, "sglang").make(task(), tmp_path / "out.mp4", Heard())

    assert made.path.read_bytes() == clip


def test_a_result_that_was_uploaded_elsewhere_is_fetched_there_without_our_key(ready, task, clip, tmp_path):
    elsewhere = ready.url.replace("127.0.0.1", "localhost")
    ready.on("GET", "/v1/videos/v-1", says({"status": "completed", "url": f"{elsewhere}/bucket/v-1.mp4"}))
    ready.on("GET", "/bucket/v-1.mp4", says(clip))

    networks = ["127.0.0.0/8", "::1/128"]
    engine = engine_for(ready, "sglang", key="sk-1", open_networks=networks)
    made = engine.make(task(), tmp_path / "out.mp4", Heard())

    [fetched] = ready.of("GET", "/bucket/v-1.mp4")
    assert made.path.read_bytes() == clip
    assert "authorization" not in fetched.headers


def test_a_result_in_a_network_that_is_not_opened_is_not_fetched(ready, task, tmp_path):
    elsewhere = ready.url.replace("127.0.0.1", "127.0.0.2")
    ready.on("GET", "/v1/videos/v-1", says({"status": "completed", "url": f"{elsewhere}/v-1.mp4"}))

    with pytest.raises(UpstreamFailed, match="cannot be fetched"):
        engine_for(ready, "sglang").make(task(), tmp_path / "out.mp4", Heard())


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b"", b'{"detail": "soon"}', b"\x89PNG\r\n\x1a\n1234"])
def test_a_result_that_is_no_video_is_refused_and_leaves_no_file(ready, task, tmp_path, body):
    ready.on("GET", "/v1/videos/v-1/content", says(body))

    with pytest.raises(UpstreamFailed, match="no MP4, MOV or WebM"):
        engine_for(ready).make(task(), tmp_path / "out.mp4", Heard())

    assert not (tmp_path / "out.mp4").exists()


def test_a_webm_is_a_video(ready, task, tmp_path):
    ready.on("GET", "/v1/videos/v-1/content", says(b"\x1a\x45\xdf\xa3 and so on"))

    assert engine_for(ready).make(task(), tmp_path / "out.mp4", Heard()).path.exists()


def test_a_result_over_the_limit_is_broken_off(ready, task, tmp_path):
    ready.on("GET", "/v1/videos/v-1/content", says(b"\0" * 200_000))

    with pytest.raises(UpstreamFailed, match="larger than 1000 bytes"):
        engine_for(ready, max_result_bytes=1000).make(task(), tmp_path / "out.mp4", Heard())

    assert not (tmp_path / "out.mp4").exists()


def test_a_cancel_does_not_wait_for_a_server_that_hangs(ready, task, tmp_path):
    ready.on("GET", "/v1/videos/v-1", says({"status": "in_progress"}))
    engine = engine_for(ready)
    ready.on("DELETE", "/v1/videos/v-1", says({}, after_s=engine.describe().grace_s))

    with pytest.raises(Stop):
        engine.make(task(), tmp_path / "out.mp4", Heard(lambda heard: len(heard.told) > 8))

    assert len(ready.of("DELETE")) == 1
    assert not [asked for asked in ready.answered if asked.method == "DELETE"]


def test_a_cancel_that_the_server_refuses_is_still_a_cancel(ready, task, tmp_path):
    ready.on("GET", "/v1/videos/v-1", says({"status": "in_progress"}))
    ready.on("DELETE", "/v1/videos/v-1", says(b"<html>", 500))

    with pytest.raises(Stop):
        engine_for(ready).make(task(), tmp_path / "out.mp4", Heard(lambda heard: len(heard.told) > 8))


@pytest.mark.parametrize("flavour", ["vllm-omni", "openai", "seedbed"])
@pytest.mark.parametrize(("state", "order_id"), [("sent", "v-1"), ("sending", None)])
def test_an_order_that_outlived_its_job_is_deleted_and_never_sent(ready, task, flavour, state, order_id):
    found = {"id": "v-1", "prompt": "A fox runs.", "created_at": 1000}
    ready.on("GET", "/v1/videos", says({"data": [found]}))

    engine_for(ready, flavour).withdraw(task(memory=remembered(ready, state, order_id)), Heard())

    assert len(ready.of("DELETE", "/v1/videos/v-1")) == 1
    assert not ready.of("POST")


def test_a_cancel_reaches_an_order_whose_answer_was_lost(ready, task, tmp_path):
    ready.on("POST", "/v1/videos", BREAKS)
    ready.on("GET", "/v1/videos", says({"data": [{"id": "v-1", "prompt": "A fox runs.", "created_at": 4e9}]}))

    with pytest.raises(Stop):
        engine_for(ready).make(task(), tmp_path / "out.mp4", Heard(lambda _heard: ready.of("POST")))

    assert len(ready.of("POST")) == len(ready.of("DELETE", "/v1/videos/v-1")) == 1


def test_an_id_cannot_lead_to_another_path(ready, task, tmp_path):
    ready.on("POST", "/v1/videos", says({"id": "../../admin?x=1", "status": "queued"}))

    with pytest.raises(UpstreamFailed):
        engine_for(ready).make(task(), tmp_path / "out.mp4", Heard())

    assert {asked.path for asked in ready.of("GET")} == {"/v1/videos/..%2F..%2Fadmin%3Fx%3D1"}


def test_the_check_says_what_is_wrong(ready):
    for answer, word in ((says({}, 401), "key"), (says({}, 503), "503"), (BREAKS, "does not answer")):
        ready.on("GET", "/health", answer)
        assert word in engine_for(ready).check(Heard())
    assert "no connection" in VideosApi({"base_url": "http://127.0.0.1:9", "flavour": "sglang"}).check(Heard())
