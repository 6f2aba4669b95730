"""The adapter of LTX-2, over the library's real pipeline with random weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rendering import Watching, card_of, frames_of, picture, plan_of, render
from tiny_ltx2 import SOUND_RATE_HZ, save_tiny_ltx2

from seedbed.core.engine import Stop
from seedbed.core.errors import EngineUnfit, NotReady
from seedbed.core.prompt_forms import FORMS
from seedbed.core.references import Role
from seedbed.engines.diffusers.adapters.ltx2 import ADAPTER

CARD = card_of("ltx2", family_options={"stg_block": 1, "image_crf": 0})
DISTILLED = card_of("ltx2", steps=8, family_options={"is_distilled": True, "image_crf": 0})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ltx2")
    save_tiny_ltx2(folder)
    return folder


@pytest.fixture(scope="module")
def pipeline(folder: Path) -> Any:
    return _quiet(ADAPTER.load(CARD, folder, dtype=torch.float32))


@pytest.fixture
def calls(pipeline: Any) -> Iterator[list[dict[str, Any]]]:
    """What the transformer is called with, in full, from now on."""
    seen: list[dict[str, Any]] = []
    hook = pipeline.transformer.register_forward_pre_hook(
        lambda _module, _args, kwargs: seen.append(kwargs), with_kwargs=True
    )
    yield seen
    hook.remove()


def _quiet(pipeline: Any) -> Any:
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def test_text_becomes_a_film_of_the_planned_size_and_length(pipeline: Any) -> None:
    watch = Watching()

    take = render(ADAPTER, pipeline, CARD, plan_of(), watch=watch)

    frames = frames_of(take)
    assert frames.shape == (9, 64, 96, 3)
    assert frames.dtype == np.uint8
    assert watch.steps == [(1, 2), (2, 2)]


def test_the_frames_are_those_of_the_plain_pipeline(pipeline: Any) -> None:
    arguments = ADAPTER.arguments(CARD, plan_of(), ())
    plain = {name: value for name, value in arguments.items() if name not in {"kept_frames", "wants_audio"}}

    ours = frames_of(render(ADAPTER, pipeline, CARD, plan_of()))
    theirs = pipeline(**plain, generator=torch.Generator().manual_seed(7), output_type="np").frames[0]

    np.testing.assert_array_equal(ours, (theirs * 255).round().astype(np.uint8))


def test_wanted_sound_comes_at_48_khz_and_as_long_as_the_film(pipeline: Any) -> None:
    take = render(ADAPTER, pipeline, CARD, plan_of(frames=49, wants_audio=True))

    assert take.sound is not None
    assert take.sound_rate_hz == SOUND_RATE_HZ
    assert take.sound.shape[0] == 2
    assert take.sound.dtype == np.float32
    # The sound's codec is causal: its first slice is a quarter as long as the others.
    assert take.sound.shape[1] / SOUND_RATE_HZ == pytest.approx(49 / 24, abs=0.05)
    assert 0 < np.abs(take.sound).max() <= 1


def test_sound_that_nobody_wants_is_not_decoded(pipeline: Any) -> None:
    ran = []
    hook = pipeline.vocoder.register_forward_hook(lambda *_: ran.append(True))

    take = render(ADAPTER, pipeline, CARD, plan_of(wants_audio=False))

    hook.remove()
    assert take.sound is None
    assert not ran


def test_the_same_seed_makes_the_same_film_and_another_seed_another(pipeline: Any) -> None:
    first = render(ADAPTER, pipeline, CARD, plan_of(wants_audio=True))
    again = render(ADAPTER, pipeline, CARD, plan_of(wants_audio=True))
    other = render(ADAPTER, pipeline, CARD, plan_of(wants_audio=True, seed=8))

    frames = frames_of(first)
    np.testing.assert_array_equal(frames, frames_of(again))
    np.testing.assert_array_equal(first.sound, again.sound)
    assert not np.array_equal(frames, frames_of(other))


def test_a_stop_at_a_step_passes_through_and_nothing_is_decoded(pipeline: Any) -> None:
    decoded = []
    hook = pipeline.vae.decoder.register_forward_hook(lambda *_: decoded.append(True))
    watch = Watching(stops_at=3)

    with pytest.raises(Stop):
        render(ADAPTER, pipeline, CARD, plan_of(steps=20), watch=watch)

    hook.remove()
    assert watch.steps[-1] == (3, 20)
    assert not decoded
    assert frames_of(render(ADAPTER, pipeline, CARD, plan_of())).shape[0] == 9  # and the next job is made


def test_running_out_of_memory_passes_through_as_the_library_says_it(pipeline: Any) -> None:
    def fail(*_: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    hook = pipeline.transformer.register_forward_pre_hook(fail)

    with pytest.raises(torch.OutOfMemoryError):
        render(ADAPTER, pipeline, CARD, plan_of())

    hook.remove()


def test_a_first_frame_takes_the_place_of_the_first_latents(pipeline: Any, calls: list[dict[str, Any]]) -> None:
    frames_of(render(ADAPTER, pipeline, CARD, plan_of(), picture(Role.FIRST_FRAME)))

    tokens = 2 * 3  # of one latent frame
    assert calls[0]["hidden_states"].shape[1] == 2 * tokens  # nothing was added
    clean = calls[0]["timestep"][0] == 0
    assert clean[:tokens].all()
    assert not clean[tokens:].any()
    torch.testing.assert_close(calls[0]["hidden_states"][:1, :tokens], calls[-1]["hidden_states"][:1, :tokens])


def test_a_last_frame_conditions_the_last_frame_that_is_kept(pipeline: Any, calls: list[dict[str, Any]]) -> None:
    take = render(ADAPTER, pipeline, CARD, plan_of(frames=25), picture(Role.LAST_FRAME))

    tokens = 2 * 3
    coordinates = calls[0]["video_coords"][0, 0, -tokens:]  # from and to, in seconds
    assert frames_of(take).shape[0] == 26
    assert (coordinates[:, 0] * 24).round().unique().tolist() == [25]
    assert (calls[0]["timestep"][0][-tokens:] == 0).all()


@pytest.mark.parametrize("role", [Role.FIRST_FRAME, Role.LAST_FRAME])
def test_another_picture_makes_another_film(pipeline: Any, role: Role) -> None:
    dark = frames_of(render(ADAPTER, pipeline, CARD, plan_of(), picture(role, grey=20)))
    light = frames_of(render(ADAPTER, pipeline, CARD, plan_of(), picture(role, grey=220)))

    assert not np.array_equal(dark, light)


def test_first_and_last_frame_are_passed_on_at_either_end() -> None:
    sights = (picture(Role.LAST_FRAME, grey=200), picture(Role.FIRST_FRAME, grey=10))

    arguments = ADAPTER.arguments(CARD, plan_of(frames=121), sights)

    first, last = arguments["conditions"]
    assert (first.index, np.asarray(first.frames).max()) == (0, 10)
    assert (last.index, np.asarray(last.frames).max()) == (16, 200)
    assert (arguments["num_frames"], arguments["kept_frames"]) == (129, 122)


def test_a_reference_picture_stands_where_the_job_puts_it() -> None:
    plan = plan_of(frames=121, options={"keyframes_s": [2.5]})

    arguments = ADAPTER.arguments(CARD, plan, (picture(Role.REFERENCE_IMAGE),))

    (condition,) = arguments["conditions"]
    assert condition.index == 9  # its group begins at frame 65, at 2.7 s; the one before, at 2.4 s
    assert ADAPTER.warnings(CARD, plan, (picture(Role.REFERENCE_IMAGE),)) == ()


def test_a_reference_picture_without_a_place_is_left_aside_in_words() -> None:
    sights = (picture(Role.REFERENCE_IMAGE, name="mediaUrls[1]"),)

    (warning,) = ADAPTER.warnings(CARD, plan_of(), sights)

    assert warning.startswith("mediaUrls[1] was left aside")
    assert ADAPTER.arguments(CARD, plan_of(), sights)["conditions"] is None


def test_a_distilled_model_gets_its_own_noise_levels_and_one_pass_a_step(folder: Path) -> None:
    pipeline = _quiet(ADAPTER.load(DISTILLED, folder, dtype=torch.float32))
    passes: list[int] = []
    pipeline.transformer.register_forward_pre_hook(
        lambda _module, _args, kwargs: passes.append(kwargs["hidden_states"].shape[0]), with_kwargs=True
    )
    watch = Watching()

    frames_of(render(ADAPTER, pipeline, DISTILLED, plan_of(steps=8), watch=watch))

    levels = pipeline.scheduler.sigmas.tolist()
    assert levels == pytest.approx([1.0, 0.99375, 0.9875, 0.98125, 0.975, 0.909375, 0.725, 0.421875, 0])
    assert passes == [1] * 8
    assert watch.steps[-1] == (8, 8)


def test_a_full_model_is_guided_as_the_plan_says() -> None:
    arguments = ADAPTER.arguments(CARD, plan_of(guidance=2.5, negative_prompt="fog"), ())

    assert arguments["guidance_scale"] == 2.5
    assert arguments["negative_prompt"] == "fog"
    assert arguments["spatio_temporal_guidance_blocks"] == [1]


def test_a_distilled_model_says_what_it_has_no_use_for() -> None:
    told = ADAPTER.warnings(DISTILLED, plan_of(steps=30, negative_prompt="fog"), ())

    assert len(told) == 2
    assert "8 steps" in told[0]


def test_a_pipeline_with_tiles_decodes_piece_by_piece(folder: Path) -> None:
    pipeline = _quiet(ADAPTER.load(CARD, folder, dtype=torch.float32))
    pipeline.vae.enable_tiling()
    lengths: list[int] = []
    pipeline.vae.decoder.register_forward_pre_hook(lambda _module, args: lengths.append(args[0].shape[2]))
    watch = Watching()

    frames = frames_of(render(ADAPTER, pipeline, CARD, plan_of(frames=81), watch=watch))

    assert frames.shape[0] == 81
    assert lengths == [9, 5]
    assert watch.beats == 3


def test_a_stop_between_tiles_ends_the_decoding(folder: Path) -> None:
    pipeline = _quiet(ADAPTER.load(CARD, folder, dtype=torch.float32))
    pipeline.vae.enable_tiling()
    watch = Watching()
    take = render(ADAPTER, pipeline, CARD, plan_of(frames=81), watch=watch)
    watch.stops_at = 0

    with pytest.raises(Stop):
        frames_of(take)


def test_a_card_with_an_unknown_option_is_refused_by_name() -> None:
    with pytest.raises(NotReady, match="distilled is not known to LTX-2; there are is_distilled"):
        ADAPTER.arguments(card_of("ltx2", family_options={"distilled": True}), plan_of(), ())


@pytest.mark.parametrize("moments", [2.5, ["2"], [True], [-1], [99]])
def test_moments_that_are_no_seconds_of_the_clip_are_refused_in_words(moments: Any) -> None:
    with pytest.raises(EngineUnfit, match="keyframes_s must be a list of seconds within the clip"):
        ADAPTER.arguments(CARD, plan_of(options={"keyframes_s": moments}), ())


def test_an_option_that_the_family_does_not_have_is_named() -> None:
    assert ADAPTER.warnings(CARD, plan_of(options={"mood": 3}), ()) == (
        "The option mood was left aside: tiny has no use for it.",
    )


def test_the_familys_own_negative_prompt_is_no_matter_for_a_warning() -> None:
    plan = plan_of(steps=8, negative_prompt=FORMS["ltx2"].negative_prompt)

    assert ADAPTER.warnings(DISTILLED, plan, ()) == ()


def test_sound_ends_with_the_frames_that_are_kept(pipeline: Any) -> None:
    take = render(ADAPTER, pipeline, CARD, plan_of(wants_audio=True), picture(Role.LAST_FRAME))

    assert take.sound is not None
    assert take.sound.shape[1] == 10 / 24 * SOUND_RATE_HZ
