"""The family Wan, on tiny models of random weights: both modes, pictures, and our decoding beside the library's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from rendering import SIZE, Watching, card_of, frames_of, picture, plan_of, render

from seedbed.core.errors import NotReady
from seedbed.core.references import Role
from seedbed.engines.diffusers.adapters.wan import ADAPTER

TI2V = card_of("wan", frames="4n+1", family_options={"mode": "ti2v"})
I2V = card_of("wan", frames="4n+1", family_options={"mode": "i2v"})


@pytest.fixture(scope="module")
def ti2v(ti2v_folder: Path) -> object:
    return ADAPTER.load(TI2V, ti2v_folder, dtype=torch.float32)


@pytest.fixture(scope="module")
def i2v(i2v_folder: Path) -> object:
    return ADAPTER.load(I2V, i2v_folder, dtype=torch.float32)


def test_text_alone_makes_a_clip_of_the_plans_form(ti2v: object) -> None:
    frames = frames_of(render(ADAPTER, ti2v, TI2V, plan_of()))

    assert frames.shape == (9, SIZE.height_px, SIZE.width_px, 3)
    assert frames.std() > 1


def test_a_first_frame_changes_the_clip_that_one_pipeline_makes_with_and_without(ti2v: object) -> None:
    bare = frames_of(render(ADAPTER, ti2v, TI2V, plan_of()))
    dark = frames_of(render(ADAPTER, ti2v, TI2V, plan_of(), picture(Role.FIRST_FRAME, grey=10)))
    light = frames_of(render(ADAPTER, ti2v, TI2V, plan_of(), picture(Role.FIRST_FRAME, grey=240)))

    assert not np.array_equal(bare, dark)
    assert not np.array_equal(dark, light)


def test_a_last_frame_is_given_to_the_pipeline_as_its_last_image(i2v: object) -> None:
    first, last = picture(Role.FIRST_FRAME, grey=10), picture(Role.LAST_FRAME, grey=240)

    arguments = ADAPTER.arguments(I2V, plan_of(), (last, first))

    assert np.asarray(arguments["image"]).max() == 10
    assert np.asarray(arguments["last_image"]).min() == 240


def test_a_last_frame_changes_the_clip(i2v: object) -> None:
    first = picture(Role.FIRST_FRAME, grey=10)

    alone = frames_of(render(ADAPTER, i2v, I2V, plan_of(), first))
    both = frames_of(render(ADAPTER, i2v, I2V, plan_of(), first, picture(Role.LAST_FRAME, grey=240)))

    assert alone.shape == both.shape == (9, SIZE.height_px, SIZE.width_px, 3)
    assert not np.array_equal(alone, both)


def test_both_transformers_of_the_larger_model_have_their_part(i2v: object) -> None:
    called = []
    hooks = [
        model.register_forward_hook(lambda *_, name=name: called.append(name))
        for name, model in (("high", i2v.transformer), ("low", i2v.transformer_2))
    ]

    render(ADAPTER, i2v, I2V, plan_of(steps=4), picture(Role.FIRST_FRAME, grey=10))

    for hook in hooks:
        hook.remove()
    assert set(called) == {"high", "low"}


@pytest.mark.parametrize("mode", ["ti2v", "i2v"])
def test_frames_drawn_one_run_after_the_other_are_those_that_the_library_decodes_at_once(
    mode: str, request: pytest.FixtureRequest
) -> None:
    pipeline, card = request.getfixturevalue(mode), {"ti2v": TI2V, "i2v": I2V}[mode]
    first = picture(Role.FIRST_FRAME, grey=90)
    drawn = frames_of(render(ADAPTER, pipeline, card, plan_of(), first))

    pipeline.vae.enable_tiling(10_000, 10_000, 10_000, 10_000)  # so large that it is the library's plain way
    try:
        at_once = frames_of(render(ADAPTER, pipeline, card, plan_of(), first))
    finally:
        pipeline.vae.disable_tiling()

    assert np.array_equal(drawn, at_once)


def test_decoding_goes_on_only_as_frames_are_drawn(ti2v: object) -> None:
    decoded = []
    hook = ti2v.vae.decoder.register_forward_hook(lambda *_: decoded.append(1))

    take = render(ADAPTER, ti2v, TI2V, plan_of())
    before = len(decoded)
    next(take.frames)
    after_one = len(decoded)
    rest = list(take.frames)

    hook.remove()
    assert (before, after_one, len(decoded), len(rest)) == (0, 1, 3, 8)


def test_steps_are_told_one_by_one(ti2v: object) -> None:
    watch = Watching()

    render(ADAPTER, ti2v, TI2V, plan_of(steps=3), watch=watch)

    assert watch.steps == [(1, 3), (2, 3), (3, 3)]


def test_weights_of_another_mode_are_refused_when_they_are_loaded(i2v_folder: Path) -> None:
    with pytest.raises(NotReady, match="not those of a Wan model of the mode ti2v"):
        ADAPTER.load(TI2V, i2v_folder, dtype=torch.float32)


def test_a_flow_shift_of_the_card_takes_the_place_of_the_models(ti2v_folder: Path) -> None:
    card = card_of("wan", frames="4n+1", family_options={"mode": "ti2v", "flow_shift": 8.0})

    assert ADAPTER.load(card, ti2v_folder, dtype=torch.float32).scheduler.config.flow_shift == 8.0
