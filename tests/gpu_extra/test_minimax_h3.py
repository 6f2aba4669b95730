"""The adapter of MiniMax-H3, over the library's real blocks with random weights."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from footage_files import write_tone, write_video
from rendering import Watching, card_of, frames_of, picture, plan_of, render
from tiny_minimax_h3 import SOUND_RATE_HZ, save_tiny_minimax_h3

from seedbed.core.engine import Stop
from seedbed.core.errors import EngineUnfit, MediaInvalid, NotReady
from seedbed.core.references import Role
from seedbed.core.sizes import Size
from seedbed.engines.diffusers.adapter import Sight
from seedbed.engines.diffusers.adapters.minimax_h3 import ADAPTER

ALL = [role.value for role in Role]
SIZE = Size(64, 64)
LINES: dict[str, Any] = {"frames": "17n+5", "sizes": ["64x64"], "makes_audio": True}
CARD = card_of("minimax_h3", roles=ALL, **LINES)
PLAN = plan_of(size=SIZE, frames=124, steps=3)
IMAGE = picture(Role.REFERENCE_IMAGE, size=SIZE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("h3")
    save_tiny_minimax_h3(folder)
    return folder


@pytest.fixture(scope="module")
def pipeline(folder: Path) -> Any:
    return ADAPTER.load(CARD, folder, dtype=torch.float32)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a video without sound, one with sound, and two sounds."""
    folder = tmp_path_factory.mktemp("clips")
    write_video(folder / "mute.mp4", seconds=2)
    write_video(folder / "loud.mp4", seconds=2, has_sound=True)
    write_tone(folder / "low.wav", hz=220)
    write_tone(folder / "high.wav", hz=880)
    return folder


@pytest.fixture
def prompts(pipeline: Any) -> Iterator[list[str]]:
    """What the model is told from now on, labels and all, without what stands for pictures."""
    told: list[str] = []

    def hear(_module: Any, _args: Any, kwargs: dict[str, Any]) -> None:
        told.append(pipeline.tokenizer.decode(kwargs["input_ids"][0], skip_special_tokens=True))

    hook = pipeline.text_encoder.model.register_forward_pre_hook(hear, with_kwargs=True)
    yield told
    hook.remove()


def test_text_becomes_a_film_with_sound_in_both_ears(pipeline: Any) -> None:
    watch = Watching()

    take = render(ADAPTER, pipeline, CARD, plan_of(size=SIZE, frames=124, steps=3, wants_audio=True), watch=watch)

    assert frames_of(take).shape == (124, 64, 64, 3)
    assert take.sound is not None
    assert take.sound_rate_hz == SOUND_RATE_HZ
    assert take.sound.shape[0] == 2
    assert take.sound.shape[1] / SOUND_RATE_HZ == pytest.approx(124 / 24, abs=0.03)
    assert not np.array_equal(take.sound[0], take.sound[1])
    assert watch.steps == [(1, 2), (2, 2)]
    assert watch.beats > 1


def test_the_frames_are_those_of_the_librarys_own_blocks(pipeline: Any, folder: Path) -> None:
    from diffusers import MiniMaxH3Blocks

    plain = MiniMaxH3Blocks().init_pipeline(str(folder))
    plain.load_components(dtype=torch.float32, local_files_only=True)
    call = {"prompt": "a boat", "width": 64, "height": 64, "num_frames": 124, "num_inference_steps": 3}

    ours = frames_of(render(ADAPTER, pipeline, CARD, PLAN))
    theirs = plain(**call, generator=torch.Generator().manual_seed(7), output_type="np", output="videos")[0]

    assert np.abs(ours - np.round(np.asarray(theirs) * 255)).max() <= 1  # they round in another order


def test_a_clip_shorter_than_the_model_knows_is_cut_from_its_shortest(pipeline: Any) -> None:
    take = render(ADAPTER, pipeline, CARD, plan_of(size=SIZE, frames=107, steps=2, wants_audio=True))

    assert frames_of(take).shape[0] == 107
    assert take.sound is not None
    assert take.sound.shape[1] == 107 * SOUND_RATE_HZ // 24


