"""What goes wrong at the server ends the job with what somebody can act on, and with nothing secret in it."""

from __future__ import annotations

import pytest
from comfy_standin import Fault
from remote_tasks import make_task, picture

from seedbed.core.errors import EngineOutOfMemory, EngineUnavailable, UpstreamFailed, UpstreamRefused
from seedbed.engines.comfyui.engine import ComfyUi

OOM = "Allocation on device 0 would exceed allowed memory. This error means you ran out of memory on your GPU."


def test_a_node_that_is_not_installed_there_is_named_to_the_operator(comfy, engine, report, tmp_path):
    comfy.lacks = {"WanFirstLastFrameToVideo"}

    with pytest.raises(EngineUnavailable) as caught:
        engine.make(make_task(), tmp_path / "out.mp4", report)

    assert "Node 'WanFirstLastFrameToVideo' not found" in caught.value.alarm
    assert comfy.url in caught.value.alarm
    assert report.memory["state"] == "ended"


def test_what_the_server_has_against_a_node_is_said_with_the_nodes_name(comfy, engine, report, tmp_path):
    comfy.files = ["other.safetensors"]

    with pytest.raises(UpstreamRefused, match=r"node 1 \(UNETLoader\): Value not in list: unet_name: 'wan"):
        engine.make(make_task(), tmp_path / "out.mp4", report)


def test_an_error_while_it_runs_names_its_node(comfy, engine, report, tmp_path):
    comfy.ends = "mat1 and mat2 shapes cannot be multiplied"

    with pytest.raises(UpstreamFailed, match=r'in node 9 \(KSampler "The sampler"\): mat1 and mat2') as caught:
        engine.make(make_task(), tmp_path / "out.mp4", report)

    assert caught.value.is_retryable


def test_a_server_that_runs_out_of_memory_is_a_failure_of_its_own(comfy, engine, report, tmp_path):
    comfy.ends = OOM

    with pytest.raises(EngineOutOfMemory, match="ran out of memory in node 9"):
        engine.make(make_task(), tmp_path / "out.mp4", report)


def test_work_that_somebody_else_interrupts_has_failed(comfy, engine, report, tmp_path):
    comfy.waits_at = "9/4"

    def look():
        if comfy.running:
            comfy.interrupted.set()
        return False

    report.interrupt(KeyboardInterrupt(), when=look)
    with pytest.raises(UpstreamFailed, match="interrupted"):
        engine.make(make_task(), tmp_path / "out.mp4", report)


@pytest.mark.parametrize("name", ["videos", "gifs", "images"])
def test_a_video_is_found_under_whatever_name_its_node_saves_it(comfy, engine, report, clip, tmp_path, name):
    comfy.saves = {"text": ["done"], name: [{"filename": "p.png"}, {"filename": "a.WEBM", "type": "temp"}]}

    made = engine.make(make_task(), tmp_path / "out.mp4", report)

    assert made.path.read_bytes() == clip
    assert comfy.of("GET", "/view")[0].query == {"filename": "a.WEBM", "type": "temp"}


@pytest.mark.parametrize("saved", [{}, {"images": [{"filename": "a.png"}]}, {"images": "a.mp4"}])
def test_a_workflow_that_saves_no_video_is_refused_by_the_nodes_name(comfy, engine, report, tmp_path, saved):
    comfy.saves = saved

    with pytest.raises(UpstreamRefused, match=r"node 12 \(SaveVideo\) has saved no video"):
        engine.make(make_task(), tmp_path / "out.mp4", report)


@pytest.mark.parametrize("content", [b"<html>not here</html>", b"\x89PNG\r\n\x1a\n" + bytes(40), b""])
def test_what_is_no_video_is_never_handed_on(comfy, engine, report, tmp_path, content):
    comfy.video = content

    with pytest.raises(UpstreamFailed, match="no MP4, MOV or WebM"):
        engine.make(make_task(), tmp_path / "out.mp4", report)


def test_a_video_that_is_too_large_is_broken_off_and_not_fetched_again(comfy, table, report, tmp_path):
    comfy.video = b"\x00\x00\x00\x18ftypmp42" + bytes(200_000)

    with pytest.raises(UpstreamRefused, match="larger than 100000 bytes"):
        ComfyUi(table | {"max_result_bytes": 100_000}).make(make_task(), tmp_path / "out.mp4", report)

    assert len(comfy.of("GET", "/view")) == 1
    assert not (tmp_path / "out.mp4").exists()


def test_a_download_that_fails_is_tried_again(comfy, engine, report, clip, tmp_path):
    comfy.faults["GET", "/view"] = [Fault(status=502), Fault(lost=True)]

    made = engine.make(make_task(), tmp_path / "out.mp4", report)

    assert made.path.read_bytes() == clip


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_is_the_operators_to_see_to(comfy, table, report, tmp_path, status):
    comfy.faults["POST", "/prompt"] = [Fault(status=status)]

    with pytest.raises(EngineUnavailable) as caught:
        ComfyUi(table | {"key": "word"}).make(make_task(), tmp_path / "out.mp4", report)

    assert "key_header" in caught.value.alarm
    assert "word" not in caught.value.alarm


@pytest.mark.parametrize(
    ("header", "sent"), [({}, ("authorization", "Bearer word")), ({"key_header": "X-API-Key"}, ("x-api-key", "word"))]
)
def test_the_key_goes_along_with_every_request(comfy, table, report, tmp_path, header, sent):
    task = make_task("A fox.", picture())

    ComfyUi(table | {"key": "word"} | header).make(task, tmp_path / "out.mp4", report)

    assert {asked.path for asked in comfy.asked} >= {"/ws", "/upload/image", "/prompt", "/view"}
    assert all(asked.headers.get(sent[0]) == sent[1] for asked in comfy.asked)


def test_a_web_page_in_place_of_an_answer_passes_or_becomes_a_failure(comfy, table, report, clip, tmp_path):
    comfy.faults["GET", "/queue"] = [Fault(status=200)]
    comfy.faults["POST", "/prompt"] = [Fault(status=200, heard=True)]

    made = ComfyUi(table).make(make_task(), tmp_path / "out.mp4", report)

    assert made.path.read_bytes() == clip
    assert len(comfy.of("POST", "/prompt")) == 1


def test_a_file_that_the_server_does_not_take_ends_the_job(comfy, engine, report, tmp_path):
    comfy.faults["POST", "/upload/image"] = [Fault(status=413)]

    with pytest.raises(UpstreamRefused, match="no file of that size"):
        engine.make(make_task("A fox.", picture()), tmp_path / "out.mp4", report)


def test_messages_that_are_none_are_passed_over(comfy, engine, report, clip, tmp_path):
    odd = [b"{", b"[]", b'{"type": 5}', b'{"type": "progress", "data": []}']
    comfy.waits_at = "9/4"

    def look():
        if comfy.running and comfy.sockets:
            for message in odd:
                comfy.send(next(iter(comfy.sockets)), 1, message)
            comfy.tell("progress", {"prompt_id": comfy.running[0][1], "node": "9", "value": "much", "max": 0})
            comfy.tell("progress_state", {"prompt_id": comfy.running[0][1], "nodes": {"9": 5, "x": {}}})
            comfy.tell("execution_cached", {"prompt_id": comfy.running[0][1], "nodes": None})
            comfy.send(next(iter(comfy.sockets)), 2, b"\x00\x00")
            comfy.go.set()
        return False

    report.interrupt(KeyboardInterrupt(), when=look)
    made = engine.make(make_task(), tmp_path / "out.mp4", report)

    assert made.path.read_bytes() == clip
