"""An upstream that answers as the official documents say, and as no document says."""

from __future__ import annotations

import time

import pytest
from faulty_proxy import say, swallow
from remote_tasks import RecordingReport, make_task, medium, picture

from seedbed.core.engine import Stage, Stop
from seedbed.core.errors import (
    ContentRejected,
    EngineUnavailable,
    EngineUnfit,
    NotReady,
    UpstreamFailed,
    UpstreamRefused,
    UpstreamTimeout,
    UpstreamUnresolved,
)
from seedbed.core.references import Role
from seedbed.engines.ark.engine import Ark
from seedbed.engines.ark.order import expiry_s

TASKS = "/contents/generations/tasks"
ONE = f"{TASKS}/cgt-1"
KEY = "ark-secret"
CREATED = {"id": "cgt-1"}
TOKENS = {"completion_tokens": 40_000, "total_tokens": 40_000}


def shown(status, *, url=None, error=None, **more):
    content = {"content": {"video_url": url}, "usage": TOKENS} if url else {}
    return {"id": "cgt-1", "model": "m", "status": status, "error": error} | content | more


def refusal(code, message="No."):
    return {"error": {"code": code, "message": message, "param": "", "type": "BadRequest"}}


def engine(server, **options):
    usual = {"poll_s": 0.1, "order_s": 1, "settle_s": 0.7}
    return Ark({"base_url": server.url, "key": KEY} | usual | options)


def listed(task_id, **changes):
    """A task of the list that is the order of `make_task()`, but for the changes."""
    item = {
        "id": task_id,
        "model": "dreamina-seedance-2-0-260128",
        "status": "running",
        "created_at": int(time.time()),
        "seed": 7,
        "resolution": "480p",
        "ratio": "16:9",
        "duration": 4,
        "generate_audio": True,
        "service_tier": "default",
        "execution_expires_after": expiry_s("job-1", 1, limit_s=3600),
    }
    return item | changes


def list_of(*items):
    return say(200, {"items": list(items), "total": len(items)})


@pytest.fixture
def made(server, clip):
    """A server that has made the video of any order."""
    server.on("POST", TASKS, say(200, CREATED), times=9)
    server.on("GET", ONE, say(200, shown("succeeded", url=f"{server.url}/clip.mp4")), times=9)
    server.on("GET", "/clip.mp4", say(200, clip), times=9)
    return server


def test_a_task_becomes_an_order_in_the_official_form(made, report, tmp_path, clip):
    task = make_task("A fox.", picture(), picture(Role.LAST_FRAME, number=1), wants_audio=False, seed=2**32 - 1)

    video = engine(made).make(task, tmp_path / "out.mp4", report)

    order = made.asked[0].json()
    assert video.path.read_bytes() == clip
    assert made.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert order["model"] == "dreamina-seedance-2-0-260128"
    assert order["content"][0] == {"type": "text", "text": "A fox."}
    assert [item["role"] for item in order["content"][1:]] == ["first_frame", "last_frame"]
    assert order["content"][1]["image_url"]["url"].startswith("data:image/jpeg;base64,/9j/")
    wanted = {"resolution": "480p", "ratio": "16:9", "duration": 4, "seed": 2**32 - 1, "generate_audio": False}
    assert {name: order[name] for name in wanted} == wanted
    assert order["watermark"] is False


def test_the_chinese_host_has_its_own_names_and_an_operator_may_give_others():
    assert Ark({"key": KEY, "host": "volcengine"}).describe().description.endswith("volces.com/api/v3.")
    with pytest.raises(NotReady, match=r"engines\.ark: host must be one of byteplus, volcengine"):
        Ark({"key": KEY, "host": "moon"})


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({}, "key is missing"),
        ({"key": KEY, "poll": 3}, "poll is not known; the options are host, base_url, key"),
        ({"key": KEY, "poll_s": "5"}, "poll_s must be a number from 0.1 to 60"),
        ({"key": KEY, "base_url": "ark.example"}, "base_url must be a URL"),
        ({"key": KEY, "models": {"seedance-2.0": 3}}, "models must be a table"),
        ({"key": KEY, "open_networks": ["10.0.0.0/99"]}, "open_networks holds something that is no network"),
    ],
)
def test_an_option_that_is_wrong_is_named_with_what_would_be_right(wrong, says):
    with pytest.raises(NotReady) as caught:
        Ark(wrong)

    assert str(caught.value).startswith("engines.ark: ")
    assert says in str(caught.value)


def test_tokens_are_kept_with_the_job_and_no_secret_is(made, report, tmp_path):
    engine(made).make(make_task(), tmp_path / "out.mp4", report)

    assert report.memory["notes"]["usage"] == TOKENS
    assert [m["state"] for m in report.memories] == ["sending", "sent", "sent"]
    assert KEY not in str(report.memories)


