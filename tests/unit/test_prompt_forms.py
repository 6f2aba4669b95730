"""Prompts in the words of each family of models: pointers, numbers, what is left alone, what is avoided."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core.enhancing import MAX_PROMPT_CHARACTERS, enhancer_named
from seedbed.core.errors import NotReady
from seedbed.core.pointers import find_pointers
from seedbed.core.prompt_forms import FORMS, PLAIN_FORM, prepared
from seedbed.core.references import Kind

H3, WAN, LTX = FORMS["minimax_h3"], FORMS["wan"], FORMS["ltx2"]
ALL = [Kind.IMAGE, Kind.IMAGE, Kind.VIDEO, Kind.AUDIO, Kind.IMAGE]


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("@Image1 walks, [Video1] leads, Audio 1 beats", "<Picture 1> walks, <Video 1> leads, <Audio 1> beats"),
        ("以[图1]为主角，参考【@视频1】，配[音频1]", "以<Picture 1>为主角，参考<Video 1>，配<Audio 1>"),
        ("이미지1의 고양이가 영상1처럼, 오디오1에", "<Picture 1>의 고양이가 <Video 1>처럼, <Audio 1>에"),
        ("画像1の犬が動画1のように、音声1で", "<Picture 1>の犬が<Video 1>のように、<Audio 1>で"),
        ("la imagen 1 sigue el vídeo 1 con [música1]", "la <Picture 1> sigue el <Video 1> con <Audio 1>"),
        ("a imagem 1 segue o clipe 1, áudio 1", "a <Picture 1> segue o <Video 1>, <Audio 1>"),
        ("la photo 1 suit la vidéo 1, musique 1", "la <Picture 1> suit la <Video 1>, <Audio 1>"),
        ("@Bild1 wie in Video 1 zu Musik 1", "<Picture 1> wie in <Video 1> zu <Audio 1>"),
        ("hình 1 theo video 1, âm thanh 1", "<Picture 1> theo <Video 1>, <Audio 1>"),
        ("ภาพ1 ตามวิดีโอ1 กับเสียง1", "<Picture 1> ตาม<Video 1> กับ<Audio 1>"),
    ],
)
def test_pointers_of_ten_languages_become_the_models_own(prompt, told):
    assert prepared(prompt, form=H3, kinds=ALL).prompt == told
    assert prepared(prompt, form=H3, kinds=ALL).warnings == ()


def test_plain_words_are_what_a_family_without_a_form_is_told():
    assert prepared("以[图2]为主角", form=WAN, kinds=ALL).prompt == "以image 2为主角"
    assert prepared("@Video1 leads", form=PLAIN_FORM, kinds=ALL).prompt == "video 1 leads"


def test_what_is_written_in_the_models_form_already_is_not_wrapped_again():
    prompt = "<Picture 1> meets <Picture 2>, as in <Video 1>"

    assert prepared(prompt, form=H3, kinds=ALL).prompt == prompt
    assert prepared(prompt, form=WAN, kinds=ALL).prompt == "image 1 meets image 2, as in video 1"


def test_numbers_follow_the_order_in_which_the_model_gets_the_references():
    got = prepared("@Image1 @Image2 @Image3", form=H3, kinds=ALL, seen=[4, 0, 1])

    assert got.prompt == "<Picture 2> <Picture 3> <Picture 1>"


def test_a_reference_that_the_model_does_not_see_is_taken_out_of_the_prompt_and_said():
    got = prepared("A cat like @Image3 runs. [Audio1]", form=LTX, kinds=ALL, seen=[0, 1])

    assert got.prompt == "A cat like runs. "
    assert got.warnings == (
        "the prompt points at @Image3, which this model does not see",
        "the prompt points at @Audio1, which this model does not see",
    )


def test_a_pointer_at_nothing_stays_and_is_said_once():
    got = prepared("@Image7 and [Image7] and Image 8", form=H3, kinds=ALL)

    assert got.prompt == "@Image7 and [Image7] and Image 8"
    assert [warning[:32] for warning in got.warnings] == [
        "the prompt points at @Image7, bu",
        "the prompt points at @Image8, bu",
    ]


def test_a_prompt_of_pointers_alone_is_not_emptied():
    assert prepared("@Audio1", form=WAN, kinds=ALL, seen=[0]).prompt == "@Audio1"


def test_the_request_may_say_what_to_avoid_and_even_nothing():
    assert prepared("x", form=WAN, kinds=[]).negative_prompt.startswith("色调艳丽，过曝")
    assert prepared("x", form=H3, kinds=[]).negative_prompt == ""
    assert prepared("x", form=WAN, kinds=[], negative_prompt="rain").negative_prompt == "rain"
    assert prepared("x", form=WAN, kinds=[], negative_prompt="").negative_prompt == ""


prose = st.text(max_size=60).filter(lambda text: not find_pointers(text))


@given(prompt=prose, form=st.sampled_from(list(FORMS.values())))
def test_a_prompt_without_pointers_is_told_word_for_word(prompt, form):
    assert prepared(prompt, form=form, kinds=ALL).prompt == prompt


@given(parts=st.lists(prose, min_size=2, max_size=5), number=st.integers(1, 3))
def test_everything_around_the_pointers_stays(parts, number):
    prompt = f"【@图片{number}】".join(parts)

    told = prepared(prompt, form=H3, kinds=ALL).prompt

    assert told == f"<Picture {number}>".join(parts)
    assert prepared(told, form=H3, kinds=ALL).prompt == told


def test_an_enhancer_gets_the_models_form_and_has_the_last_word():
    assert prepared("@Image1", form=H3, kinds=ALL, enhance=lambda told: f"{told}, golden hour").prompt == (
        "<Picture 1>, golden hour"
    )


def broken(prompt):
    raise OSError("the rewriting server is gone")


@pytest.mark.parametrize(
    "enhance", [broken, lambda _: None, lambda _: " ", lambda _: "x" * (MAX_PROMPT_CHARACTERS + 1)]
)
def test_an_enhancer_that_fails_costs_a_warning_and_no_more(enhance):
    got = prepared("@Image1 runs", form=H3, kinds=ALL, enhance=enhance)

    assert got.prompt == "<Picture 1> runs"
    assert [re.sub(r" \(.*", "", warning) for warning in got.warnings] == [
        "the prompt could not be enhanced and is used as it is"
    ]


def test_an_enhancer_is_found_by_its_path_or_refused_with_what_would_be_right():
    assert enhancer_named("textwrap:dedent")("  x") == "x"
    for path in ("textwrap", "no.such.module:it", "textwrap:nothing", "math:pi", ":x"):
        with pytest.raises(NotReady, match="enhancer"):
            enhancer_named(path)
