"""Progress that is true, GPUs that are one model's own, and what the libraries' failures become."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from seedbed.core.engine import Stage, Stop
from seedbed.core.errors import EngineUnfit, NotReady
from seedbed.core.sizes import Size
from seedbed.engines.diffusers.adapter import Plan
from seedbed.engines.diffusers.engine import Options
from seedbed.engines.diffusers.failures import failures_named
from seedbed.engines.diffusers.gpu import GB, check_memory, take_lock
from seedbed.engines.diffusers.progress import Costs, Fence, Progress
from seedbed.engines.diffusers.shelf import open_card

PLAN = Plan(prompt="", size=Size(64, 64), frames=10, fps=24, steps=4, seed=0)
CPU = SimpleNamespace(type="cpu")


class Told:
    def __init__(self) -> None:
        self.shares: list[float] = []

    def __call__(self, stage: Stage, fraction: float, *, preview: bytes | None = None) -> None:
        assert (stage, preview) == (Stage.RENDERING, None)
        self.shares.append(fraction)

    def remember(self, memory: dict[str, Any]) -> None: ...


def test_progress_goes_up_by_steps_and_frames_and_ends_at_one() -> None:
    told = Told()
    progress = Progress(told, PLAN, Costs(), Fence(CPU))

    for step in range(1, 5):
        progress.step(step, 4)
    for frame in range(1, 11):
        progress.frame(frame)

    assert told.shares == sorted(told.shares)
    assert told.shares[0] == 0.0
    assert told.shares[-1] == pytest.approx(1.0)


def test_a_beat_between_steps_makes_no_progress_up() -> None:
    told = Told()
    progress = Progress(told, PLAN, Costs(before_s=0, step_s=1, frame_s=0.1), Fence(CPU))

    progress.step(2, 4)
    progress.beat()

    assert told.shares[-2:] == [pytest.approx(2 / 5)] * 2


def test_steps_are_counted_as_the_family_counts_them() -> None:
    told = Told()
    progress = Progress(told, PLAN, Costs(before_s=0, step_s=1, frame_s=0), Fence(CPU))

    progress.step(6, 12)  # two passes of the model

    assert told.shares[-1] == pytest.approx(0.5)


def test_more_frames_than_planned_are_no_more_than_all() -> None:
    told = Told()
    progress = Progress(told, PLAN, Costs(), Fence(CPU))

    progress.step(4, 4)
    progress.frame(13)

    assert told.shares[-1] == pytest.approx(1.0)


class SlowGpu(Fence):
    """A GPU that is `behind` with what it was ordered, for so many looks at each mark."""

    def __init__(self, looks: int) -> None:
        super().__init__(CPU)
        self._looks = looks

    def mark(self) -> None:
        looks = iter([False] * self._looks)
        self._events.append(SimpleNamespace(query=lambda: next(looks, True)))


def test_a_step_that_is_only_ordered_does_not_count_as_done() -> None:
    told = Told()
    progress = Progress(told, PLAN, Costs(before_s=0, step_s=1, frame_s=0), SlowGpu(2))

    progress.step(1, 4)
    first = told.shares[-1]
    progress.step(2, 4)
    second = told.shares[-1]
    progress.step(4, 4)

    assert (first, second, told.shares[-1]) == (0.0, pytest.approx(0.25), pytest.approx(1.0))


def test_waiting_for_the_gpu_is_where_a_stop_is_heard() -> None:
    fence = SlowGpu(1000)
    fence.mark()
    fence.mark()

    def stop() -> None:
        raise Stop

    with pytest.raises(Stop):
        fence.wait(stop, ahead=1)


def test_a_gpu_that_is_too_small_is_refused_with_both_figures() -> None:
    card = open_card("wan-2.2-ti2v-5b")

    check_memory(card, free_bytes=24 * GB, total_bytes=25 * GB, device="cuda:0")
    with pytest.raises(NotReady, match=r"needs 24 GB of GPU memory, and 15\.0 GB are free of 16\.0 GB on cuda:0"):
        check_memory(card, free_bytes=15 * GB, total_bytes=16 * GB, device="cuda:0")


def test_a_gpu_that_is_large_enough_but_in_use_is_told_apart() -> None:
    with pytest.raises(NotReady, match="Something else uses the GPU"):
        check_memory(open_card("wan-2.2-ti2v-5b"), free_bytes=2 * GB, total_bytes=80 * GB, device="cuda:0")


def test_a_model_of_unknown_need_is_not_kept_from_any_gpu() -> None:
    check_memory(open_card("ltx-2.5"), free_bytes=1, total_bytes=1, device="cuda:0")


def test_two_workers_on_one_gpu_are_one_too_many(tmp_path: Path) -> None:
    held = take_lock("GPU-1", "cuda:0", wait_s=0, folder=tmp_path)

    with pytest.raises(NotReady, match="cuda:0 is taken by another model's process"):
        take_lock("GPU-1", "cuda:0", wait_s=0, folder=tmp_path)

    os.close(held)
    os.close(take_lock("GPU-1", "cuda:0", wait_s=0, folder=tmp_path))


def test_two_workers_on_two_gpus_do_not_meet(tmp_path: Path) -> None:
    held = [take_lock(uuid, uuid, wait_s=0, folder=tmp_path) for uuid in ("GPU-1", "GPU-2")]

    for file in held:
        os.close(file)


@pytest.mark.parametrize("words", ["CUDA out of memory. Tried to allocate 2 GiB", "CUBLAS_STATUS_ALLOC_FAILED"])
def test_out_of_memory_is_one_outcome_whoever_says_it(words: str) -> None:
    with pytest.raises(MemoryError), failures_named():
        raise RuntimeError(words)


def test_another_failure_of_a_library_ends_the_process_as_it_is() -> None:
    with pytest.raises(RuntimeError, match="device-side assert"), failures_named():
        raise RuntimeError("CUDA error: device-side assert triggered")


def test_what_the_library_itself_turns_away_is_the_requests_fault() -> None:
    with pytest.raises(EngineUnfit, match="divisible by 32"), failures_named():
        raise ValueError("`height` must be divisible by 32.")


def test_a_stop_passes_through() -> None:
    with pytest.raises(Stop), failures_named():
        raise Stop


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "engines.diffusers: card is missing"),
        ({"card": "wan-2.2-ti2v-5b", "device": "gpu"}, "engines.diffusers: device must be cuda, cuda:1"),
        ({"card": "wan-2.2-ti2v-5b", "shares_gpu": 1}, "engines.diffusers: shares_gpu must be true or false"),
        ({"card": "wan-2.2-ti2v-5b", "stepz": 1}, "stepz is no line of a model card"),
    ],
)
def test_a_wrong_option_of_the_engine_is_named(options: dict[str, Any], said: str) -> None:
    with pytest.raises(NotReady, match=said):
        Options.from_options(options)
