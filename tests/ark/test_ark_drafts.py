"""Ark tasks as drafts: what is honoured, and what is refused by name."""

import msgspec
import pytest

from seedbed.api.ark.drafts import draft_of
from seedbed.api.ark.suffixes import take_suffixes
from seedbed.api.ark.wire import TaskBody
from seedbed.core.ark_offer import ARK
from seedbed.core.errors import InvalidRequest
from seedbed.core.references import Role
from seedbed.core.request import Rules, accept
from seedbed.core.sizes import AspectRatio, Resolution

MODEL = "doubao-seedance-2-0-260128"
FAST = "doubao-seedance-2-0-fast-260128"
EARLIER = "doubao-seedance-1-5-pro-251215"


def text(words="A red fox."):
    return {"type": "text", "text": words}


def media(kind, url, role=None):
    return {"type": f"{kind}_url", f"{kind}_url": {"url": f"https://media.test.org/{url}"}, "role": role}


def drafted(*content, **fields):
    body = {"model": MODEL, "content": list(content) or [text()]} | fields
    return draft_of(msgspec.convert(body, TaskBody), offer=ARK)


def accepted(*content, **fields):
    return accept(drafted(*content, **fields), rules=Rules(), chosen_seed=7, offer=ARK).request


def test_a_whole_task_is_honoured():
    request = accepted(
        text("A fox. [图1]"),
        media("image", "a.png", "reference_image"),
        media("video", "b.mp4"),
        media("audio", "c.mp3"),
        resolution="480p",
        ratio="21:9",
        duration=7,
        seed=11,
        generate_audio=False,
        return_last_frame=True,
        execution_expires_after=3600,
        priority=4,
        watermark=True,
        safety_identifier="user-1",
    )

    assert request.model == "seedance-2.0"
    assert [(r.role, r.name) for r in request.references] == [
        (Role.REFERENCE_IMAGE, "content[1].image_url"),
        (Role.REFERENCE_VIDEO, "content[2].video_url"),
        (Role.REFERENCE_AUDIO, "content[3].audio_url"),
    ]
    assert (request.resolution, request.aspect_ratio, request.duration_s) == (
        Resolution.P480,
        AspectRatio.CINEMA,
        7,
    )
    assert (request.seed, request.priority, request.expires_after_s) == (11, 4, 3600)
    assert (request.wants_audio, request.wants_last_frame, request.wants_watermark) == (False, True, True)
    assert request.echo == {"model": MODEL, "safety_identifier": "user-1"}


def test_nulls_are_as_good_as_nothing():
    nothing = dict.fromkeys(
        ("resolution", "ratio", "duration", "frames", "seed", "camera_fixed", "watermark", "service_tier", "tools")
    )

    assert drafted(**nothing) == drafted()


def test_one_picture_without_a_role_is_the_first_frame():
    assert accepted(text(), media("image", "a.png")).references[0].role is Role.FIRST_FRAME


def test_media_need_no_text():
    assert accepted(media("image", "a.png")).prompt == ""


@pytest.mark.parametrize("model", [MODEL, FAST, "dreamina-seedance-2-0-260128", "dreamina-seedance-2-0-fast-260128"])
def test_the_models_of_both_hosts_are_known(model):
    assert accepted(model=model).model.startswith("seedance-2.0")


def test_an_adaptive_ratio_follows_the_media():
    assert accepted(text(), media("video", "a.mp4"), ratio="adaptive").aspect_ratio is None
    assert accepted(ratio="adaptive").aspect_ratio is AspectRatio.WIDE


def test_a_seed_of_minus_one_is_any():
    assert accepted(seed=-1).seed == 7


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"frames": 121}, "frames"),
        ({"frames": 0}, "frames"),
        ({"draft": True}, "draft"),
        ({"tools": [{"type": "web_search"}]}, "tools"),
        ({"camera_fixed": True}, "camera_fixed"),
        ({"service_tier": "flex"}, "service_tier"),
        ({"service_tier": "fast"}, "service_tier"),
        ({"duration": 16}, "duration"),
        ({"ratio": "2:1"}, "ratio"),
        ({"resolution": "4k"}, "resolution"),
        ({"model": FAST, "resolution": "1080p"}, "resolution"),
        ({"model": EARLIER, "duration": 13}, "duration"),
        ({"model": "seedance-2.0"}, "model"),
        ({"seed": 2**32}, "seed"),
        ({"priority": 10}, "priority"),
        ({"execution_expires_after": 10}, "execution_expires_after"),
        ({"callback_url": "http://hook.test.org/"}, "callback_url"),
        ({"safety_identifier": "x" * 65}, "safety_identifier"),
        ({"content": []}, "content.text"),
        ({"content": [media("audio", "a.mp3")]}, "content"),
        ({"content": [text(), media("image", "a.png", "first_frame"), media("video", "b.mp4")]}, "content"),
        ({"content": [text(), media("image", "a.png", "hero")]}, "content[1].role"),
        ({"content": [text(), media("video", "a.mp4", "first_frame")]}, "content[1].role"),
        ({"content": [text()] + [media("image", "a.png", "reference_image")] * 10}, "content"),
        (
            {"content": [{"type": "video_url", "video_url": {"url": "data:video/mp4;base64,AA"}}]},
            "content[0].video_url",
        ),
    ],
)
def test_what_is_not_offered_is_refused_by_name(fields, param):
    with pytest.raises(InvalidRequest) as refused:
        accepted(**fields)

    assert refused.value.param == param


def test_the_earlier_model_takes_a_fixed_camera_and_the_tier_flex():
    request = accepted(model=EARLIER, camera_fixed=True, service_tier="flex", duration=12)

    assert request.has_fixed_camera
    assert request.is_flexible


def test_options_at_the_end_of_the_prompt_are_honoured():
    request = accepted(text("A fox -- at dusk. --rs 1080p --rt 9:16 --dur 6 --seed 42 --wm true"))

    assert request.prompt == "A fox -- at dusk."
    assert (request.resolution, request.aspect_ratio, request.duration_s) == (
        Resolution.P1080,
        AspectRatio.TALL,
        6,
    )
    assert (request.seed, request.wants_watermark) == (42, True)


@pytest.mark.parametrize("words", ["a fox --style noir", "a fox -dur 5", "--", "", "   ", "--dur", "dur 5"])
def test_what_is_no_option_stays_in_the_prompt(words):
    suffixed = take_suffixes(words)

    assert (suffixed.prompt, suffixed.options) == (words, {})


@pytest.mark.parametrize("words", ["a --dur five", "a --dur 5 --duration 5", "a --cf maybe", "a --seed 1.5"])
def test_an_option_that_cannot_be_read_is_refused(words):
    with pytest.raises(InvalidRequest):
        take_suffixes(words)


def test_an_option_that_contradicts_the_body_is_refused():
    with pytest.raises(InvalidRequest, match="send it once"):
        drafted(text("a fox --dur 5"), duration=6)


def test_a_million_blanks_are_read_at_once():
    assert take_suffixes(" " * 1_000_000).options == {}