def test_a_lost_answer_is_found_in_the_list_by_what_it_repeats(server, report, tmp_path):
    server.on("POST", TASKS, swallow)
    others = [
        listed("cgt-2", seed=8),
        listed("cgt-3", created_at=int(time.time()) - 3600),
        listed("cgt-4", execution_expires_after=172_800),
        listed("cgt-5", model="dreamina-seedance-2-0-fast-260128"),
        listed("cgt-6", ratio="1:1"),
    ]
    server.on("GET", TASKS, list_of())
    server.on("GET", TASKS, list_of(*others, listed("cgt-1")))
    server.on("GET", ONE, say(200, shown("failed", error={"code": "InternalServiceError", "message": "Broke."})))

    with pytest.raises(UpstreamFailed, match="Broke"):
        engine(server).make(make_task(), tmp_path / "out.mp4", report)

    assert report.memory["id"] == "cgt-1"
    assert server.count("POST") == 1


@pytest.mark.parametrize(
    "answers",
    [
        [list_of()],
        [list_of(listed("cgt-1", seed=8))],
        [list_of(listed("cgt-1"), listed("cgt-2"))],
        [say(500, refusal("InternalServiceError"))],
        [say(200, b"<html>")],
        [say(200, {"items": "none"})],
        [say(404, b"<html>")],
        [swallow],
    ],
)
def test_a_lost_order_that_is_not_found_for_sure_is_never_sent_again(server, report, tmp_path, answers):
    server.on("POST", TASKS, swallow, times=9)
    for answer in answers:
        server.on("GET", TASKS, answer, times=99)

    with pytest.raises(UpstreamUnresolved, match="not sent twice"):
        engine(server).make(make_task(), tmp_path / "out.mp4", report)
    with pytest.raises(UpstreamUnresolved):
        engine(server).make(make_task(memory=report.memory), tmp_path / "out.mp4", RecordingReport())

    assert server.count("POST") == 1


def test_a_long_list_is_read_to_where_older_tasks_begin(server, report, tmp_path):
    now = int(time.time())
    server.on("POST", TASKS, swallow)
    server.on("GET", TASKS, list_of(*(listed(f"cgt-x{n}", seed=n + 100) for n in range(100))))
    server.on("GET", TASKS, list_of(listed("cgt-1"), *(listed(f"cgt-y{n}", created_at=now - 999) for n in range(99))))
    server.on("GET", ONE, say(200, shown("expired")))

    with pytest.raises(UpstreamFailed, match="expire"):
        engine(server).make(make_task(), tmp_path / "out.mp4", report)

    assert [a.query for a in server.asked if a.path == TASKS and a.method == "GET"] == [
        "page_num=1&page_size=100",
        "page_num=2&page_size=100",
    ]


def test_an_endpoint_is_known_by_its_models_name_in_the_list(server, report, tmp_path):
    server.on("POST", TASKS, swallow)
    server.on("GET", TASKS, list_of(listed("cgt-1")))
    server.on("GET", ONE, say(200, shown("cancelled")))

    with pytest.raises(UpstreamFailed, match="cancelled"):
        engine(server, models={"seedance-2.0": "ep-1"}).make(make_task(), tmp_path / "out.mp4", report)


def test_an_error_that_names_itself_is_looked_behind_before_the_order_is_sent_again(server, report, tmp_path):
    server.on("POST", TASKS, say(500, refusal("InternalServiceError")))
    server.on("GET", TASKS, list_of(), times=9)
    server.on("POST", TASKS, say(400, refusal("InvalidParameter.duration", "duration must be 4 to 12")))

    with pytest.raises(UpstreamRefused, match="duration must be 4 to 12"):
        engine(server, order_s=5).make(make_task(), tmp_path / "out.mp4", report)

    methods = [asked.method for asked in server.asked]
    assert (methods[:2], methods[-2:], methods.count("POST")) == (["POST", "GET"], ["GET", "POST"], 2)


def test_an_error_behind_which_the_order_was_taken_all_the_same_is_no_second_order(server, report, tmp_path):
    server.on("POST", TASKS, say(503, refusal("ServiceUnavailable")))
    server.on("GET", TASKS, list_of(listed("cgt-1")))
    server.on("GET", ONE, say(200, shown("expired")))

    with pytest.raises(UpstreamFailed, match="expire"):
        engine(server, order_s=5).make(make_task(), tmp_path / "out.mp4", report)

    assert server.count("POST") == 1