def test_the_same_seed_makes_the_same_film_and_another_seed_another(pipeline: Any) -> None:
    first = frames_of(render(ADAPTER, pipeline, CARD, PLAN))
    again = frames_of(render(ADAPTER, pipeline, CARD, PLAN))
    other = frames_of(render(ADAPTER, pipeline, CARD, plan_of(size=SIZE, frames=124, steps=3, seed=8)))

    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_stop_at_a_step_passes_through_and_nothing_is_decoded(pipeline: Any) -> None:
    decoded: list[bool] = []
    hook = pipeline.vae.decoder.register_forward_hook(lambda *_: decoded.append(True))
    watch = Watching(stops_at=2)

    with pytest.raises(Stop):
        render(ADAPTER, pipeline, CARD, plan_of(size=SIZE, frames=124, steps=20), watch=watch)

    hook.remove()
    assert watch.steps == [(1, 19), (2, 19)]
    assert not decoded
    quiet = Watching()
    frames_of(render(ADAPTER, pipeline, CARD, PLAN, watch=quiet))
    assert len(watch.steps) == 2  # the next job has nothing of the last
    assert len(quiet.steps) == 2


def test_a_stop_is_heard_while_the_film_is_decoded(pipeline: Any) -> None:
    watch = Watching()
    take = render(ADAPTER, pipeline, CARD, PLAN, watch=watch)
    watch.stops_at = 0

    with pytest.raises(Stop):
        next(take.frames)


def test_sound_that_nobody_wants_is_not_decoded(pipeline: Any) -> None:
    assert render(ADAPTER, pipeline, CARD, PLAN).sound is None


