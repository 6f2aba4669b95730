"""What prompts are understood to mean: moves, effects, order, pace, and what they forbid."""

import json
from fractions import Fraction

import pytest

from seedbed.core.shotplan.plan import PictureTraits, to_json
from seedbed.core.shotplan.planner import plan_shot
from seedbed.engines.animatic.lexicons import load_lexicons

PORTRAIT = PictureTraits(subject_area=0.4, subject_confidence=0.9, subject_aspect=1.3, subject_meets_bottom=True)
OBJECT = PictureTraits(subject_area=0.2, subject_confidence=0.9, subject_aspect=0.8)
LANDSCAPE = PictureTraits(subject_area=0.3, subject_confidence=0.3, sky_share=0.3)


def plan(prompt, traits=None):
    return plan_shot(prompt, load_lexicons(), traits)


def moves(prompt):
    return [cue.move.value for cue in plan(prompt).moves if cue.words is not None]


def effects(prompt):
    return [cue.effect.value for cue in plan(prompt).effects]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("static camera", "static"),
        ("locked-off tripod shot", "static"),
        ("the camera slowly pushes in", "push_in"),
        ("PUSH-IN on her face", "push_in"),
        ("zoom out to reveal the city", "pull_out"),
        ("the camera pulls back", "pull_out"),
        ("pan left", "pan_left"),
        ("the camera pans slowly to the left", "pan_left"),
        ("panning from left to right", "pan_right"),
        ("tilt up", "tilt_up"),
        ("the camera tilts gently down", "tilt_down"),
        ("orbit left around the bowl", "orbit_left"),
        ("camera circles the statue", "orbit_right"),
        ("truck left", "truck_left"),
        ("the camera glides to the right", "truck_right"),
        ("crane up", "crane_up"),
        ("the camera descends", "crane_down"),
        ("the camera rolls clockwise", "roll_right"),
        ("vertigo effect", "dolly_zoom"),
        ("shaky handheld footage", "hand_held"),
        ("drone shot over the valley", "aerial_drift"),
        ("whip pan", "whip_right"),
        ("카메라 고정", "static"),
        ("카메라가 천천히 앞으로 다가간다", "push_in"),
        ("줌인", "push_in"),
        ("줌 아웃", "pull_out"),
        ("카메라가 뒤로 물러난다", "pull_out"),
        ("왼쪽으로 패닝", "pan_left"),
        ("카메라가 오른쪽으로 팬한다", "pan_right"),
        ("틸트 업", "tilt_up"),
        ("카메라가 아래로 틸트한다", "tilt_down"),
        ("인물 주위를 돈다", "orbit_right"),
        ("왼쪽으로 이동하는 트래킹 샷", "truck_left"),
        ("크레인 샷으로 위로 올라간다", "crane_up"),
        ("카메라가 하강한다", "crane_down"),
        ("시계 방향으로 회전", "roll_right"),
        ("돌리 줌", "dolly_zoom"),
        ("핸드헬드 느낌", "hand_held"),
        ("드론으로 촬영한 해변", "aerial_drift"),
        ("휩 팬", "whip_right"),
    ],
)
def test_a_prompt_names_its_camera_move(prompt, expected):
    assert expected in moves(prompt)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("heavy rain", ["rain"]),
        ("snow falls softly", ["snow"]),
        ("a misty morning", ["fog"]),
        ("embers and dust in the air", ["embers", "dust"]),
        ("lit by candlelight", ["fire_flicker"]),
        ("with a light leak", ["light_leak"]),
        ("subtle lens breathing", ["lens_breathing"]),
        ("black & white, film grain", ["black_and_white", "film_grain"]),
        ("비가 내리는 거리", ["rain"]),
        ("비 오는 밤", ["rain"]),
        ("함박눈이 내린다", ["snow"]),
        ("짙은 안개 속", ["fog"]),
        ("불티가 날린다", ["embers"]),
        ("먼지가 떠다닌다", ["dust"]),
        ("촛불 아래", ["fire_flicker"]),
        ("빛샘 효과", ["light_leak"]),
        ("렌즈 브리딩", ["lens_breathing"]),
        ("흑백 필름 그레인", ["black_and_white", "film_grain"]),
    ],
)
def test_a_prompt_names_its_effects(prompt, expected):
    assert sorted(effects(prompt)) == sorted(expected)


@pytest.mark.parametrize(
    "prompt",
    [
        "a rainbow over rolling hills",
        "a snow leopard",
        "a frying pan on a train track",
        "나비가 준비를 한다",
        "비행기와 눈동자",
        "눈물이 흐른다",
    ],
)
def test_words_that_only_hold_a_cue_are_no_cue(prompt):
    assert moves(prompt) == []
    assert effects(prompt) == []


@pytest.mark.parametrize(
    ("prompt", "remaining"),
    [
        ("no rain", []),
        ("without any fog", []),
        ("no rain or snow", []),
        ("no rain but snow", ["snow"]),
        ("no rain, snow instead", ["snow"]),
        ("don't add film grain, but add embers", ["embers"]),
        ("비 없이", []),
        ("비도 눈도 없이", []),
        ("안개는 빼고 눈보라", ["snow"]),
        ("비가 오지 않는 안개 낀 아침", ["fog"]),
    ],
)
def test_a_negation_strikes_out_its_neighbours_only(prompt, remaining):
    assert effects(prompt) == remaining


