"""Ten languages at once: each is understood, and none hears itself in another."""

import pytest

from seedbed.core.shotplan.lexicon import Slot, normalise, parse_lexicon
from seedbed.core.shotplan.phrasebook import Phrasebook
from seedbed.core.shotplan.planner import plan_shot
from seedbed.core.shotplan.timing import MOST_PARTS, MOST_SHOTS
from seedbed.core.shotplan.vocabulary import FAMILIES, Effect, Move
from seedbed.engines.animatic.lexicons import load_lexicons

LEXICONS = load_lexicons().lexicons


def understood(prompt):
    plan = plan_shot(prompt, load_lexicons())
    return [cue.move.value for cue in plan.moves if cue.words], [cue.effect.value for cue in plan.effects]


def phrases_for(lexicon, slot, value):
    """Return what a language offers for a move or effect, by itself or through a family."""
    families = {name for name, members in FAMILIES.items() if slot is Slot.MOVES and value in members.values()}
    return {p.spellings[0] for p in lexicon.phrases if p.sense.slot is slot and p.sense.value in {value, *families}}


def test_all_ten_languages_are_there():
    languages = [lexicon.language for lexicon in LEXICONS]

    assert languages == ["de", "en", "es", "fr", "ja", "ko", "pt", "th", "vi", "zh"]


@pytest.mark.parametrize("lexicon", LEXICONS, ids=lambda lexicon: lexicon.language)
def test_every_move_and_effect_has_two_phrases_at_least(lexicon):
    wanted = [(Slot.MOVES, move.value) for move in Move] + [(Slot.EFFECTS, effect.value) for effect in Effect]

    assert [(slot, value) for slot, value in wanted if len(phrases_for(lexicon, slot, value)) < 2] == []


@pytest.mark.parametrize("lexicon", LEXICONS, ids=lambda lexicon: lexicon.language)
def test_no_phrase_is_lost_on_the_way_to_the_normal_form(lexicon):
    alone = Phrasebook([lexicon])

    for phrase in lexicon.phrases:
        if phrase.sense.slot is Slot.TELLS or phrase.sense.needs_camera:
            continue
        found = [m.sense for m in alone.find(normalise(phrase.written.strip("*$")))]
        assert phrase.sense in found, phrase.written


@pytest.mark.parametrize(
    ("prompt", "moves", "effects"),
    [
        ("Die Kamera schwenkt langsam nach links, es regnet", ["pan_left"], ["rain"]),
        ("Kamerafahrt nach vorn, ohne Nebel", ["push_in"], []),
        ("La cámara se acerca al rostro bajo la lluvia, sin niebla", ["push_in"], ["rain"]),
        ("la camara gira alrededor de la estatua", ["orbit_right"], []),
        ("A câmera recua devagar enquanto neva", ["pull_out"], ["snow"]),
        ("Travelling latéral vers la gauche, pas de neige, brouillard", ["truck_left"], ["fog"]),
        ("Máy quay lia sang trái, trời mưa, không có sương mù", ["pan_left"], ["rain"]),
        ("กล้องแพนไปทางซ้าย ฝนตก ไม่มีหมอก", ["pan_left"], ["rain"]),
        ("カメラが左にパン、雨、霧なし", ["pan_left"], ["rain"]),
        ("镜头向左摇，下雨，没有雾", ["pan_left"], ["rain"]),
        ("鏡頭向左搖，下雨，沒有霧", ["pan_left"], ["rain"]),
        ("Ein Mann im Regen. Slow push in, film grain.", ["push_in"], ["rain", "film_grain"]),
    ],
)
def test_each_language_is_understood(prompt, moves, effects):
    assert understood(prompt) == (moves, effects)


@pytest.mark.parametrize(
    "prompt",
    [
        "Der Roman ist fast fertig, und die Frau liest ihn still am Tisch",  # "fast", "still"
        "Una mujer compra el pan en la tienda y vuelve con su hijo",  # "pan" is bread
        "No campo, um homem lê o jornal com o seu cão",  # "no" forbids nothing
        "The mist of gift and brand, see the sale and the rot of the old die",
        "un homme mange du pain avec son chat dans la cuisine",
        "パンダがパンケーキを食べる",
        "她推开门，走进房间",
        "một người đàn ông đọc báo trong quán",
    ],
)
def test_a_word_of_one_language_is_not_heard_in_another(prompt):
    moves, effects = understood(prompt)

    assert moves == []
    assert set(effects) <= {"fog"}  # English mist is mist


def test_the_languages_small_words_tell_which_one_is_spoken():
    lexicons = [
        parse_lexicon({"language": "aa", "script": "s", "tells": {"phrases": ["il"]}, "effects": {"rain": ["plo"]}}),
        parse_lexicon({"language": "bb", "script": "s", "tells": {"phrases": ["el"]}, "effects": {"snow": ["plo"]}}),
    ]

    assert [c.effect for c in plan_shot("il plo", Phrasebook(lexicons)).effects] == ["rain"]
    assert [c.effect for c in plan_shot("el plo", Phrasebook(lexicons)).effects] == ["snow"]


def test_a_phrase_with_two_meanings_is_refused():
    with pytest.raises(ValueError, match=r"'Wet' means two things"):
        parse_lexicon({"language": "xx", "effects": {"rain": ["wet"], "fog": ["Wet"]}})


def test_a_move_that_needs_a_camera_is_the_subjects_without_one():
    assert understood("the dog moves closer")[0] == []
    assert understood("the dog sleeps, the camera moves closer")[0] == ["push_in"]


@pytest.mark.parametrize(
    "piece", ["pan left, zoom in, rain, then cut to tilt up. ", "镜头推进，然后向左摇。", "no rain or "]
)
def test_a_long_prompt_makes_a_small_plan(piece):
    plan = plan_shot((piece * 1000)[:5000], load_lexicons())

    assert len(plan.shots) <= MOST_SHOTS
    assert len(plan.moves) <= MOST_SHOTS * MOST_PARTS * len(Move)
    assert len(plan.refused) <= 20
