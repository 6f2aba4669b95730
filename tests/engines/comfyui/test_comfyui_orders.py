"""An order is placed once: whatever happens to its answer, to the server, to the WebSocket and to who waits for it."""

from __future__ import annotations

import pytest
from comfy_standin import Fault
from comfy_wire import comfy_server
from remote_tasks import Killed, RecordingReport, make_task, picture

from seedbed.core.engine import Stage, Stop
from seedbed.core.errors import UpstreamFailed, UpstreamRefused, UpstreamTimeout
from seedbed.core.remote_order import is_open
from seedbed.engines.comfyui.engine import ComfyUi
from seedbed.engines.comfyui.exchange import client_id, own_id

OTHERS = [0, "theirs", {"9": {"class_type": "KSampler", "inputs": {"steps": 9}}}, {"client_id": "somebody"}, []]


def runs(comfy):
    return len(comfy.of("POST", "/prompt"))


def is_at_work(comfy):
    return any(item[1] != "theirs" for item in list(comfy.running))


def stopped(comfy, engine, tmp_path, *, when=None, is_for_good=True, task=None):
    """Make a video and stop it at that moment, or while it is at work. Returns the report."""
    report = RecordingReport()

    def is_known_and_at_work():
        return report.memory and report.memory["state"] == "sent" and is_at_work(comfy)

    report.interrupt(Stop(is_for_good=is_for_good), when=when or is_known_and_at_work)
    with pytest.raises(Stop):
        engine.make(task or make_task(), tmp_path / "out.mp4", report)
    return report


def test_what_is_sent_is_remembered_before_and_after(comfy, engine, report, tmp_path):
    engine.make(make_task(), tmp_path / "out.mp4", report)

    known = own_id("job-1", 1)
    assert [(m["state"], m["id"]) for m in report.memories] == [("sending", None), ("sent", known)]
    assert comfy.of("POST", "/prompt")[0].json["prompt_id"] == known
    assert comfy.of("POST", "/prompt")[0].json["client_id"] == client_id("job-1")


def test_orders_of_other_jobs_and_of_later_numbers_have_other_ids():
    assert len({own_id("job-1", 1), own_id("job-1", 2), own_id("job-2", 1), client_id("job-1")}) == 4


@pytest.mark.parametrize("minds_ids", [True, False])
@pytest.mark.parametrize("fault", [Fault(lost=True, heard=True), Fault(status=502, heard=True)])
def test_an_order_whose_answer_is_lost_is_found_and_not_sent_again(
    comfy, engine, report, clip, tmp_path, fault, minds_ids
):
    comfy.minds_ids = minds_ids
    comfy.faults["POST", "/prompt"] = [fault]

    made = engine.make(make_task(), tmp_path / "out.mp4", report)

    assert made.path.read_bytes() == clip
    assert runs(comfy) == 1


def test_an_order_that_an_older_server_still_runs_is_found_by_its_mark(comfy, engine, report, clip, tmp_path):
    comfy.minds_ids, comfy.waits_at = False, "9/4"
    comfy.faults["POST", "/prompt"] = [Fault(lost=True, heard=True)]

    def look():
        if len(comfy.of("GET", "/queue")) > 2:
            comfy.go.set()
        return False

    report.interrupt(Stop(), when=look)
    made = engine.make(make_task(), tmp_path / "out.mp4", report)

    assert made.path.read_bytes() == clip
    assert runs(comfy) == 1


def test_an_order_that_never_arrived_is_sent_again(comfy, engine, report, clip, tmp_path):
    comfy.faults["POST", "/prompt"] = [Fault(lost=True), Fault(status=503)]

    made = engine.make(make_task(), tmp_path / "out.mp4", report)

    assert made.path.read_bytes() == clip
    assert [own_id("job-1", 1)] == list(comfy.history)


@pytest.mark.parametrize("moment", ["sending", "sent"])
def test_an_attempt_after_a_dead_one_goes_on_with_its_order(comfy, engine, clip, tmp_path, moment):
    dead = RecordingReport()
    dead.interrupt(Killed(), when=lambda: dead.memory and dead.memory["state"] == moment and runs(comfy))
    with pytest.raises(Killed):
        engine.make(make_task(), tmp_path / "out.mp4", dead)

    made = engine.make(make_task(memory=dead.memory), tmp_path / "out.mp4", RecordingReport())

    assert made.path.read_bytes() == clip
    assert runs(comfy) == 1


