"""The life of a job, and how it is shown."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from seedbed.core.engine import Stage
from seedbed.core.errors import IllegalMove
from seedbed.core.job import MOVES, Failure, Job, Output, Progress, QueuePlace, State, make_job_id, move
from seedbed.core.native_view import native_view
from seedbed.core.request import GenerationRequest
from seedbed.core.sizes import AspectRatio, Size

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def job(**changes):
    sample = Job(
        id="req_1234567890",
        account_id=1,
        is_live=True,
        dialect="native",
        pool="default",
        state=State.QUEUED,
        request=GenerationRequest(model="seedance-2.0", prompt="A lake", seed=1),
        aspect_ratio=AspectRatio.WIDE,
        charged_credits=40,
        created_at=NOON,
        deadline_at=NOON + timedelta(days=2),
    )
    return replace(sample, **changes)


@pytest.mark.parametrize(("start", "to"), list(product(State, State)))
def test_only_the_moves_of_the_table_are_possible(start, to):
    if to in MOVES[start]:
        assert move(job(state=start), to, at=NOON).state is to
    else:
        with pytest.raises(IllegalMove):
            move(job(state=start), to, at=NOON)


def test_final_states_have_no_way_out():
    assert {s for s in State if s.is_final} == {State.SUCCEEDED, State.FAILED, State.CANCELLED}


def test_every_claim_is_a_new_attempt_and_the_first_start_is_kept():
    first = move(job(), State.PROCESSING, at=NOON)
    second = move(move(first, State.QUEUED, at=NOON), State.PROCESSING, at=NOON + timedelta(hours=1))

    assert (first.attempt, second.attempt, second.started_at) == (1, 2, NOON)


def test_a_request_id_holds_all_its_chance():
    assert make_job_id(b"\x01" * 16) == "req_" + "01" * 16
    with pytest.raises(ValueError, match="16 random bytes"):
        make_job_id(b"\x01" * 15)


OUTPUT = Output(
    key="jobs/req_1234567890/1/result.mp4", size=Size(1280, 720), frames=121, fps=24, size_bytes=9, sha256="ab"
)


def test_a_succeeded_job_begins_with_the_documents_own_answer():
    view = native_view(job(state=State.SUCCEEDED, output=OUTPUT, finished_at=NOON), base_url="https://s.dev")
    documented = {k: view[k] for k in list(view)[:9]}
    documented["output"] = {k: view["output"][k] for k in list(view["output"])[:2]}

    assert json.dumps(documented, separators=(",", ":")) == (
        '{"success":true,"requestId":"req_1234567890","status":"succeeded","model":"seedance-2.0","prompt":"A lake",'
        '"duration":5,"aspectRatio":"16:9","output":{"type":"video",'
        '"url":"https://s.dev/open-api-results/req_1234567890.mp4"},"error":null}'
    )
    assert view["finishedAt"] == "2026-11-22T12:00:00.000Z"


def test_the_blob_key_is_never_shown():
    view = native_view(job(state=State.SUCCEEDED, output=OUTPUT), base_url="https://s.dev")

    assert OUTPUT.key not in json.dumps(view)


def test_progress_is_shown_only_while_it_is_true():
    progress = Progress(Stage.RENDERING, 0.25)

    running = native_view(job(state=State.PROCESSING, progress=progress), base_url="")
    failed = native_view(job(state=State.FAILED, progress=progress, failure=Failure("expired", "x")), base_url="")

    assert running["progress"] == {"stage": "rendering", "fraction": 0.25}
    assert "progress" not in failed
    assert failed["error"] == {"code": "expired", "message": "x"}


def test_the_place_in_the_queue_is_shown_while_queued():
    place = QueuePlace(3, 40)

    assert native_view(job(), base_url="", queue=place)["queue"] == {"position": 3, "etaSeconds": 40}
    assert "queue" not in native_view(job(state=State.PROCESSING), base_url="", queue=place)
