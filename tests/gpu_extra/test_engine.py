"""The whole engine on a tiny Wan: clips, seeds, cancelling, memory that runs out, and the switches of a card."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from clips import Told, i2v, made, picture, task, ti2v
from tiny_wan import save_lora

from seedbed.core.engine import Canvas, Stage, Stop
from seedbed.core.errors import EngineUnfit, NotReady
from seedbed.core.references import Role
from seedbed.core.sizes import Size
from seedbed.core.timeline import FPS
from seedbed.engines.diffusers.engine import Diffusers


@pytest.fixture(scope="module")
def engine(ti2v_folder: Path) -> Diffusers:
    return ti2v(ti2v_folder)


def pipeline_of(engine: Diffusers) -> Any:
    return engine._model.pipeline


@contextmanager
def calls(module: Any, *, raises: Exception | None = None) -> Iterator[list[int]]:
    """Count how often a part of the model is called, or let it fail."""
    counted: list[int] = []

    def count(*_: object) -> None:
        counted.append(1)
        if raises:
            raise raises

    hook = module.register_forward_pre_hook(count)
    try:
        yield counted
    finally:
        hook.remove()


def test_a_clip_is_made_in_the_models_own_size_and_length(engine: Diffusers, tmp_path: Path) -> None:
    frames = made(engine, task(frames=10), tmp_path / "a.mp4")

    assert frames.shape == (13, 64, 64, 3)  # 4n+1 that is no fewer than ten


def test_what_was_sent_is_told_with_every_number(engine: Diffusers, tmp_path: Path, ti2v_folder: Path) -> None:
    said = engine.make(task(options={"guidance": 2.0, "negative_prompt": "rain"}), tmp_path / "a.mp4", Told()).sent

    assert said == {
        "model": str(ti2v_folder),
        "prompt": "A boat on a lake.",
        "negativePrompt": "rain",
        "steps": 3,
        "guidance": 2.0,
        "size": "64x64",
        "frames": 9,
        "fps": 24,
        "seed": 7,
    }


def test_the_same_seed_makes_the_same_frames_and_another_makes_others(engine: Diffusers, tmp_path: Path) -> None:
    first = made(engine, task(), tmp_path / "a.mp4")
    other = made(engine, task(seed=8), tmp_path / "b.mp4")
    again = made(engine, task(), tmp_path / "c.mp4")

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_largest_seed_of_the_contract_is_taken(engine: Diffusers, tmp_path: Path) -> None:
    assert len(made(engine, task(seed=2**32 - 1), tmp_path / "a.mp4")) == 9


def test_progress_goes_up_through_steps_and_frames_to_its_end(engine: Diffusers, tmp_path: Path) -> None:
    told = Told()

    made(engine, task(), tmp_path / "a.mp4", told)

    shares = [share for stage, share in told.said if stage is Stage.RENDERING]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] == pytest.approx(1.0)
    assert len(set(shares)) >= 3 + 9  # every step and every frame
    assert told.previews >= 1


def test_a_cancel_at_a_step_ends_it_there_and_nothing_is_decoded(engine: Diffusers, tmp_path: Path) -> None:
    pipeline = pipeline_of(engine)

    with calls(pipeline.vae.decoder) as decoded, calls(pipeline.transformer) as steps, pytest.raises(Stop):
        engine.make(task(options={"steps": 20}), tmp_path / "a.mp4", Told(stops_at=0.1))

    assert not decoded
    assert 2 <= len(steps) < 20  # two calls a step, with guidance
    assert not (tmp_path / "a.mp4").exists()


def test_a_cancel_while_frames_are_decoded_ends_it_there(engine: Diffusers, tmp_path: Path) -> None:
    engine._costs = type(engine._costs)(before_s=1, step_s=1, frame_s=1)

    with calls(pipeline_of(engine).vae.decoder) as decoded, pytest.raises(Stop):
        engine.make(task(frames=81), tmp_path / "a.mp4", Told(stops_at=0.2))

    assert 0 < len(decoded) < 21


def test_after_a_cancel_the_next_clip_is_the_one_that_it_would_have_been(engine: Diffusers, tmp_path: Path) -> None:
    before = made(engine, task(), tmp_path / "a.mp4")
    with pytest.raises(Stop):
        engine.make(task(), tmp_path / "b.mp4", Told(stops_at=0.3))

    assert np.array_equal(made(engine, task(), tmp_path / "c.mp4"), before)


def test_running_out_of_memory_is_what_ends_the_process(engine: Diffusers, tmp_path: Path) -> None:
    full = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")

    with calls(pipeline_of(engine).transformer, raises=full), pytest.raises(MemoryError, match="Tried to allocate"):
        engine.make(task(), tmp_path / "a.mp4", Told())


def test_running_out_of_memory_while_decoding_ends_it_as_well(engine: Diffusers, tmp_path: Path) -> None:
    full = torch.OutOfMemoryError("CUDA out of memory.")

    with calls(pipeline_of(engine).vae.decoder, raises=full), pytest.raises(MemoryError):
        engine.make(task(), tmp_path / "a.mp4", Told())


def test_a_size_that_the_library_refuses_is_the_requests_fault_and_not_the_engines(
    ti2v_folder: Path, tmp_path: Path
) -> None:
    odd = ti2v(ti2v_folder, sizes=["68x68"], multiple_px=4)

    with pytest.raises(EngineUnfit, match="divisible by 16"):
        odd.make(task(), tmp_path / "a.mp4", Told())


def test_first_and_last_frame_go_through_the_whole_engine(i2v_folder: Path, tmp_path: Path) -> None:
    engine = i2v(i2v_folder)
    first, last = (picture(tmp_path, role, grey=g) for role, g in ((Role.FIRST_FRAME, 10), (Role.LAST_FRAME, 240)))

    alone = made(engine, task(first), tmp_path / "a.mp4")
    both = made(engine, task(first, last), tmp_path / "b.mp4")

    assert alone.shape == both.shape
    assert not np.array_equal(alone, both)


def test_a_reference_that_the_model_cannot_use_is_named_in_a_warning(engine: Diffusers, tmp_path: Path) -> None:
    said = engine.make(task(picture(tmp_path, Role.LAST_FRAME, grey=9)), tmp_path / "a.mp4", Told())

    assert said.warnings == ("references[9] was left aside: Wan 2.2 TI2V-5B cannot use a last frame.",)


def test_what_it_describes_is_what_card_and_family_can_do(engine: Diffusers) -> None:
    said = engine.describe()

    assert (said.name, said.roles, said.makes_audio) == ("diffusers:wan-2.2-ti2v-5b", {Role.FIRST_FRAME}, False)
    assert said.max_duration_s == 5
    assert said.repeats_by_seed
    assert not said.is_remote


@pytest.mark.parametrize(
    "switches",
    [
        {"tiles_vae": True},
        {"attention": "native"},
        {"step_cache": "first_block", "step_cache_threshold": 0.2},
        {"quantisation": "float8_storage", "dtype": "bfloat16"},
        {"offload": "model"},  # on a CPU there is nowhere to bring it from
        {"warms_up": True, "max_duration_s": 1},
    ],
)
def test_a_switch_of_the_card_is_turned_and_clips_are_still_made(
    switches: dict[str, Any], ti2v_folder: Path, tmp_path: Path
) -> None:
    assert made(ti2v(ti2v_folder, **switches), task(), tmp_path / "a.mp4").shape == (9, 64, 64, 3)


def test_turned_switches_are_on_in_the_library(ti2v_folder: Path) -> None:
    pipeline = pipeline_of(ti2v(ti2v_folder, tiles_vae=True, step_cache="first_block", compiles=True))

    assert pipeline.vae.use_tiling
    assert pipeline.transformer.is_cache_enabled
    assert all(block._compiled_call_impl is not None for block in pipeline.transformer.blocks)


@pytest.mark.parametrize(
    ("switches", "said"),
    [
        ({"attention": "telepathy"}, "attention cannot be had here"),
        ({"attention": "flash"}, "attention cannot be had here"),
        ({"quantisation": "torchao_int8"}, "quantisation cannot be had here: .*torchao"),
        ({"lora": "/nowhere/fast.safetensors"}, "the LoRA card is not there: /nowhere/fast.safetensors"),
        ({"device": "cuda"}, "torch sees no GPU here"),
    ],
)
def test_a_switch_that_cannot_be_had_here_is_refused_at_the_start(
    switches: dict[str, Any], said: str, ti2v_folder: Path
) -> None:
    with pytest.raises(NotReady, match=said):
        ti2v(ti2v_folder, **switches)


def test_a_model_with_a_missing_shard_is_refused_before_anything_is_loaded(ti2v_folder: Path, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(ti2v_folder, tmp_path / "model"))
    next((broken / "transformer").glob("*.safetensors")).unlink()

    with pytest.raises(NotReady, match="transformer has no weights"):
        ti2v(broken)


def test_a_model_whose_configuration_is_broken_is_refused_in_words(ti2v_folder: Path, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(ti2v_folder, tmp_path / "model"))
    (broken / "transformer/config.json").write_text("{")

    with pytest.raises(NotReady, match=r"Wan 2\.2 TI2V-5B cannot be loaded from"):
        ti2v(broken)


def test_the_shape_that_is_nearest_to_the_canvas_is_made(ti2v_folder: Path, tmp_path: Path) -> None:
    engine = ti2v(ti2v_folder, sizes=["64x32", "32x64"])

    frames = made(engine, replace(task(), canvas=Canvas(Size(720, 1280), 5, FPS)), tmp_path / "a.mp4")

    assert frames.shape == (5, 64, 32, 3)


def test_a_lora_that_a_job_names_is_on_for_that_job_alone(ti2v_folder: Path, tmp_path: Path) -> None:
    engine = ti2v(ti2v_folder, loras={"film": str(save_lora(tmp_path))})

    before = made(engine, task(), tmp_path / "a.mp4")
    filmed = made(engine, task(options={"lora": "film", "lora_scale": 2.0}), tmp_path / "b.mp4")
    after = made(engine, task(), tmp_path / "c.mp4")

    assert np.array_equal(before, after)
    assert not np.array_equal(before, filmed)


def test_a_lora_of_the_card_is_on_for_every_job_and_beside_another(ti2v_folder: Path, tmp_path: Path) -> None:
    file = str(save_lora(tmp_path))
    bare = made(ti2v(ti2v_folder), task(), tmp_path / "a.mp4")
    engine = ti2v(ti2v_folder, lora=file, loras={"film": file})

    always = made(engine, task(), tmp_path / "b.mp4")
    both = made(engine, task(options={"lora": "film"}), tmp_path / "c.mp4")

    assert not np.array_equal(bare, always)
    assert not np.array_equal(always, both)
    assert np.array_equal(made(engine, task(), tmp_path / "d.mp4"), always)