def test_an_order_that_no_server_ever_heard_of_may_be_sent_by_the_next_attempt(report, tmp_path):
    nowhere = Ark({"base_url": "http://127.0.0.1:9", "key": KEY, "order_s": 0.6})

    with pytest.raises(UpstreamFailed, match="no connection could be made"):
        nowhere.make(make_task(), tmp_path / "out.mp4", report)

    assert (report.memory["state"], report.memory["order"]) == ("ended", 0)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "InputTextSensitiveContentDetected"),
        (400, "InputImageSensitiveContentDetected.PrivacyInformation"),
        (400, "InputVideoRiskDetection"),
        (400, "SensitiveContentDetected.Violence"),
    ],
)
def test_a_moderated_request_is_rejected_content(server, report, tmp_path, status, code):
    server.on("POST", TASKS, say(status, refusal(code, "The picture may show a real person. Request id: 021")))

    with pytest.raises(ContentRejected, match="a real person"):
        engine(server).make(make_task(), tmp_path / "out.mp4", report)


@pytest.mark.parametrize(
    ("status", "code", "alarm"),
    [
        (401, "AuthenticationError", "check the key"),
        (403, "AccountOverdueError", "top them up"),
        (403, "AccessDenied", "check the key"),
        (404, "ModelNotOpen", "models"),
        (400, "InvalidEndpoint.ClosedEndpoint", "models"),
        (429, "SetLimitExceeded", "top them up"),
    ],
)
def test_what_the_operator_must_mend_is_an_alarm(server, report, tmp_path, status, code, alarm):
    server.on("POST", TASKS, say(status, refusal(code)))

    with pytest.raises(EngineUnavailable) as caught:
        engine(server).make(make_task(), tmp_path / "out.mp4", report)

    assert alarm in caught.value.alarm
    assert server.count("POST") == 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": "OutputVideoSensitiveContentDetected", "message": "Unsafe."}, ContentRejected),
        ({"code": "OutputAudioSensitiveContentDetected.PolicyViolation", "message": "Unsafe."}, ContentRejected),
        ({"code": "InvalidParameter.content", "message": "Unreachable."}, UpstreamRefused),
        ({"code": "InternalServiceError", "message": "Broke."}, UpstreamFailed),
        (None, UpstreamFailed),
    ],
)
def test_a_task_that_failed_there_says_why(server, report, tmp_path, error, kind):
    server.on("POST", TASKS, say(200, CREATED))
    server.on("GET", ONE, say(200, shown("failed", error=error)))

    with pytest.raises(kind) as caught:
        engine(server).make(make_task(), tmp_path / "out.mp4", report)

    assert type(caught.value) is kind


def test_an_expired_order_may_be_placed_once_more_with_another_expiry(server, report, tmp_path):
    server.on("POST", TASKS, say(200, CREATED), times=2)
    server.on("GET", ONE, say(200, shown("expired")), times=2)

    with pytest.raises(UpstreamFailed):
        engine(server).make(make_task(), tmp_path / "out.mp4", report)
    with pytest.raises(UpstreamRefused, match="2 times"):
        engine(server).make(make_task(memory=report.memory), tmp_path / "out.mp4", RecordingReport())

    first, second = (asked.json()["execution_expires_after"] for asked in server.asked if asked.method == "POST")
    assert first != second
    assert min(first, second) >= 3600


@pytest.mark.parametrize("status", ["pondering", "", "SUCCEEDED"])
def test_a_status_that_nobody_knows_ends_with_the_time_and_erases_nothing(server, report, tmp_path, status):
    server.on("POST", TASKS, say(200, CREATED))
    server.on("GET", ONE, say(200, shown(status)), times=99)

    with pytest.raises(UpstreamTimeout):
        engine(server, time_limit_s=1).make(make_task(), tmp_path / "out.mp4", report)

    assert server.count("DELETE") == 0
    assert (report.memory["state"], report.memory["notes"]["left_running"]) == ("sent", True)


def test_a_task_that_still_waits_when_the_time_is_over_is_cancelled_there(server, report, tmp_path):
    server.on("POST", TASKS, say(200, CREATED))
    server.on("DELETE", ONE, lambda asked, behind: _cancelled(server, asked, behind))
    server.on("GET", ONE, say(200, shown("queued")), times=99)

    with pytest.raises(UpstreamTimeout):
        engine(server, time_limit_s=1).make(make_task(), tmp_path / "out.mp4", report)

    assert report.memory["state"] == "ended"


def _cancelled(server, asked, behind):
    server.forget()
    server.on("GET", ONE, say(200, shown("cancelled")), times=9)
    return say(200, {})(asked, behind)


