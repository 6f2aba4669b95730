"""What the tests of the engine `comfyui` share: a server in their hand, a workflow on disk, and an engine for both."""

from __future__ import annotations

import json

import pytest
from comfy_wire import comfy_server
from comfy_workflow import MAP, WORKFLOW

from seedbed.engines.comfyui.engine import ComfyUi


@pytest.fixture
def comfy(clip):
    with comfy_server(clip) as running:
        yield running


@pytest.fixture
def workflow_file(tmp_path):
    path = tmp_path / "workflow.json"
    path.write_text(json.dumps(WORKFLOW))
    return path


@pytest.fixture
def table(comfy, workflow_file):
    """The operator's table."""
    return {
        "url": comfy.url,
        "workflow": str(workflow_file),
        "map": MAP,
        "optional": ["first_frame", "last_frame"],
        "poll_s": 0.1,
        "order_s": 2,
    }


@pytest.fixture
def engine(table):
    return ComfyUi(table)
