"""What of a task a model is asked for: its own size, length and steps, and the pictures cut to fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from seedbed.core.engine import Canvas, LocalReference, RenderTask
from seedbed.core.errors import EngineUnfit, MediaInvalid
from seedbed.core.references import Kind, Role
from seedbed.core.sizes import Size
from seedbed.core.timeline import FPS, frame_count
from seedbed.engines.diffusers import planning
from seedbed.engines.diffusers.adapter import Plan
from seedbed.engines.diffusers.card import Card
from seedbed.engines.diffusers.families import adapter_of
from seedbed.engines.diffusers.planning import left_aside, lora_of, sights_of, told
from seedbed.engines.diffusers.shelf import open_card

WAN = open_card("wan-2.2-i2v-a14b", {"loras": {"film": "/loras/film.safetensors"}})
ADAPTER = adapter_of("wan")
ADAPTER_OF_ALL = adapter_of("minimax_h3")


def task(*references: LocalReference, **facts: Any) -> RenderTask:
    canvas = Canvas(Size(1280, 720), frame_count(5), FPS)
    return RenderTask(**({"prompt": "A cat."} | facts), canvas=canvas, references=references, seed=7, wants_audio=True)


def plan_of(card: Card, order: RenderTask) -> Plan:
    return planning.plan_of(card, order, told(card, adapter_of(card.family), order))


def reference(folder: Path, role: Role, size: tuple[int, int] = (400, 400), *, number: int = 0) -> LocalReference:
    """Left half red, right half blue, with a green column at the far left."""
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    pixels[:, : size[0] // 2, 0] = 200
    pixels[:, size[0] // 2 :, 2] = 200
    path = folder / f"{number}.png"
    Image.fromarray(pixels).save(path)
    return LocalReference(path, role.kind, role, f"mediaUrls[{number}]")


def test_a_plan_has_the_cards_size_and_rate_and_is_as_long_as_the_canvas_at_least() -> None:
    plan = plan_of(WAN, task())

    assert (plan.size, plan.frames, plan.fps) == (Size(1280, 720), 81, 16)
    assert (plan.steps, plan.guidance, plan.seed) == (40, 3.5, 7)
    assert plan.wants_audio is False  # the model makes none


def test_the_jobs_options_go_before_the_cards_lines() -> None:
    options = {"steps": 4, "guidance": 1, "negative_prompt": "rain", "keyframes_s": [1]}

    plan = plan_of(WAN, task(options=options))

    assert (plan.steps, plan.guidance, plan.negative_prompt) == (4, 1.0, "rain")
    assert plan.options == {"keyframes_s": [1]}


def test_a_fixed_camera_is_said_in_words() -> None:
    assert "camera is fixed" in plan_of(WAN, task(has_fixed_camera=True)).prompt


def test_pointers_are_told_as_the_family_knows_them_and_count_only_what_it_sees(tmp_path: Path) -> None:
    h3 = open_card("minimax-h3", {"roles": ["reference_image"]})
    given = task(
        reference(tmp_path, Role.REFERENCE_AUDIO, number=0),
        reference(tmp_path, Role.REFERENCE_IMAGE, number=1),
        prompt="@Image1 dances to @Audio1 all night.",
    )

    said = told(h3, ADAPTER_OF_ALL, given)

    assert said.prompt == "<Picture 1> dances to all night."
    assert len(said.warnings) == 1


def test_a_model_is_told_what_its_family_avoids_unless_card_or_job_say_otherwise() -> None:
    assert "静态" in (plan_of(WAN, task()).negative_prompt or "")
    assert plan_of(open_card("wan-2.2-i2v-a14b", {"negative_prompt": "rain"}), task()).negative_prompt == "rain"
    assert plan_of(WAN, task(options={"negative_prompt": ""})).negative_prompt is None


def test_a_model_that_runs_without_guidance_is_told_nothing_to_avoid() -> None:
    assert plan_of(open_card("ltx-2.3"), task()).negative_prompt is None


def test_an_enhancer_rewrites_the_prompt() -> None:
    assert told(WAN, ADAPTER, task(), enhance=lambda prompt: f"{prompt} Golden hour.").prompt == "A cat. Golden hour."


@pytest.mark.parametrize(
    "options", [{"steps": 0}, {"steps": 2.5}, {"steps": True}, {"guidance": "high"}, {"negative_prompt": 3}]
)
def test_an_option_of_the_wrong_kind_is_refused_by_name(options: dict[str, Any]) -> None:
    with pytest.raises(EngineUnfit, match=f"The option {next(iter(options))} must be"):
        plan_of(WAN, task(options=options))


def test_only_a_lora_of_the_card_can_be_named() -> None:
    assert lora_of(WAN, {"lora": "film", "lora_scale": 0.5}) == ("film", 0.5)
    assert lora_of(WAN, {}) == (None, 1.0)
    with pytest.raises(EngineUnfit, match=r"no LoRA anime .* there is film"):
        lora_of(WAN, {"lora": "anime"})


def test_first_and_last_frame_are_cut_to_the_plans_size_without_stretching(tmp_path: Path) -> None:
    first = reference(tmp_path, Role.FIRST_FRAME, (1000, 400))

    (sight,) = sights_of(WAN, ADAPTER, task(first), Size(480, 480))

    assert sight.pixels is not None
    assert sight.pixels.shape == (480, 480, 3)
    # The middle of the picture stays in the middle: as much red on the left as there is blue on the right.
    assert sight.pixels[240, 200, 0] > 150
    assert sight.pixels[240, 280, 2] > 150


def test_sights_keep_the_order_of_the_job_and_leave_out_what_the_model_cannot_use(tmp_path: Path) -> None:
    given = task(
        reference(tmp_path, Role.REFERENCE_IMAGE, number=0),
        reference(tmp_path, Role.LAST_FRAME, number=1),
        reference(tmp_path, Role.FIRST_FRAME, number=2),
    )

    sights = sights_of(WAN, ADAPTER, given, Size(64, 64))

    assert [sight.name for sight in sights] == ["mediaUrls[1]", "mediaUrls[2]"]
    assert left_aside(WAN, ADAPTER, given) == (
        "mediaUrls[0] was left aside: Wan 2.2 I2V-A14B cannot use a reference image.",
    )


def test_a_picture_that_is_broken_ends_the_job_with_its_name(tmp_path: Path) -> None:
    broken = tmp_path / "a.png"
    Image.new("RGB", (400, 400)).save(broken)
    broken.write_bytes(broken.read_bytes()[:80])

    with pytest.raises(MediaInvalid, match=r"mediaUrls\[0\]"):
        sights_of(WAN, ADAPTER, task(LocalReference(broken, Kind.IMAGE, Role.FIRST_FRAME, "mediaUrls[0]")), Size(8, 8))


def test_a_model_that_animates_a_picture_refuses_a_job_without_one() -> None:
    with pytest.raises(EngineUnfit, match="animates a first frame, and this request has none"):
        ADAPTER.arguments(WAN, plan_of(WAN, task()), ())


def test_guidance_of_the_second_transformer_is_the_cards_unless_the_job_says_its_own(tmp_path: Path) -> None:
    first = task(reference(tmp_path, Role.FIRST_FRAME))
    sights = sights_of(WAN, ADAPTER, first, Size(64, 64))

    cards = ADAPTER.arguments(WAN, plan_of(WAN, first), sights)
    jobs = ADAPTER.arguments(WAN, plan_of(WAN, task(options={"guidance": 1.0})), sights)

    assert (cards["guidance_scale"], cards["guidance_scale_2"]) == (3.5, 3.5)
    assert jobs["guidance_scale"] == 1.0
    assert "guidance_scale_2" not in jobs


def test_what_wan_has_no_use_for_is_said() -> None:
    ti2v = open_card("wan-2.2-ti2v-5b", {"roles": ["first_frame", "last_frame"]})
    plan = plan_of(ti2v, task(options={"keyframes_s": [1]}))
    last = sights_of(ti2v, ADAPTER, task(), plan.size)

    assert ADAPTER.warnings(ti2v, plan, last) == (
        "The option keyframes_s was left aside: Wan 2.2 TI2V-5B has no use for it.",
    )