@pytest.mark.parametrize(("status", "deletes"), [("queued", 1), ("running", 0)])
def test_a_cancel_is_passed_on_to_a_task_that_waits_and_leaves_one_that_runs(server, tmp_path, status, deletes):
    report = RecordingReport()
    server.on("POST", TASKS, say(200, CREATED))
    server.on("GET", ONE, say(200, shown(status)), times=99)
    report.interrupt(Stop(), when=lambda: server.count("GET", ONE) > 1)

    with pytest.raises(Stop):
        engine(server).make(make_task(), tmp_path / "out.mp4", report)

    assert server.count("DELETE") == deletes


def test_a_hand_back_leaves_the_task_alone(server, report, tmp_path):
    server.on("POST", TASKS, say(200, CREATED))
    server.on("GET", ONE, say(200, shown("queued")), times=99)
    report.interrupt(Stop(is_for_good=False), when=lambda: server.count("GET", ONE) > 0)

    with pytest.raises(Stop):
        engine(server).make(make_task(), tmp_path / "out.mp4", report)

    assert server.count("DELETE") == 0


def test_a_video_whose_address_has_expired_is_fetched_from_a_new_one(server, report, tmp_path, clip):
    memory = {"server": server.url, "order": 1, "state": "sent", "since": 1, "id": "cgt-1", "notes": {}}
    server.on("GET", ONE, say(200, shown("succeeded", url=f"{server.url}/old.mp4")))
    server.on("GET", ONE, say(200, shown("succeeded", url=f"{server.url}/new.mp4")))
    server.on("GET", "/old.mp4", say(403, b"<Error>expired</Error>"))
    server.on("GET", "/new.mp4", say(200, clip))

    made = engine(server).make(make_task(memory=memory), tmp_path / "out.mp4", report)

    assert made.path.read_bytes() == clip
    assert server.count("POST") == 0


def test_no_progress_is_made_up(made, report, tmp_path):
    engine(made).make(make_task(), tmp_path / "out.mp4", report)

    assert set(report.said) <= {(Stage.PREPARING, 0.0), (Stage.RENDERING, 0.0), (Stage.RENDERING, 1.0)}


@pytest.mark.parametrize(
    ("references", "says"),
    [
        ([medium(Role.REFERENCE_VIDEO, name="mediaUrls[0]")], r"mediaUrls\[0\].*videos itself"),
        ([medium(Role.REFERENCE_AUDIO, name="mediaUrls[0]")], r"mediaUrls\[0\].*beside a picture"),
    ],
)
def test_what_the_service_cannot_be_given_is_named_before_anything_is_sent(server, report, tmp_path, references, says):
    with pytest.raises(EngineUnfit, match=says):
        engine(server).make(make_task("A fox.", *references), tmp_path / "out.mp4", report)

    assert (server.asked, report.memories) == ([], [])


def test_frames_beside_other_references_are_said_in_the_prompt(made, report, tmp_path):
    video = medium(Role.REFERENCE_VIDEO, url="https://cdn.example.net/walk.mp4")
    sound = medium(Role.REFERENCE_AUDIO)

    result = engine(made).make(
        make_task("Like [视频1].", video, picture(Role.LAST_FRAME), sound), tmp_path / "out.mp4", report
    )

    content = made.asked[0].json()["content"]
    assert content[0]["text"] == "Like Video 1.\nImage 1 is the last frame."
    assert [item.get("role") for item in content[1:]] == ["reference_video", "reference_image", "reference_audio"]
    assert content[1]["video_url"]["url"] == "https://cdn.example.net/walk.mp4"
    assert content[3]["audio_url"]["url"].startswith("data:audio/mp3;base64,")
    assert "said in the prompt" in result.warnings[0]
    assert result.sent == {"prompt": content[0]["text"]}


@pytest.mark.parametrize(
    ("model", "field", "words"), [("seedance-1.5-pro", True, ""), ("seedance-2.0", None, "\nThe camera is fixed.")]
)
def test_a_fixed_camera_is_a_field_or_said_in_words(made, report, tmp_path, model, field, words):
    engine(made).make(make_task("A fox.", model=model, has_fixed_camera=True), tmp_path / "out.mp4", report)

    order = made.asked[0].json()
    assert order.get("camera_fixed") is field
    assert order["content"][0]["text"] == f"A fox.{words}"


def test_only_options_that_the_service_has_are_passed_on(made, report, tmp_path):
    options = {"steps": 30, "priority": 4, "seed": 99}

    engine(made).make(make_task(options=options), tmp_path / "out.mp4", report)

    order = made.asked[0].json()
    assert (order["priority"], order["seed"], "steps" in order) == (4, 7, False)
