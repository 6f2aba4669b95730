"""The lexicon files: complete, well formed, and refused with the wrong word named when they are not."""

import pytest

from seedbed.core.shotplan.lexicon import Slot, parse_lexicon
from seedbed.core.shotplan.phrasebook import Phrasebook
from seedbed.core.shotplan.planner import plan_shot
from seedbed.core.shotplan.vocabulary import FAMILIES, Effect, Move, TimeOfDay
from seedbed.engines.animatic.lexicons import load_lexicons


def senses(lexicon, slot):
    return {phrase.sense.value for phrase in lexicon.phrases if phrase.sense.slot is slot}


@pytest.mark.parametrize("lexicon", load_lexicons().lexicons, ids=lambda lexicon: lexicon.language)
def test_every_language_can_say_every_move_effect_and_hour(lexicon):
    said = senses(lexicon, Slot.MOVES)
    by_family = {move for name, family in FAMILIES.items() if name in said for move in family.values()}

    assert said | by_family >= set(Move)
    assert senses(lexicon, Slot.EFFECTS) == set(Effect)
    assert senses(lexicon, Slot.TIMES) == set(TimeOfDay)
    assert senses(lexicon, Slot.ORDER) == {"first", "then", "last"}
    assert len(senses(lexicon, Slot.SPEED)) == 4


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ({"language": "xx", "movez": {"pan": ["pan"]}}, "movez"),
        ({"language": "xx", "moves": {"jump": ["jump"]}}, "jump"),
        ({"language": "xx", "strong": {"weather": {"rain": ["downpour"]}}}, "weather"),
        ({"language": "xx", "loose": True}, "loose"),
    ],
)
def test_a_wrong_word_in_a_lexicon_is_named(table, named):
    with pytest.raises(ValueError, match=named):
        parse_lexicon(table)


def test_the_longest_phrase_wins():
    lexicon = parse_lexicon({"language": "xx", "moves": {"pan": ["pan"], "whip": ["whip pan"]}})

    assert [cue.move for cue in plan_shot("a whip pan", Phrasebook([lexicon])).moves] == ["whip_right"]


def test_stars_open_and_dollars_close_the_ends_of_a_phrase():
    words = {"language": "xx", "open_end": True, "effects": {"rain": ["wet$"], "snow": ["*flake"]}}
    lexicon = parse_lexicon(words)

    assert plan_shot("wetter", Phrasebook([lexicon])).effects == ()
    assert [cue.effect for cue in plan_shot("wet snowflakes", Phrasebook([lexicon])).effects] == ["rain", "snow"]
