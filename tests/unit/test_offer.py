"""A dialect narrows the core's superset and speaks of its fields by its own names."""

import pytest

from seedbed.core.errors import InvalidRequest
from seedbed.core.models import MODELS, Model
from seedbed.core.offer import NATIVE, FieldNames, Offer
from seedbed.core.references import Kind
from seedbed.core.request import Draft, DraftReference, Rules, accept
from seedbed.core.sizes import AspectRatio, Resolution

OTHER = Offer(
    models={
        "model-of-theirs": Model("seedance-2.0", "", "", (6, 7), tuple(AspectRatio), (Resolution.P480, Resolution.P720))
    },
    names=FieldNames(aspect_ratio="ratio", duration="seconds", references="content", webhook_url="callback_url"),
    max_references=4,
    max_of_kind={Kind.VIDEO: 1},
    needs_prompt=False,
    fits_videos=True,
)
PICTURE, CLIP = "https://media.test.org/a.jpg", "https://media.test.org/a.mp4"


def ordered(**changes):
    draft = Draft(**{"model": "model-of-theirs", "prompt": "A fox.", "duration_s": 6} | changes)
    return accept(draft, rules=Rules(), chosen_seed=7, offer=OTHER).request


def test_an_offer_has_ids_and_ratios_of_its_own_for_the_same_models():
    request = ordered(aspect_ratio="21:9")

    assert request.model == "seedance-2.0"
    assert request.aspect_ratio is AspectRatio.CINEMA


def test_the_native_offer_has_three_ratios():
    with pytest.raises(InvalidRequest, match="aspectRatio must be one of 16:9, 9:16, 1:1; got '21:9'") as refused:
        accept(Draft(model="seedance-2.0", prompt="A fox.", aspect_ratio="21:9"), rules=Rules(), chosen_seed=7)

    assert refused.value.param == "aspectRatio"
    assert dict(NATIVE.models) == MODELS


@pytest.mark.parametrize(
    ("changes", "param", "said"),
    [
        ({"duration_s": 8}, "seconds", "seconds must be 6 to 7 seconds for model-of-theirs; got 8."),
        ({"resolution": "1080p"}, "resolution", "resolution must be one of 480p, 720p; got '1080p'."),
        ({"aspect_ratio": "2:1"}, "ratio", "ratio must be one of"),
        ({"webhook_url": "http://hook.test.org/"}, "callback_url", "callback_url: "),
        ({"model": "seedance-2.0"}, "model", "use one of model-of-theirs."),
        ({"prompt": ""}, "prompt", "prompt must have 1 to"),
        ({"references": [DraftReference(CLIP)] * 2}, "content", "content may hold 1 videos; it has 2."),
        ({"references": [DraftReference(PICTURE)] * 5}, "content", "content must hold 1 to 4 URLs; it has 5."),
        (
            {"references": [DraftReference(PICTURE, role="hero", name="content[3]")]},
            "content[3].role",
            "content[3].role must be one of",
        ),
    ],
)
def test_a_refusal_speaks_of_the_fields_of_its_dialect(changes, param, said):
    with pytest.raises(InvalidRequest) as refused:
        ordered(**changes)

    assert refused.value.param == param
    assert said in str(refused.value)


def test_where_the_offer_says_so_media_need_no_prompt():
    assert ordered(prompt="  ", references=[DraftReference(PICTURE)]).prompt == ""


def test_a_reference_is_called_what_its_sender_called_it():
    request = ordered(references=[DraftReference(PICTURE, name="content[1]"), DraftReference(CLIP)])

    assert [reference.name for reference in request.references] == ["content[1]", "content[1]"]


def test_where_the_offer_says_so_a_video_leaves_the_ratio_open():
    assert ordered(references=[DraftReference(CLIP)]).aspect_ratio is None
    assert ordered().aspect_ratio is AspectRatio.WIDE
