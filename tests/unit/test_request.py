"""Which requests are accepted, what their defaults are, and what is said about the others."""

from ipaddress import ip_network

import pytest

from seedbed.core.errors import InvalidRequest
from seedbed.core.references import Role
from seedbed.core.request import Draft, DraftReference, Rules, accept
from seedbed.core.sizes import AspectRatio, Resolution

PUBLIC = Rules()
SAMPLES = Rules(has_samples=True)


def draft(**changes):
    return Draft(**{"model": "seedance-2.0", "prompt": "a lake at dawn"} | changes)


def images(*urls):
    return [DraftReference(url) for url in urls]


def accepted(rules=PUBLIC, **changes):
    return accept(draft(**changes), rules=rules, chosen_seed=7)


def refusal(rules=PUBLIC, **changes):
    with pytest.raises(InvalidRequest) as caught:
        accepted(rules, **changes)
    return caught.value


def test_defaults_are_the_documented_ones():
    request = accepted().request

    assert (request.duration_s, request.resolution, request.aspect_ratio) == (5, Resolution.P720, AspectRatio.WIDE)
    assert (request.wants_audio, request.wants_last_frame, request.priority) == (True, False, 0)
    assert (request.seed, request.expires_after_s) == (7, 172_800)


def test_with_a_picture_the_aspect_ratio_is_left_to_the_picture():
    assert accepted(references=images("https://cdn.seedbed.dev/a.jpg")).request.aspect_ratio is None


def test_a_video_alone_says_nothing_about_the_aspect_ratio():
    request = accepted(references=images("https://cdn.seedbed.dev/a.mp4")).request

    assert request.aspect_ratio is AspectRatio.WIDE


def test_a_prompt_is_trimmed_and_kept_otherwise():
    assert accepted(prompt="  안개 낀 호수 🏞️ \n").request.prompt == "안개 낀 호수 🏞️"


@pytest.mark.parametrize(
    ("changes", "param", "says"),
    [
        ({"model": "sora-2"}, "model", "seedance-2.0, seedance-2.0-fast, seedance-1.5-pro"),
        ({"prompt": ""}, "prompt", "1 to 5000"),
        ({"prompt": " \n\t "}, "prompt", "it has 0"),
        ({"prompt": "x" * 5001}, "prompt", "it has 5001"),
        ({"prompt": "a\x00b"}, "prompt", "NUL"),
        ({"prompt": "a\ud800b"}, "prompt", "surrogate"),
        ({"duration_s": 3}, "duration", "4 to 15"),
        ({"duration_s": 16}, "duration", "4 to 15"),
        ({"duration_s": 7, "model": "seedance-1.5-pro"}, "duration", "5 or 10"),
        ({"aspect_ratio": "4:3"}, "aspectRatio", "16:9, 9:16, 1:1"),
        ({"resolution": "2k"}, "resolution", "480p, 720p, 1080p"),
        ({"seed": -1}, "seed", "0 to 4294967295"),
        ({"seed": 2**32}, "seed", "0 to 4294967295"),
        ({"priority": 10}, "priority", "0 to 9"),
        ({"expires_after_s": 3599}, "expiresAfter", "3600 to 259200"),
        ({"expires_after_s": 259_201}, "expiresAfter", "3600 to 259200"),
        ({"metadata": {"k": "x" * 16_384}}, "metadata", "16384 bytes"),
        ({"metadata": {"k": "\x00"}}, "metadata", "NUL"),
        ({"references": []}, "mediaUrls", "leave it out"),
        ({"references": images(*["https://cdn.seedbed.dev/a.jpg"] * 6)}, "mediaUrls", "it has 6"),
        ({"references": images("http://cdn.seedbed.dev/a.jpg")}, "mediaUrls[0]", "https"),
        ({"references": images("https://cdn.seedbed.dev/a.jpg", "ftp://x.org/a.jpg")}, "mediaUrls[1]", "https"),
        ({"references": images("https://127.0.0.1/a.jpg")}, "mediaUrls[0]", "public"),
        ({"references": [DraftReference("https://a.org/a.jpg", "poster")]}, "mediaUrls[0].role", "first_frame"),
        ({"webhook_url": "https://10.0.0.1/hook"}, "webhookUrl", "public"),
        ({"webhook_url": "file:///etc/passwd"}, "webhookUrl", "https"),
    ],
)
def test_a_wrong_value_is_refused_by_name_and_says_what_is_right(changes, param, says):
    refused = refusal(**changes)

    assert refused.param == param
    assert says in str(refused)


