"""Several shots in one clip: what cuts, what goes on, and what crosses a cut."""

from fractions import Fraction

import pytest

from seedbed.core.shotplan.plan import to_json
from seedbed.core.shotplan.planner import plan_shot
from seedbed.core.shotplan.timing import MOST_PARTS, MOST_SHOTS
from seedbed.core.shotplan.vocabulary import Effect
from seedbed.engines.animatic.lexicons import load_lexicons


def plan(prompt):
    return plan_shot(prompt, load_lexicons())


def shots(prompt):
    """Return the moves of each shot, asked for or not."""
    return [[cue.move.value for cue in shot.plan.moves if cue.words] for shot in plan(prompt).shots]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("pan left, cut to a push in", [["pan_left"], ["push_in"]]),
        ("Shot 1: pan left. Shot 2: tilt up. Shot 3: static camera.", [["pan_left"], ["tilt_up"], ["static"]]),
        ("A pan left over the bay. In the next shot the camera tilts up.", [["pan_left"], ["tilt_up"]]),
        ("Pan left over the bay, then a close-up of her face.", [["pan_left"], []]),
        ("Wide shot of a bay. Close-up of a gull, zoom in.", [[], ["push_in"]]),
        ("왼쪽으로 팬, 다음 장면: 줌인", [["pan_left"], ["push_in"]]),
    ],
)
def test_a_cut_begins_a_shot_of_its_own(prompt, expected):
    assert shots(prompt) == expected


@pytest.mark.parametrize(
    "prompt",
    [
        "pan left, then zoom in, finally tilt up",
        "Pan left. Zoom in. Tilt up.",
        "pan left, then zoom in to a close-up, then tilt up",
        "One continuous shot: pan left, next scene, zoom in, tilt up",
        "pan left, zoom in, tilt up, no cuts",
        "Cut to: pan left, then zoom in, then tilt up",
    ],
)
def test_then_goes_on_with_the_same_shot(prompt):
    (only,) = shots(prompt)

    assert sorted(only) == ["pan_left", "push_in", "tilt_up"]


def test_shots_share_the_clip_and_each_has_its_own_clock():
    first, second = plan("pan left, then zoom in. Cut to: tilt up").shots

    assert [(first.start, first.end), (second.start, second.end)] == [(0, Fraction(1, 2)), (Fraction(1, 2), 1)]
    assert [(cue.start, cue.end) for cue in first.plan.moves] == [(0, Fraction(1, 2)), (Fraction(1, 2), 1)]
    assert [(cue.start, cue.end) for cue in second.plan.moves] == [(0, 1)]
    assert first.plan.cuts == second.plan.cuts == ()


def test_an_ordinary_prompt_is_one_shot_which_is_the_plan():
    whole = plan("pan left in the rain")

    (only,) = whole.shots
    assert only.plan is whole
    assert (only.start, only.end, only.words) == (0, 1, None)


def test_weather_crosses_a_cut_within_a_scene_and_stays_behind_in_another():
    same = plan("A wide shot in heavy rain. Cut to a close-up of her face.")
    other = plan("A wide shot in heavy rain. Cut to a sunny beach.")

    assert [[cue.effect.value for cue in shot.plan.effects] for shot in same.shots] == [["rain"], ["rain"]]
    assert [[cue.effect.value for cue in shot.plan.effects] for shot in other.shots] == [["rain"], []]


def test_the_look_of_the_film_belongs_to_every_shot():
    grained = plan("Shot 1: a beach at night. Shot 2: a city at dawn, film grain.")

    assert all(shot.plan.effect(Effect.FILM_GRAIN) for shot in grained.shots)


def test_each_shot_keeps_its_framing_hour_and_place():
    first, second = plan("Wide shot of a forest at night. Cut to a close-up of a boat.").shots

    assert (first.plan.framing, first.plan.time_of_day, first.plan.scenery) == ("wide", "night", ("forest",))
    assert (second.plan.framing, second.plan.time_of_day, second.plan.scenery) == ("close", "night", ("sea",))
    assert second.words == "cut to"


def test_a_shot_without_a_move_gets_one_of_its_own():
    first, second = plan("pan left, cut to a house").shots

    assert [cue.words for cue in first.plan.moves] == ["pan"]
    assert [cue.words for cue in second.plan.moves] == [None]


def test_there_are_never_more_shots_than_a_clip_can_show():
    assert len(plan("pan left over a bay, cut to " * 40).shots) == MOST_SHOTS


def test_the_job_tells_of_shots_only_where_there_are_several():
    one = to_json(plan("pan left"), duration_s=Fraction(5))
    two = to_json(plan("pan left, cut to a close-up at night"), duration_s=Fraction(5))

    assert "shots" not in one
    assert two["shots"] == [
        {"fromSeconds": 0.0, "toSeconds": 2.5},
        {"fromSeconds": 2.5, "toSeconds": 5.0, "framing": "close", "timeOfDay": "night", "said": "cut to"},
    ]


def test_how_a_shot_is_filmed_lasts_while_the_camera_moves_on():
    hand, tilt = plan("handheld, then the camera tilts up").moves
    shaken, still = plan("handheld, then static").moves

    assert (hand.move, hand.start, hand.end) == ("hand_held", 0, 1)
    assert (tilt.move, tilt.end) == ("tilt_up", 1)
    assert (shaken.end, still.start) == (Fraction(1, 2), Fraction(1, 2))


def test_cutting_to_black_is_no_shot():
    assert len(plan("push in, then cut to black").shots) == 1


def test_a_shot_is_never_cut_into_more_parts_than_can_be_seen():
    cues = plan("pan left, then zoom in, then tilt up, then " * 30).moves

    assert len({cue.start for cue in cues}) == MOST_PARTS
    assert cues[-1].end == 1


@pytest.mark.parametrize(
    ("prompt", "moves"),
    [
        ("the camera tracks left following her", ["truck_left"]),
        ("the camera glides in an arc around him to the left", ["orbit_left"]),
        ("the camera orbits the statue clockwise", ["orbit_right"]),
    ],
)
def test_one_move_said_in_two_ways_is_one_move(prompt, moves):
    assert shots(prompt) == [moves]
