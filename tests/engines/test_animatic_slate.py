"""Slates: what is drawn where there is no picture, and its caption."""

import pytest
from animatic_scenes import film_of, psnr, task

from seedbed.core.sizes import Size
from seedbed.engines.animatic.caption import MAX_LINES, make_caption, readable, wrap
from seedbed.engines.animatic.planes import Planes

WIDE = Size(864, 496)


def slate(prompt, seed=7, number=20):
    return film_of(task(prompt, size=WIDE, seed=seed))(number)


def ink(prompt):
    """The letters alone, laid on black."""
    planes = Planes.empty(WIDE.width_px, WIDE.height_px)
    planes.y[:] = 16
    planes.u[:] = planes.v[:] = 128
    make_caption(prompt, WIDE).lay(planes)
    return planes.y


def test_a_slate_is_a_picture_with_light_and_shade():
    y = slate("mountains at sunrise").y

    assert y.std() > 15
    assert y.max() > 150


def test_night_is_darker_than_day():
    assert slate("a field at night").y.mean() + 40 < slate("a field at noon").y.mean()


def test_a_sunset_is_warm_and_a_blue_night_is_not():
    warm, cold = slate("sunset in the desert"), slate("blue night over the sea")

    assert warm.v.mean() - warm.u.mean() > 15
    assert cold.v.mean() - cold.u.mean() < 0


def test_scenery_and_seed_change_the_drawing():
    here, elsewhere, again = slate("the sea"), slate("a city"), slate("the sea", seed=8)

    assert psnr(here.y, elsewhere.y) < 25
    assert psnr(here.y, again.y) < 30
    assert psnr(here.y, slate("the sea").y) == 99.0


def test_the_camera_moves_over_a_slate():
    paint = film_of(task("mountains, pan right", size=WIDE))

    assert psnr(paint(0).y[:250], paint(24).y[:250]) < 35


@pytest.mark.parametrize(
    "prompt",
    [
        "A quiet street, slow push in",
        "비 오는 밤 서울 골목, 카메라가 천천히 앞으로 다가간다",
        "똠방각하 펲시콜라 뷁 쀍",
        "雨夜的小巷，镜头缓缓推进",
        "雨の夜の路地、カメラがゆっくり近づく",
        "Calle lluviosa, ¿dónde? ¡Allí! Ñandú",
        "Une ruelle sous la pluie, œuvre d'été",
        "Regnerische Gasse, weiß und grün",
        "Con hẻm mưa đêm, máy quay tiến chậm",
        "ตรอกในคืนฝนตก กล้องเคลื่อนช้าๆ",
        "Rua chuvosa, coração",
    ],
)
def test_all_ten_languages_are_set_in_real_letters(prompt):
    assert readable(prompt) == prompt
    assert (ink(prompt) > 150).sum() > (ink("") > 150).sum() + 8 * len(prompt)


def test_every_hangul_syllable_has_its_own_glyph():
    syllables = [chr(code) for code in range(0xAC00, 0xD7A4)]

    assert all(readable("".join(syllables[n : n + 500])) for n in range(0, len(syllables), 500))


def test_hangul_is_not_drawn_as_boxes():
    lines = [ink(syllable * 8) for syllable in "가나다라뷁쀍똠펲힣쨟"]

    assert len({line.tobytes() for line in lines}) == len(lines)


def test_a_caption_is_left_out_rather_than_set_in_boxes():
    assert readable("ქართული") is None
    assert (ink("ქართული") > 200).sum() == 0
    assert (ink("ქართული") > 120).sum() > 50  # the label stays


def test_emoji_are_dropped_from_a_caption():
    assert readable("🎬 rain 🌧️ in Seoul") == "rain in Seoul"


def test_a_long_prompt_is_cut_to_three_lines():
    lines = wrap("word " * 200, len, 40)

    assert len(lines) == MAX_LINES
    assert lines[-1].endswith("…")
    assert all(len(line) <= 40 for line in lines)


def test_text_without_spaces_is_broken_where_the_line_is_full():
    assert wrap("카" * 50, len, 40) == ["카" * 40, "카" * 10]


def test_a_short_prompt_stays_one_line():
    assert wrap("a short one", len, 40) == ["a short one"]