def test_a_cancel_interrupts_what_runs(comfy, engine, tmp_path):
    comfy.waits_at = "9/4"

    stopped(comfy, engine, tmp_path)

    comfy.wait_until(lambda: not comfy.running)
    assert comfy.of("POST", "/interrupt")[0].json == {"prompt_id": own_id("job-1", 1)}


def test_a_cancel_takes_what_waits_out_of_the_queue_and_leaves_the_others_alone(comfy, engine, tmp_path):
    comfy.waits_at, comfy.pending = "9/4", [OTHERS]
    comfy.wait_until(lambda: comfy.running and not comfy.pending)

    stopped(comfy, engine, tmp_path, when=lambda: comfy.pending)

    assert comfy.pending == []
    assert comfy.of("POST", "/interrupt") == []
    assert not comfy.interrupted.is_set()


def test_an_older_server_is_told_to_interrupt_only_while_the_running_one_is_ours(comfy, engine, tmp_path):
    comfy.minds_ids, comfy.waits_at = False, "9/4"

    stopped(comfy, engine, tmp_path)
    comfy.wait_until(lambda: not comfy.running)

    assert len(comfy.of("POST", "/interrupt")) == 1


def test_a_cancel_while_the_order_is_being_sent_ends_it_all_the_same(comfy, engine, tmp_path):
    comfy.waits_at = "9/4"
    comfy.faults["POST", "/prompt"] = [Fault(heard=True, after_s=0.4)]

    stopped(comfy, engine, tmp_path, when=lambda: runs(comfy))

    comfy.wait_until(lambda: not comfy.running and not comfy.pending)
    assert runs(comfy) == 1


def test_a_cancel_of_an_order_that_never_arrived_sends_none(comfy, engine, tmp_path):
    comfy.faults["POST", "/prompt"] = [Fault(lost=True)]

    stopped(comfy, engine, tmp_path, when=lambda: runs(comfy))

    assert runs(comfy) == 1
    assert [comfy.running, comfy.pending, comfy.history] == [[], [], {}]


def test_an_attempt_that_is_handed_back_leaves_the_work_alone_and_the_next_goes_on(comfy, engine, clip, tmp_path):
    comfy.waits_at = "9/4"
    report = stopped(comfy, engine, tmp_path, is_for_good=False)
    assert comfy.of("POST", "/interrupt") == []
    comfy.go.set()

    made = engine.make(make_task(memory=report.memory), tmp_path / "out.mp4", RecordingReport())

    assert made.path.read_bytes() == clip
    assert runs(comfy) == 1


def test_a_reference_is_not_brought_again_to_a_server_that_has_the_order(comfy, engine, tmp_path):
    comfy.waits_at = "9/4"
    report = stopped(comfy, engine, tmp_path, is_for_good=False, task=make_task("A fox.", picture()))
    comfy.go.set()

    engine.make(make_task("A fox.", picture(), memory=report.memory), tmp_path / "out.mp4", RecordingReport())

    assert len(comfy.of("POST", "/upload/image")) == 1


def test_behind_the_prompts_of_others_it_is_preparing(comfy, engine, report, clip, tmp_path):
    comfy.waits_at, comfy.pending = "9/4", [OTHERS]
    comfy.wait_until(lambda: comfy.running)
    looks = []

    def look():
        if comfy.pending and len(comfy.of("GET", "/queue")) >= 2:
            looks.extend(report.said)
            comfy.go.set()
        return False

    report.interrupt(Stop(), when=look)
    made = engine.make(make_task(), tmp_path / "out.mp4", report)

    assert made.path.read_bytes() == clip
    assert set(looks) == {(Stage.PREPARING, 0.0)}


def test_one_that_takes_too_long_is_ended_there(comfy, table, report, tmp_path):
    comfy.waits_at = "9/4"

    with pytest.raises(UpstreamTimeout, match="did not finish within 1 s"):
        ComfyUi(table | {"time_limit_s": 1}).make(make_task(), tmp_path / "out.mp4", report)

    comfy.wait_until(lambda: not comfy.running)
    assert report.memory["state"] == "ended"


@pytest.mark.parametrize("breaks", ["never there", "cut"])
def test_without_the_websocket_it_goes_on_by_asking(comfy, engine, report, clip, tmp_path, breaks):
    comfy.has_socket = breaks == "cut"
    comfy.waits_at = "9/4"

    def look():
        if is_at_work(comfy):
            comfy.has_socket = False
            comfy.hang_up()
            comfy.go.set()
        return False

    report.interrupt(Stop(), when=look)
    made = engine.make(make_task(), tmp_path / "out.mp4", report)

    assert made.path.read_bytes() == clip
    assert (Stage.RENDERING, 1.0) in report.said


