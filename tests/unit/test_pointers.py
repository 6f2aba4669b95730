"""Pointers in prompts: every spelling in use, and the roles that phrases give."""

import pytest

from seedbed.core.pointers import Pointer, dangling, find_pointers, prompted_roles
from seedbed.core.references import Kind, Role


@pytest.mark.parametrize(
    ("prompt", "kind", "number"),
    [
        ("use @Image1 here", Kind.IMAGE, 1),
        ("use @image12 here", Kind.IMAGE, 12),
        ("[Image2] walks", Kind.IMAGE, 2),
        ("the cat of Image 3 sleeps", Kind.IMAGE, 3),
        ("Video 1 sets the pace", Kind.VIDEO, 1),
        ("[Audio1] drives the cuts", Kind.AUDIO, 1),
        ("以[图1]为主角", Kind.IMAGE, 1),
        ("【@图片2】在跑", Kind.IMAGE, 2),
        ("参考[视频1]的运镜", Kind.VIDEO, 1),
        ("节奏跟[音频1]", Kind.AUDIO, 1),
        ("이미지1의 고양이", Kind.IMAGE, 1),
        ("영상1처럼 움직인다", Kind.VIDEO, 1),
        ("@오디오1 박자에 맞춰", Kind.AUDIO, 1),
        ("画像1の犬", Kind.IMAGE, 1),
        ("la imagen 1 como estilo", Kind.IMAGE, 1),
        ("segue o vídeo 2", Kind.VIDEO, 2),
        ("la photo 3, plus sombre", Kind.IMAGE, 3),
        ("wie in @Bild2", Kind.IMAGE, 2),
        ("theo nhịp của âm thanh 1", Kind.AUDIO, 1),
        ("ตามภาพ1", Kind.IMAGE, 1),
        ("al ritmo de [música1]", Kind.AUDIO, 1),
    ],
)
def test_every_spelling_of_a_pointer_is_found(prompt, kind, number):
    assert [(p.kind, p.number) for p in find_pointers(prompt)] == [(kind, number)]


@pytest.mark.parametrize(
    "prompt",
    [
        "a video 5 seconds long",
        "video 10s of rain",
        "image 1080p quality",
        "영상 5초",
        "un vídeo 5 segundos más largo",
        "une vidéo 10 secondes plus longue",
        "ein Video 8 Sekunden lang",
        "video 6 giây",
        "คลิป 5 วินาที",
        "Sinnbild 1",
        "imagery 1 and audiophile 2",
        "an image of 3 cats",
        "an image 16:9",
        "@Image100",
    ],
)
def test_what_only_looks_like_a_pointer_is_left_alone(prompt):
    assert find_pointers(prompt) == ()


@pytest.mark.parametrize(
    ("prompt", "roles"),
    [
        ("@Image1 as the first frame and @Image2 as the last frame", [Role.FIRST_FRAME, Role.LAST_FRAME]),
        ("[Image1] as the style reference, @Image2 is the opening frame", [Role.REFERENCE_IMAGE, Role.FIRST_FRAME]),
        ("The first frame is @Image2", [Role.FIRST_FRAME]),
        ("[图1]作为首帧，[图2]作为尾帧", [Role.FIRST_FRAME, Role.LAST_FRAME]),
        ("이미지1을 첫 프레임으로, 이미지2를 마지막 프레임으로", [Role.FIRST_FRAME, Role.LAST_FRAME]),
        ("@Image1 runs. The last frame fades", [None]),
        ("@Imagen1 como primer fotograma y @Imagen2 como último fotograma", [Role.FIRST_FRAME, Role.LAST_FRAME]),
        ("@Imagem1 como último quadro", [Role.LAST_FRAME]),
        ("@Image1 est la première image, @Image2 la dernière image", [Role.FIRST_FRAME, Role.LAST_FRAME]),
        ("@Bild1 als Startbild, @Bild2 als letztes Bild", [Role.FIRST_FRAME, Role.LAST_FRAME]),
        ("@Ảnh1 làm khung hình đầu tiên, @Ảnh2 làm khung hình cuối cùng", [Role.FIRST_FRAME, Role.LAST_FRAME]),
        ("ใช้ภาพ1เป็นเฟรมแรก ภาพ2เป็นเฟรมสุดท้าย", [Role.FIRST_FRAME, Role.LAST_FRAME]),
        ("der Stil von @Bild1, @Bild2 als Stilreferenz", [None, Role.REFERENCE_IMAGE]),
    ],
)
def test_phrases_beside_a_pointer_give_it_a_role(prompt, roles):
    assert [p.role for p in find_pointers(prompt)] == roles


def test_numbers_count_per_kind_in_array_order():
    kinds = [Kind.VIDEO, Kind.IMAGE, Kind.IMAGE]

    roles = prompted_roles(find_pointers("@Image2 as the last frame"), kinds)

    assert roles == {2: Role.LAST_FRAME}


def test_a_frame_role_never_falls_on_a_video():
    assert prompted_roles(find_pointers("@Video1 as the first frame"), [Kind.VIDEO]) == {}


def test_a_pointer_to_a_reference_that_was_not_sent_dangles_once():
    pointers = find_pointers("@Image2 and again @Image2, with @Image1")

    assert dangling(pointers, [Kind.IMAGE]) == (Pointer(Kind.IMAGE, 2, None),)
    assert str(dangling(pointers, [Kind.IMAGE])[0]) == "@Image2"


def test_a_prompt_without_pointers_has_none():
    assert find_pointers("a calm lake at dawn, slow push in") == ()