@pytest.mark.parametrize("prompt", ["x", "x" * 5000, "\U0001f600\U00020000\U0010fffd"])
def test_prompts_at_the_limits_and_of_all_planes_are_accepted(prompt):
    assert accepted(prompt=prompt).request.prompt == prompt


def test_one_picture_is_the_first_frame_and_two_are_first_and_last():
    one = accepted(references=images("https://a.org/1.png")).request
    two = accepted(references=images("https://a.org/1.png", "https://a.org/2.webp")).request

    assert [r.role for r in one.references] == [Role.FIRST_FRAME]
    assert [r.role for r in two.references] == [Role.FIRST_FRAME, Role.LAST_FRAME]


def test_any_other_mix_is_references_in_order():
    urls = images("https://a.org/1.png", "https://a.org/2.mp4", "https://a.org/3.mp3?x=.jpg")

    roles = [r.role for r in accepted(references=urls).request.references]

    assert roles == [Role.REFERENCE_IMAGE, Role.REFERENCE_VIDEO, Role.REFERENCE_AUDIO]


def test_the_prompt_may_turn_two_pictures_round():
    request = accepted(
        prompt="@Image2 as the first frame", references=images("https://a.org/1.png", "https://a.org/2.png")
    ).request

    assert [r.role for r in request.references] == [Role.LAST_FRAME, Role.FIRST_FRAME]


def test_explicit_roles_win_over_the_prompt():
    given = [DraftReference("https://a.org/1.png", "last_frame"), DraftReference("https://a.org/2.png", "first_frame")]

    request = accepted(prompt="@Image1 as the first frame", references=given).request

    assert [r.role for r in request.references] == [Role.LAST_FRAME, Role.FIRST_FRAME]


def test_a_reference_keeps_the_name_that_its_sender_gave_it():
    given = [DraftReference("https://a.org/1.png", "first_frame")]

    request = accepted(references=given, references_field="references").request

    assert request.references[0].name == "references[0]"


def test_two_first_frames_are_refused():
    refused = refusal(references=[DraftReference(f"https://a.org/{i}.png", "first_frame") for i in range(2)])

    assert "first_frame" in str(refused)


def test_a_pointer_to_nothing_is_a_warning():
    warnings = accepted(prompt="like @Video1").warnings

    assert len(warnings) == 1
    assert "@Video1" in warnings[0]


def test_a_reserved_host_stands_for_a_sample_only_where_the_setting_allows_it():
    with_samples = accepted(SAMPLES, references=images("https://example.com/first.png"))
    without = accepted(PUBLIC, references=images("https://example.com/first.png"))

    assert "sample photograph" in with_samples.warnings[0]
    assert without.warnings == ()


@pytest.mark.parametrize("url", ["https://your-app.com/webhooks/seedance", "https://hooks.example.com/x"])
def test_a_placeholder_webhook_is_not_kept_and_the_answer_says_so(url):
    with_samples = accepted(SAMPLES, webhook_url=url)
    without = accepted(PUBLIC, webhook_url=url)

    assert with_samples.request.webhook_url is None
    assert "nothing will be sent" in with_samples.warnings[0]
    assert without.request.webhook_url == url


def test_an_opened_network_may_be_used_also_by_http():
    rules = Rules(opened=(ip_network("127.0.0.0/8"),))

    request = accepted(rules, references=images("http://127.0.0.1:9000/a.jpg")).request

    assert request.references[0].url == "http://127.0.0.1:9000/a.jpg"
