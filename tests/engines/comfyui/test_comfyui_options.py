"""The operator's table and the server are judged before any job: each fault names the option, the node, the class."""

from __future__ import annotations

import json

import pytest
from comfy_standin import Fault
from comfy_workflow import MAP, WORKFLOW

from seedbed.core.engine import Stop
from seedbed.core.errors import NotReady
from seedbed.engines.comfyui.engine import ComfyUi
from seedbed.engines.comfyui.workflow import Target, Workflow

UI_FORM = {"last_node_id": 9, "nodes": [{"id": 9, "type": "KSampler"}], "links": []}


def mapped(**changed):
    return {"map": {key: value for key, value in (MAP | changed).items() if value is not None}}


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"url": "gpu-1:8188"}, "url must be a URL"),
        ({"workflow": "/nowhere/w.json"}, "workflow cannot be read: /nowhere/w.json: No such file"),
        ({"speed": 5}, "speed is not known; the options are url"),
        ({"fps": 0}, "fps must be a whole number from 1"),
        ({"frames": "four"}, "frames must be like 8n"),
        ({"multiple_of": 1.5}, "multiple_of must be a whole number"),
        ({"makes_audio": "yes"}, "makes_audio must be true or false"),
        ({"prompt_form": "sora"}, "prompt_form must be one of plain, "),
        ({"key": "word", "key_header": "X Key"}, "key_header must be the name of a header"),
        ({"optional": ["reference_audio"]}, "optional must be a list of any of first_frame, last_frame"),
        ({"defaults": {"9.speed": 1}}, 'defaults."9.speed" names 9.speed, but the inputs of node 9 (KSampler'),
        ({"defaults": {"9.cfg": [1]}}, 'defaults."9.cfg" must be a text, a number'),
        ({"map": []}, "map must be a table"),
        (mapped(prompt=None), "map.prompt is missing"),
        (mapped(prompt="text"), 'map.prompt must be an input such as "12.text"'),
        (mapped(prompt=[]), 'map.prompt must be an input such as "12.text"'),
        (mapped(seed="99.seed"), "map.seed names node 99, which the workflow does not have"),
        (mapped(width="8.breadth"), "map.width names 8.breadth, but the inputs of node 8 (WanFirstLastFrameToVideo)"),
        (mapped(last_frame=["6.picture"]), "map.last_frame names 6.picture, but the inputs of node 6 (LoadImage)"),
        (mapped(options={"steps": "9.stepps"}), "map.options.steps names 9.stepps"),
        (mapped(result="77"), "map.result names node 77"),
        (mapped(result=None), "map.result must be the id of the node that saves the video"),
        (mapped(colour="3.text"), "map.colour is not known; a map has prompt, "),
    ],
)
def test_a_wrong_option_is_named_with_what_would_be_right(table, changed, fault):
    with pytest.raises(NotReady) as caught:
        ComfyUi(table | changed)

    assert str(caught.value).startswith("engines.comfyui: ")
    assert fault in str(caught.value)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (json.dumps(UI_FORM), "choose Workflow > Export (API)"),
        ("{", "is not JSON"),
        ("[]", "no workflow in ComfyUI's API form"),
        ('{"1": {"inputs": {}}}', "no workflow in ComfyUI's API form"),
    ],
)
def test_a_file_that_is_no_workflow_says_how_to_get_one(table, workflow_file, content, fault):
    workflow_file.write_text(content)

    with pytest.raises(NotReady) as caught:
        ComfyUi(table)

    assert fault in str(caught.value)


def test_an_input_may_have_dots_and_several_may_take_one_value(table, workflow_file, comfy, report, tmp_path):
    nodes = WORKFLOW | {"57:8": {"class_type": "Picker", "inputs": {"model.seed": 0}}}
    workflow_file.write_text(json.dumps(nodes))

    engine = ComfyUi(table | mapped(seed=["9.seed", "57:8.model.seed"]))

    assert engine.describe().repeats_by_seed


def test_a_node_without_its_only_link_goes_and_one_with_others_stays():
    nodes = Workflow(WORKFLOW).without(["6"]).nodes

    assert not {"6", "7"} & nodes.keys()
    assert set(WORKFLOW) - nodes.keys() == {"6", "7"}


def test_filling_a_workflow_leaves_the_one_it_came_from_alone():
    plain = Workflow(WORKFLOW)

    filled = plain.filled([(Target("9", "seed"), 5)])

    assert (filled.nodes["9"]["inputs"]["seed"], plain.nodes["9"]["inputs"]["seed"]) == (5, 1)


def test_only_nodes_that_the_result_needs_count_for_its_progress():
    nodes = WORKFLOW | {"90": {"class_type": "KSampler", "inputs": {"steps": 500}}}

    weights = Workflow(nodes).weights("12")

    assert weights == dict.fromkeys(WORKFLOW, 1.0) | {"9": 10.0}


def test_a_server_that_has_all_that_the_workflow_names_is_well_and_is_asked_once(comfy, engine, report):
    assert engine.check(report) is None
    asked = len(comfy.asked)

    assert engine.check(report) is None

    assert asked > 5
    assert len(comfy.asked) == asked + 1


@pytest.mark.parametrize(
    ("node", "hint"), [("KSampler", "ComfyUI-Manager finds"), ("VHS_VideoCombine", "ComfyUI-VideoHelperSuite")]
)
def test_a_node_class_that_is_missing_there_is_named_with_where_it_comes_from(
    comfy, table, workflow_file, report, node, hint
):
    workflow_file.write_text(json.dumps(WORKFLOW | {"9": WORKFLOW["9"] | {"class_type": node}}))
    comfy.lacks = {node}
    engine = ComfyUi(table)

    fault = engine.check(report)

    assert f"lacks the node class '{node}', which node 9 ({node}" in fault
    assert hint in fault
    comfy.lacks = set()
    assert engine.check(report) is None


def test_a_model_file_that_is_missing_there_is_named(comfy, engine, report):
    comfy.files = ["other.safetensors"]

    assert "lacks the file 'wan.safetensors', which node 1 (UNETLoader) loads" in engine.check(report)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(status=401), "refuses our key (401)"),
        (Fault(status=502), "answers 502"),
        (Fault(status=200), "text/html instead of JSON"),
        (Fault(status=200, body=b"{}"), "is it a ComfyUI server?"),
        (Fault(lost=True), "connection broke"),
    ],
)
def test_what_is_wrong_with_the_server_is_said(comfy, engine, report, fault, said):
    comfy.faults["GET", "/system_stats"] = [fault]

    assert said in engine.check(report)


def test_a_check_can_be_stopped(comfy, engine, report):
    report.interrupt(Stop(), when=lambda: True)

    with pytest.raises(Stop):
        engine.check(report)
