"""Model cards: what they say, and how a wrong line is told."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from seedbed.core.errors import NotReady
from seedbed.core.frame_rule import FrameRule, parse_frame_rule
from seedbed.core.references import Kind, Role
from seedbed.core.sizes import SIZES, Size
from seedbed.engines.diffusers.families import FAMILIES
from seedbed.engines.diffusers.shelf import open_card, shipped_cards

CARD = """
family = "wan"
licence = "Apache-2.0"
folder = "/models/wan"
fps = 16
frames = "4n+1"
sizes = ["832x480", "480x832"]
max_duration_s = 5
steps = 40
[family_options]
mode = "i2v"
guidance_2 = 3.5
"""


def card_file(folder: Path, text: str = CARD) -> str:
    path = folder / "mine.toml"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("name", shipped_cards())
def test_every_card_that_comes_with_the_engine_is_whole_and_of_a_known_family(name: str) -> None:
    card = open_card(name)

    assert card.family in FAMILIES
    assert card.repository
    assert not card.folder
    assert card.licence


@pytest.mark.parametrize("name", shipped_cards())
def test_every_card_covers_its_longest_clip_by_its_own_frame_rule(name: str) -> None:
    card = open_card(name)

    frames = card.frame_rule.covering(Fraction(24 * card.max_duration_s + 1, 24), fps=card.fps)

    assert Fraction(frames, card.fps) >= card.max_duration_s
    assert (frames - card.frame_rule.extra) % card.frame_rule.group == 0


@pytest.mark.parametrize("name", shipped_cards())
def test_every_size_of_the_contract_finds_a_size_of_the_same_lie(name: str) -> None:
    card = open_card(name)

    for size in SIZES.values():
        made = card.size_for(size)
        assert (made.width_px - made.height_px) * (size.width_px - size.height_px) >= 0


@pytest.mark.parametrize(
    ("rule", "frames", "made"),
    [("8n+1", 121, 121), ("8n+1", 122, 129), ("17n+5", 121, 124), ("4n+1", 1, 5), ("4n", 7, 8), ("17n+5", 124, 124)],
)
def test_a_frame_rule_gives_the_smallest_number_that_is_enough(rule: str, frames: int, made: int) -> None:
    assert parse_frame_rule(rule).at_least(frames) == made


def test_a_clip_of_a_slower_model_is_on_screen_for_as_long() -> None:
    rule = FrameRule(4, 1)

    assert rule.covering(Fraction(121, 24), fps=16) == 81


def test_the_size_of_the_nearest_shape_is_taken_and_among_those_the_one_nearest_in_pixels(tmp_path: Path) -> None:
    card = open_card("wan-2.2-i2v-a14b")

    assert card.size_for(Size(1920, 1080)) == Size(1280, 720)
    assert card.size_for(Size(864, 496)) == Size(832, 480)
    assert card.size_for(Size(720, 1280)) == Size(720, 1280)


def test_a_line_of_the_engine_takes_the_place_of_the_cards_and_a_table_is_laid_over(tmp_path: Path) -> None:
    card = open_card(card_file(tmp_path), {"steps": 4, "offload": "group", "family_options": {"guidance_2": 1.0}})

    assert (card.steps, card.switches.offload) == (4, "group")
    assert card.family_options == {"mode": "i2v", "guidance_2": 1.0}


def test_a_folder_of_the_operator_takes_the_place_of_the_cards_repository() -> None:
    card = open_card("wan-2.2-ti2v-5b", {"folder": "/models/wan"})

    assert card.source == "/models/wan"


def test_what_a_card_does_not_say_is_left_as_the_library_has_it(tmp_path: Path) -> None:
    card = open_card(card_file(tmp_path))

    assert card.guidance is None
    assert card.switches.attention is None
    assert card.revision == "main"


def test_roles_and_limits_of_references_are_read(tmp_path: Path) -> None:
    card = open_card("minimax-h3")

    assert card.roles == frozenset(Role)
    assert card.max_of_kind == {Kind.IMAGE: 9, Kind.VIDEO: 3, Kind.AUDIO: 3}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ({"stepz": 3}, "stepz is no line of a model card"),
        ({"steps": "many"}, "steps must be a whole number from 1 to 1000"),
        ({"steps": True}, "steps must be a whole number"),
        ({"guidance": -1}, "guidance must be a number from 0 to 100"),
        ({"frames": "8n-1"}, "frames must be like 8n+1"),
        ({"sizes": ["830x480"]}, "in multiples of 16 pixels, not 830x480"),
        ({"sizes": []}, "sizes is missing"),
        ({"roles": ["star"]}, "roles must be among first_frame"),
        ({"offload": "all"}, "offload must be one of group, model, none, sequential"),
        ({"makes_audio": "yes"}, "makes_audio must be true or false"),
        ({"max_of_kind": {"smell": 1}}, "max_of_kind has only image, video, audio"),
        ({"loras": {"film": 3}}, "loras must map names to files"),
        ({"dtype": "int4"}, "dtype must be one of bfloat16, float16, float32"),
        ({"attention": ""}, "attention must be a text"),
    ],
)
def test_a_wrong_line_is_named_with_what_would_be_right(tmp_path: Path, lines: dict[str, Any], said: str) -> None:
    with pytest.raises(NotReady) as refused:
        open_card(card_file(tmp_path), lines)

    assert said in str(refused.value)
    assert "mine.toml" in str(refused.value)


def test_a_card_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="folder or repository must say where"):
        open_card(card_file(tmp_path, CARD.replace('folder = "/models/wan"', "")))


def test_an_unknown_card_is_told_with_those_there_are() -> None:
    with pytest.raises(NotReady, match=r"known are ltx-2\.3.*or the path of a card\.toml"):
        open_card("wan-9")


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="cannot be read"):
        open_card(card_file(tmp_path, "family = "))