def test_after_a_restart_of_the_server_the_order_is_placed_anew_once(comfy, engine, clip, tmp_path):
    comfy.waits_at, reports = "9/4", [RecordingReport(), RecordingReport()]

    def restarting(report):
        report.interrupt(Stop(), when=lambda: is_at_work(comfy) and comfy.restart())
        return report

    with pytest.raises(UpstreamFailed, match="no longer knows"):
        engine.make(make_task(), tmp_path / "out.mp4", restarting(reports[0]))
    comfy.go.clear()
    with pytest.raises(UpstreamRefused, match="2 times"):
        engine.make(make_task(memory=reports[0].memory), tmp_path / "out.mp4", restarting(reports[1]))
    with pytest.raises(UpstreamRefused):
        engine.make(make_task(memory=reports[1].memory), tmp_path / "out.mp4", RecordingReport())

    assert [asked.json["prompt_id"] for asked in comfy.of("POST", "/prompt")] == [
        own_id("job-1", 1),
        own_id("job-1", 2),
    ]


def test_an_order_at_another_server_of_the_pool_is_ended_there_without_our_key(comfy, table, clip, tmp_path):
    with comfy_server(clip) as other:
        other.waits_at = "9/4"
        report = stopped(other, ComfyUi(table | {"url": other.url}), tmp_path, is_for_good=False)

        made = ComfyUi(table | {"key": "word"}).make(
            make_task(memory=report.memory), tmp_path / "out.mp4", RecordingReport()
        )

        other.wait_until(lambda: not other.running)
        assert "word" not in str([asked.headers for asked in other.asked])
    assert made.path.read_bytes() == clip
    assert runs(comfy) == 1


def test_an_order_at_a_server_of_the_pool_that_is_gone_holds_nobody_up(comfy, engine, clip, tmp_path):
    memory = {"server": "http://127.0.0.1:9", "order": 1, "state": "sent", "since": 1, "id": "x", "notes": {}}

    made = engine.make(make_task(memory=memory), tmp_path / "out.mp4", RecordingReport())

    assert made.path.read_bytes() == clip


@pytest.mark.parametrize("state", ["sending", "sent"])
def test_what_was_ordered_for_a_job_that_is_over_is_withdrawn(comfy, engine, tmp_path, state):
    comfy.waits_at = "9/4"
    report = stopped(comfy, engine, tmp_path, is_for_good=False)
    memory = next(memory for memory in report.memories if memory["state"] == state)

    engine.withdraw(make_task(memory=memory), RecordingReport())

    comfy.wait_until(lambda: not comfy.running)
    assert runs(comfy) == 1


def test_what_has_ended_is_not_withdrawn(comfy, engine, report):
    engine.withdraw(make_task(), report)
    engine.withdraw(make_task(memory={"state": "ended"}), report)

    assert comfy.asked == []


def test_a_server_that_is_not_there_is_waited_for_and_then_given_up(table, report, tmp_path):
    nowhere = ComfyUi(table | {"url": "http://127.0.0.1:9", "order_s": 0.6})

    with pytest.raises(UpstreamFailed, match="no connection could be made"):
        nowhere.make(make_task(), tmp_path / "out.mp4", report)

    assert (report.memory["state"], report.memory["order"]) == ("ended", 0)


def test_from_a_server_that_vanishes_with_the_order_the_job_may_go_to_another_engine(
    comfy, table, report, clip, tmp_path
):
    comfy.faults["POST", "/prompt"] = [Fault(lost=True, heard=True)]
    comfy.faults["GET", "/queue"] = [Fault(lost=True)] * 9

    with pytest.raises(UpstreamFailed, match="can no longer be asked") as caught:
        ComfyUi(table | {"order_s": 1}).make(make_task(), tmp_path / "out.mp4", report)

    assert caught.value.is_retryable
    assert caught.value.may_fall_back
    assert not is_open(report.memory)


def test_a_server_that_vanishes_with_the_work_is_waited_for_and_then_let_go(comfy, table, report, tmp_path):
    comfy.waits_at = "9/4"
    comfy.faults["GET", f"/history/{own_id('job-1', 1)}"] = [Fault(status=502)] * 99

    with pytest.raises(UpstreamTimeout, match="can no longer be asked"):
        ComfyUi(table | {"order_s": 0.2}).make(make_task(), tmp_path / "out.mp4", report)

    assert len(comfy.faults["GET", f"/history/{own_id('job-1', 1)}"]) < 95
    assert not is_open(report.memory)
