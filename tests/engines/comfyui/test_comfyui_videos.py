"""A task becomes a filled workflow, and what the workflow saves becomes the video."""

from __future__ import annotations

import pytest
from comfy_standin import PREVIEW
from comfy_workflow import MAP
from remote_tasks import make_task, picture

from seedbed.core.engine import Stage
from seedbed.core.errors import EngineUnfit
from seedbed.core.references import Kind, Role
from seedbed.engines.comfyui.engine import ComfyUi


def ordered(comfy):
    (asked,) = comfy.of("POST", "/prompt")
    return asked.json["prompt"]


def test_a_task_becomes_a_video(comfy, engine, report, clip, tmp_path):
    made = engine.make(make_task(), tmp_path / "out.mp4", report)

    assert made.path.read_bytes() == clip
    assert comfy.of("GET", "/view")[0].query == {"filename": "a.mp4", "subfolder": "v", "type": "output"}


def test_every_word_of_the_map_goes_where_it_says(comfy, table, report, tmp_path):
    rules = {"fps": 16, "frames": "4n+1", "multiple_of": 32, "defaults": {"9.cfg": 1.0}}
    task = make_task("A fox.", options={"steps": 3, "negative_prompt": "fog"})

    made = ComfyUi(table | rules).make(task, tmp_path / "out.mp4", report)

    nodes = ordered(comfy)
    assert (nodes["3"]["inputs"]["text"], nodes["4"]["inputs"]["text"]) == ("A fox.", "fog")
    assert {k: nodes["8"]["inputs"][k] for k in ("width", "height", "length")} == {
        "width": 864,
        "height": 512,
        "length": 65,
    }
    assert {k: nodes["9"]["inputs"][k] for k in ("seed", "steps", "cfg")} == {"seed": 7, "steps": 3, "cfg": 1.0}
    assert nodes["11"]["inputs"]["fps"] == 16
    assert nodes["12"]["inputs"]["filename_prefix"] == "seedbed/job-1"
    assert made.sent["steps"] == 3
    assert made.sent["prompt"] == "A fox."


def test_the_workflows_own_negative_prompt_stays_where_nobody_says_another(comfy, engine, report, tmp_path):
    engine.make(make_task(), tmp_path / "out.mp4", report)

    assert ordered(comfy)["4"]["inputs"]["text"] == "ugly"


def test_a_familys_form_of_the_prompt_is_used(comfy, table, report, tmp_path):
    task = make_task("@Image1 runs.", picture())

    ComfyUi(table | {"prompt_form": "wan"}).make(task, tmp_path / "out.mp4", report)

    assert ordered(comfy)["3"]["inputs"]["text"] == "image 1 runs."
    assert "静态" in ordered(comfy)["4"]["inputs"]["text"]


def test_references_are_uploaded_under_names_that_bear_the_ticket(comfy, engine, report, tmp_path):
    task = make_task("A fox.", picture(Role.FIRST_FRAME), picture(Role.LAST_FRAME, number=1))

    engine.make(task, tmp_path / "out.mp4", report)

    names = ["seedbed-job-1-0.jpg", "seedbed-job-1-1.jpg"]
    assert list(comfy.uploads) == names
    assert comfy.uploads[names[0]] == task.references[0].path.read_bytes()
    assert [ordered(comfy)[node]["inputs"]["image"] for node in ("5", "6")] == names


def test_a_file_of_that_name_that_is_another_is_not_overwritten(comfy, engine, report, tmp_path):
    comfy.uploads["seedbed-job-1-0.jpg"] = b"somebody else's"

    engine.make(make_task("A fox.", picture()), tmp_path / "out.mp4", report)

    assert comfy.uploads["seedbed-job-1-0.jpg"] == b"somebody else's"
    assert ordered(comfy)["5"]["inputs"]["image"] == "other-seedbed-job-1-0.jpg"


def test_what_would_load_an_optional_reference_is_taken_out_with_what_works_on_it_alone(
    comfy, engine, report, tmp_path
):
    engine.make(make_task("A fox.", picture()), tmp_path / "out.mp4", report)

    nodes = ordered(comfy)
    assert "6" not in nodes
    assert "7" not in nodes
    assert "end_image" not in nodes["8"]["inputs"]
    assert nodes["8"]["inputs"]["start_image"] == ["5", 0]


def test_a_reference_that_the_workflow_needs_is_asked_for(comfy, table, report, tmp_path):
    with pytest.raises(EngineUnfit, match="needs a last frame"):
        ComfyUi(table | {"optional": []}).make(make_task("A fox.", picture()), tmp_path / "out.mp4", report)

    assert comfy.asked == []


def test_what_has_no_place_in_the_workflow_is_named_in_a_warning(comfy, table, report, tmp_path):
    slots = {"map": {**MAP, "reference_images": ["6.image"]}, "optional": ["first_frame", "reference_images"]}
    del slots["map"]["last_frame"]
    given = [
        picture(Role.REFERENCE_IMAGE),
        picture(Role.REFERENCE_IMAGE, number=1),
        picture(Role.LAST_FRAME, number=2),
    ]
    task = make_task("A fox.", *given, options={"steps": 2, "film": True}, has_fixed_camera=True)

    made = ComfyUi(table | slots).make(task, tmp_path / "out.mp4", report)

    said = "\n".join(made.warnings)
    assert "mediaUrls[1] was left out: the workflow of this model takes 1" in said
    assert "mediaUrls[2] was left out: the workflow of this model has no place for a last frame" in said
    assert "'film'" in said
    assert "'steps'" not in said
    assert ordered(comfy)["3"]["inputs"]["text"].endswith("The camera is fixed.")


@pytest.mark.parametrize("tells_states", [True, False])
def test_progress_is_the_part_of_the_steps_that_is_done(comfy, engine, report, tmp_path, tells_states):
    comfy.tells_states, comfy.waits_at = tells_states, "9/4"
    seen = (Stage.RENDERING, pytest.approx((8 + 4) / 21))  # eleven nodes of one, and a sampler of ten steps

    def look():
        if report.said and report.said[-1] == seen:
            comfy.go.set()
        return False

    report.interrupt(KeyboardInterrupt(), when=look)
    engine.make(make_task("A fox.", picture(), picture(Role.LAST_FRAME)), tmp_path / "out.mp4", report)

    fractions = [fraction for stage, fraction in report.said if stage is Stage.RENDERING]
    assert comfy.go.is_set()
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert report.said[0][0] is Stage.PREPARING


def test_a_preview_is_shown_once(comfy, engine, report, tmp_path):
    comfy.waits_at, shown = "9/4", []
    plain = report.__class__.__call__

    class Showing(report.__class__):
        def __call__(self, stage, fraction, *, preview=None):
            if preview:
                shown.append(preview)
                comfy.go.set()
            plain(self, stage, fraction)

    engine.make(make_task(), tmp_path / "out.mp4", Showing())

    assert shown == [PREVIEW[8:]]


def test_it_says_what_its_map_has_room_for(engine, table):
    says = engine.describe()

    assert says.roles == {Role.FIRST_FRAME, Role.LAST_FRAME}
    assert says.max_of_kind == {Kind.IMAGE: 2, Kind.VIDEO: 0, Kind.AUDIO: 0}
    assert (says.is_remote, says.makes_audio, says.repeats_by_seed) == (True, False, True)
    assert 10 <= says.grace_s <= 20
    assert ComfyUi(table | {"time_limit_s": 60}).describe().time_limit_s == 720