def test_running_out_of_memory_passes_through_as_the_library_says_it(pipeline: Any) -> None:
    def fail(*_: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    hook = pipeline.transformer.register_forward_pre_hook(fail)

    with pytest.raises(torch.OutOfMemoryError):
        render(ADAPTER, pipeline, CARD, PLAN)

    hook.remove()


@pytest.mark.parametrize(
    ("roles", "labels", "conditions"),
    [
        ([Role.FIRST_FRAME], "<Picture 1>: a boat", 1),
        ([Role.LAST_FRAME], "<Picture 1>: a boat", 1),
        ([Role.FIRST_FRAME, Role.LAST_FRAME], "<Picture 1>: <Picture 2>: a boat", 2),
    ],
)
def test_first_and_last_frames_are_shown_and_held(
    pipeline: Any, prompts: list[str], roles: list[Role], labels: str, conditions: int
) -> None:
    rows: list[int] = []
    hook = pipeline.transformer.register_forward_pre_hook(
        lambda _module, _args, kwargs: rows.append(kwargs["hidden_states"].shape[1]), with_kwargs=True
    )

    frames = frames_of(render(ADAPTER, pipeline, CARD, PLAN, *[picture(role, size=SIZE) for role in roles]))

    hook.remove()
    assert frames.shape[0] == 124
    assert prompts == [labels]
    assert rows[0] == (37 + conditions) * 4  # 37 latent frames, of four patches each


def test_first_and_last_frame_go_to_their_own_ends() -> None:
    last, first = picture(Role.LAST_FRAME, grey=200, size=SIZE), picture(Role.FIRST_FRAME, grey=10, size=SIZE)

    arguments = ADAPTER.arguments(CARD, PLAN, (last, first))

    assert np.asarray(arguments["image"]).max() == 10
    assert np.asarray(arguments["last_image"]).max() == 200


def test_references_are_numbered_by_kind_with_the_jobs_sounds_before_those_of_videos(
    pipeline: Any, prompts: list[str], clips: Path
) -> None:
    sights = (
        _file(Role.REFERENCE_VIDEO, clips / "loud.mp4"),
        IMAGE,
        _file(Role.REFERENCE_AUDIO, clips / "low.wav"),
        _file(Role.REFERENCE_VIDEO, clips / "mute.mp4"),
    )

    frames = frames_of(render(ADAPTER, pipeline, CARD, PLAN, *sights))

    assert frames.shape[0] == 124
    labels = "<Picture 1>: <Audio 1>: <Audio 2>: <Video 1>: <0.2 seconds><1.2 seconds><Video 2>: "
    assert prompts == [f"{labels}<0.2 seconds><1.2 seconds>a boat"]


def test_references_keep_the_order_of_the_job_within_their_kind(clips: Path) -> None:
    sights = (
        _file(Role.REFERENCE_AUDIO, clips / "high.wav"),
        picture(Role.REFERENCE_IMAGE, grey=1, size=SIZE),
        _file(Role.REFERENCE_AUDIO, clips / "low.wav"),
        picture(Role.REFERENCE_IMAGE, grey=2, size=SIZE),
    )

    high, one, low, two = ADAPTER.arguments(CARD, PLAN, sights)["references"]

    assert (np.asarray(one.image).max(), np.asarray(two.image).max()) == (1, 2)
    assert _loudest_hz(high) == pytest.approx(880, abs=2)
    assert _loudest_hz(low) == pytest.approx(220, abs=2)


def test_a_video_comes_at_24_frames_a_second_with_its_sound_at_the_models_rate(clips: Path) -> None:
    sights = (_file(Role.REFERENCE_VIDEO, clips / "loud.mp4"),)

    (video,) = ADAPTER.arguments(CARD, PLAN, sights)["references"]

    assert video.frames.shape == (48, 768, 1344, 3)
    assert video.fps == 24
    assert video.sample_rate == SOUND_RATE_HZ
    assert video.audio.shape == (2, pytest.approx(2 * SOUND_RATE_HZ, rel=0.03))


def test_a_reference_changes_the_film(pipeline: Any) -> None:
    dark = frames_of(render(ADAPTER, pipeline, CARD, PLAN, picture(Role.REFERENCE_IMAGE, grey=10, size=SIZE)))
    light = frames_of(render(ADAPTER, pipeline, CARD, PLAN, picture(Role.REFERENCE_IMAGE, grey=240, size=SIZE)))

    assert not np.array_equal(dark, light)


def test_a_sound_alone_is_refused_in_words(clips: Path) -> None:
    with pytest.raises(EngineUnfit, match="only beside a picture or a video"):
        ADAPTER.arguments(CARD, PLAN, (_file(Role.REFERENCE_AUDIO, clips / "low.wav"),))


def test_a_first_frame_beside_references_becomes_one_of_them_in_words() -> None:
    first = picture(Role.FIRST_FRAME, name="mediaUrls[1]", size=SIZE)

    arguments = ADAPTER.arguments(CARD, PLAN, (IMAGE, first))
    (warning,) = ADAPTER.warnings(CARD, PLAN, (IMAGE, first))

    assert len(arguments["references"]) == 2
    assert warning.startswith("mediaUrls[1] is a picture to follow")


def test_more_references_than_the_model_takes_are_refused_by_the_library(pipeline: Any) -> None:
    with pytest.raises(ValueError, match="at most 9 image references"):
        render(ADAPTER, pipeline, CARD, PLAN, *[IMAGE] * 10)


def test_a_clip_longer_than_the_model_makes_is_refused_in_words() -> None:
    with pytest.raises(EngineUnfit, match=r"345 frames \(14 s\) at most"):
        ADAPTER.arguments(CARD, plan_of(frames=362), ())


def test_a_broken_reference_is_named(tmp_path: Path) -> None:
    file = tmp_path / "broken.mp4"
    file.write_bytes(b"\0\0\0\x18ftypmp42" + bytes(100))

    with pytest.raises(MediaInvalid, match=r"references\[0\]"):
        ADAPTER.arguments(CARD, PLAN, (_file(Role.REFERENCE_VIDEO, file),))


def test_a_card_without_references_loads_one_part_of_the_weights(folder: Path) -> None:
    card = card_of("minimax_h3", roles=["first_frame"], **LINES)

    pipeline = ADAPTER.load(card, folder, dtype=torch.float32)

    assert pipeline.transformer_ref is None
    assert frames_of(render(ADAPTER, pipeline, card, PLAN)).shape[0] == 124
    with pytest.raises(EngineUnfit, match="follows references is not loaded"):
        render(ADAPTER, pipeline, card, PLAN, IMAGE)


def test_a_component_that_cannot_be_loaded_is_named(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "model")
    (tmp_path / "model/vae/diffusion_pytorch_model.safetensors").unlink()

    with pytest.raises(NotReady, match="vae cannot be loaded"):
        ADAPTER.load(CARD, tmp_path / "model", dtype=torch.float32)


def _file(role: Role, path: Path) -> Sight:
    return Sight(role, role.kind, "references[0]", path)


def _loudest_hz(reference: Any) -> float:
    wave = reference.audio[0].numpy()
    return float(np.argmax(np.abs(np.fft.rfft(wave))) * reference.sample_rate / wave.size)
