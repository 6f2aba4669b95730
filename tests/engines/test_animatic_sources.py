"""What each of up to five references is used for, and what is said of one that is left over."""

import numpy as np
import pytest
from animatic_scenes import reference, save, task

from seedbed.core.errors import MediaFailure
from seedbed.core.references import Role
from seedbed.engines.animatic.sources import cast, choose_sources

F, L, P, V, A = Role.FIRST_FRAME, Role.LAST_FRAME, Role.REFERENCE_IMAGE, Role.REFERENCE_VIDEO, Role.REFERENCE_AUDIO


def parts(*roles):
    """Cast references of these roles; say each part as the places of its references."""
    sent = tuple(reference(f"{n}", role, n, role.kind) for n, role in enumerate(roles))
    made = cast(sent)

    def places(value):
        many = value if isinstance(value, tuple) else (value,)
        return [sent.index(each) for each in many if each is not None]

    names = ("first", "last", "style", "footage", "sound", "left_over")
    return {name: found for name in names if (found := places(getattr(made, name)))}


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ((), {}),
        ((F,), {"first": [0]}),
        ((F, L), {"first": [0], "last": [1]}),
        ((L,), {"last": [0]}),
        ((P,), {"first": [0]}),
        ((P, P, P), {"first": [0], "style": [1, 2]}),
        ((P, F), {"first": [1], "style": [0]}),
        ((L, P), {"last": [0], "first": [1]}),
        ((V,), {"first": [0], "footage": [0]}),
        ((V, L), {"last": [1], "footage": [0]}),
        ((V, P), {"first": [1], "footage": [0]}),
        ((A,), {"sound": [0]}),
        ((A, V, P, P, L), {"sound": [0], "footage": [1], "first": [2], "style": [3], "last": [4]}),
        ((F, F, L, L), {"first": [0], "last": [2], "left_over": [1, 3]}),
        ((V, V, A, A, P), {"footage": [0], "sound": [2], "first": [4], "left_over": [1, 3]}),
    ],
)
def test_every_reference_has_its_part(roles, expected):
    assert parts(*roles) == expected


def test_only_what_is_left_over_is_warned_of(tmp_path):
    picture, other = (np.full((300, 400, 3), shade, np.uint8) for shade in (90, 160))
    sent = [
        reference(save(tmp_path, picture, "a.png"), F, 0),
        reference(save(tmp_path, other, "b.png"), F, 1),
        reference(save(tmp_path, other, "c.png"), P, 2),
        reference("unopened.mp4", V, 3, V.kind),
        reference("unopened.wav", A, 4, A.kind),
    ]
    sources = choose_sources(task("", *sent))

    assert sources.warnings == ("mediaUrls[1]: a clip has only one first frame; this one was not used",)
    assert sources.first.mean() == 90
    assert [style.mean() for style in sources.style] == [160]
    assert (sources.footage.name, sources.sound.name) == ("mediaUrls[3]", "mediaUrls[4]")


def test_a_broken_style_picture_is_named_by_its_place(tmp_path):
    good = save(tmp_path, np.zeros((300, 300, 3), np.uint8))
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\nnothing")

    with pytest.raises(MediaFailure) as failure:
        choose_sources(task("", reference(good, F), reference(bad, P, 4)))
    assert failure.value.name == "mediaUrls[4]"