def test_a_refused_move_is_not_chosen_for_the_picture_either():
    assert plan("do not zoom in", PORTRAIT).moves[0].move == "static"
    assert plan("줌인 하지 마", PORTRAIT).moves[0].move == "static"


@pytest.mark.parametrize(
    ("prompt", "order"),
    [
        ("first pan left, then zoom in", ["pan_left", "push_in"]),
        ("zoom in, then pan right, finally pull out", ["push_in", "pan_right", "pull_out"]),
        ("The camera pans left. It pushes in.", ["pan_left", "push_in"]),
        ("pan left and pan right", ["pan_left", "pan_right"]),
        ("처음에 왼쪽으로 팬, 다음에 줌 인", ["pan_left", "push_in"]),
        ("패닝한 다음 줌아웃한다", ["pan_right", "pull_out"]),
        ("먼저 줌인, 이어서 오른쪽으로 팬, 마지막에 줌아웃", ["push_in", "pan_right", "pull_out"]),
    ],
)
def test_the_order_of_clauses_is_the_order_in_time(prompt, order):
    cues = plan(prompt).moves

    assert [cue.move for cue in cues] == order
    assert [cue.start for cue in cues] == [Fraction(n, len(order)) for n in range(len(order))]
    assert [cue.end for cue in cues] == [Fraction(n + 1, len(order)) for n in range(len(order))]


def test_moves_of_one_clause_run_together():
    cues = plan("pan left while tilting up").moves

    assert {cue.move for cue in cues} == {"pan_left", "tilt_up"}
    assert {(cue.start, cue.end) for cue in cues} == {(0, 1)}


def test_weather_may_come_and_go():
    come, go = plan("push in, then it starts to snow").effects[0], plan("push in, then the rain stops").effects[0]

    assert (come.effect, come.start, come.end) == ("snow", Fraction(1, 2), 1)
    assert (go.effect, go.start, go.end) == ("rain", 0, Fraction(1, 2))


@pytest.mark.parametrize(
    ("prompt", "speed", "strength"),
    [
        ("push in", 1.0, 1.0),
        ("slowly push in", 0.65, 1.0),
        ("very slowly push in", 0.45, 1.0),
        ("quickly push in", 1.6, 1.0),
        ("subtle push in", 1.0, 0.55),
        ("pan left slowly, push in", 1.0, 1.0),
        ("천천히 줌인", 0.65, 1.0),
        ("아주 빠르게 줌인", 2.2, 1.0),
        ("살짝 줌인", 1.0, 0.55),
    ],
)
def test_pace_and_extent_go_to_the_nearest_move(prompt, speed, strength):
    cue = next(cue for cue in plan(prompt).moves if cue.move == "push_in")

    assert (cue.speed, cue.strength) == (speed, strength)


@pytest.mark.parametrize(
    ("prompt", "strength"), [("drizzle", 0.55), ("rain", 1.0), ("a downpour", 1.6), ("이슬비", 0.55), ("폭우", 1.6)]
)
def test_a_word_may_carry_its_own_strength(prompt, strength):
    assert plan(prompt).effects[0].strength == strength


@pytest.mark.parametrize(
    ("traits", "move"), [(PORTRAIT, "push_in"), (OBJECT, "orbit_right"), (LANDSCAPE, "aerial_drift")]
)
def test_what_is_not_said_is_chosen_from_the_picture(traits, move):
    (cue,) = plan("a fine picture", traits).moves

    assert cue.move == move
    assert cue.words is None


def test_place_time_and_colour_are_understood_for_slates():
    found = plan("푸른 들판의 노을, 멀리 바다")

    assert found.time_of_day == "golden_hour"
    assert set(found.scenery) == {"field", "sea"}


def test_the_same_prompt_in_other_unicode_forms_means_the_same():
    plain = plan("카메라가 천천히 다가간다, Zoom In")

    assert plan("카메라가 천천히 다가간다, Zoom In").moves == plain.moves  # decomposed Hangul
    assert plan("카메라가 천천히 다가간다, ＺＯＯＭ　ＩＮ").moves == plain.moves  # full-width letters


def test_any_text_makes_a_plan():
    for prompt in ("", "\0", "🎬🌧️", "no", "then then then", "ᄀ" * 500, "(((", "a" * 5000):
        assert plan(prompt).moves


def test_the_job_shows_what_was_said_and_what_was_chosen():
    said = to_json(plan("slowly push in, no fog, at night"), duration_s=Fraction(121, 24))
    chosen = to_json(plan("rain", OBJECT), duration_s=Fraction(121, 24))

    assert said == {
        "moves": [
            {
                "move": "push_in",
                "speed": 0.65,
                "fromSeconds": 0.0,
                "toSeconds": 5.04,
                "strength": 1.0,
                "said": "push in",
            }
        ],
        "effects": [],
        "timeOfDay": "night",
        "refused": ["fog"],
    }
    assert chosen["moves"][0]["chosen"] is True
    assert chosen["effects"][0]["said"] == "rain"
    assert json.loads(json.dumps(chosen)) == chosen
