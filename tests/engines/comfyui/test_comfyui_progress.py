"""Progress is what the server says of our order, weighed; what it says of others, or not at all, changes nothing."""

from __future__ import annotations

import json

import pytest
from comfy_standin import PREVIEW

from seedbed.engines.comfyui.progress import MAX_PREVIEW_BYTES, Progress

WEIGHTS = {"1": 1.0, "2": 8.0, "3": 1.0}


@pytest.fixture
def progress():
    followed = Progress(WEIGHTS)
    followed.follow("ours")
    return followed


def tell(progress, kind, *, order_id="ours", **data):
    progress.hear(json.dumps({"type": kind, "data": {"prompt_id": order_id} | data}))


def states(**nodes):
    return {node.strip("n"): {"state": "running", "value": value, "max": 8} for node, value in nodes.items()}


def test_before_the_work_begins_there_is_no_fraction(progress):
    tell(progress, "status", status={"exec_info": {"queue_remaining": 3}}, order_id=None)

    assert progress.fraction is None
    tell(progress, "execution_start")
    assert progress.fraction == 0


def test_what_was_made_before_counts_as_done(progress):
    tell(progress, "execution_cached", nodes=["1", "90"])

    assert progress.fraction == pytest.approx(0.1)


def test_a_running_node_counts_for_the_part_that_it_says(progress):
    tell(progress, "progress_state", nodes=states(n1=8, n2=4))

    assert progress.fraction == pytest.approx(0.1 + 0.8 / 2)


def test_what_is_said_of_other_orders_is_not_ours(progress):
    tell(progress, "progress_state", nodes=states(n2=8), order_id="theirs")

    assert progress.fraction is None


def test_an_older_server_says_what_is_done_by_what_comes_next(progress):
    for node in ("1", "2"):
        tell(progress, "executing", node=node)
    tell(progress, "progress", node="2", value=2, max=8)

    assert progress.fraction == pytest.approx(0.1 + 0.8 / 4)
    tell(progress, "executing", node=None)
    assert progress.fraction == pytest.approx(0.9)


def test_a_newer_server_may_run_several_nodes_at_once(progress):
    tell(progress, "progress_state", nodes=states(n2=2))
    tell(progress, "executing", node="3")

    assert progress.fraction == pytest.approx(0.8 / 4)


def test_a_node_that_begins_anew_takes_nothing_back(progress):
    tell(progress, "progress", node="2", value=6, max=8)
    tell(progress, "progress", node="2", value=1, max=8)

    assert progress.fraction == pytest.approx(0.6)


def test_another_order_begins_from_nothing(progress):
    tell(progress, "execution_cached", nodes=["1"])

    progress.follow("the next")

    assert progress.fraction is None


@pytest.mark.parametrize("ending", ["execution_success", "execution_error", "execution_interrupted"])
def test_waiting_ends_when_the_order_does(progress, ending):
    beats = []

    def beat():
        beats.append(1)
        tell(progress, ending)
        assert len(beats) < 100, "it waits on"

    progress.wait_for_end(beat, patience_s=3600)

    assert beats


def test_only_pictures_that_are_small_jpegs_are_shown(progress):
    for odd in (PREVIEW[:7] + b"\x02" + PREVIEW[8:], PREVIEW[:8] + b"\x89PNG", PREVIEW + bytes(MAX_PREVIEW_BYTES)):
        progress.hear(odd)
        assert progress.take_preview() is None
    progress.hear(PREVIEW)

    assert progress.take_preview() == PREVIEW[8:]
    assert progress.take_preview() is None
