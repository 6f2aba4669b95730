"""The operator's table: what is wrong in it is said by name, and what the engine then says of itself."""

from __future__ import annotations

import pytest

from seedbed.core.errors import NotReady
from seedbed.core.references import Kind, Role
from seedbed.engines.videos_api.engine import VideosApi
from seedbed.engines.videos_api.flavours import FLAVOURS
from seedbed.engines.videos_api.options import Options

RIGHT = {"base_url": "http://gpu-1:8091", "flavour": "vllm-omni"}


@pytest.mark.parametrize(
    ("changed", "name", "right"),
    [
        ({"base_url": None}, "base_url", "give it as a text"),
        ({"base_url": "gpu-1:8091"}, "base_url", "must be a URL such as"),
        ({"base_url": "ftp://gpu-1"}, "base_url", "must be a URL such as"),
        ({"base_url": "http://user:word@gpu-1"}, "base_url", "must be a URL such as"),
        ({"base_url": "http://gpu-1:99999"}, "base_url", "must be a URL such as"),
        ({"base_url": "http://gpu-1/v1?x=1"}, "base_url", "must be a URL such as"),
        ({"flavour": "sora"}, "flavour", "vllm-omni, "),
        ({"flavour": ["openai"]}, "flavour", "vllm-omni, "),
        ({"key": ""}, "key", "text"),
        ({"key": "sk\n-1"}, "key", "one line"),
        ({"model": 5}, "model", "text"),
        ({"model": {"a": 5}}, "model", "table such as"),
        ({"sizes": "1280x720"}, "sizes", "list"),
        ({"sizes": ["1280*720"]}, "sizes", '"1280x720"'),
        ({"seconds": ["5"]}, "seconds", "[4, 8, 12]"),
        ({"fps": True}, "fps", "1 to 120"),
        ({"frames": "8n-1"}, "frames", "8n+1"),
        ({"roles": ["last_frame"]}, "roles", "first_frame, reference_video"),
        ({"references_as": "pigeon"}, "references_as", "file, url, data"),
        ({"makes_audio": "yes"}, "makes_audio", "true or false"),
        ({"time_limit_s": 0}, "time_limit_s", "number from 1 to"),
        ({"max_result_bytes": 1.5}, "max_result_bytes", "whole number from 1"),
        ({"open_networks": ["10.0.0.0/33"]}, "open_networks", "no network"),
        ({"open_networks": [5]}, "open_networks", "10.0.0.0/8"),
        ({"extra": []}, "extra", "table"),
        ({"loras": {"film": 5}}, "loras", "table such as"),
        ({"speed": 5}, "speed", "the options are base_url, flavour, key"),
    ],
)
def test_a_wrong_option_is_named_with_what_would_be_right(changed, name, right):
    with pytest.raises(NotReady) as caught:
        VideosApi(RIGHT | changed)

    said = str(caught.value)
    assert said.startswith(f"engines.videos_api: {name} ")
    assert right in said
    assert "word" not in said


@pytest.mark.parametrize(
    "address", ["http://gpu-1/api", "http://gpu-1/api/", "http://gpu-1/api/v1", "http://gpu-1/api/v1/"]
)
def test_the_address_may_be_written_with_or_without_its_version(address):
    assert Options.from_options(RIGHT | {"base_url": address}).base_url == "http://gpu-1/api"


def test_the_key_is_in_no_representation():
    assert "sk-1" not in repr(Options.from_options(RIGHT | {"key": "sk-1"}))


@pytest.mark.parametrize("flavour", sorted(FLAVOURS))
def test_it_says_of_itself_what_its_flavour_can_do(flavour):
    says = VideosApi(RIGHT | {"flavour": flavour}).describe()

    assert says.roles == FLAVOURS[flavour].roles
    assert says.is_remote
    assert says.repeats_by_seed == (flavour not in ("openai", "litellm"))
    assert 5 <= says.grace_s <= 20
    assert says.time_limit_s > 3600


def test_what_the_operator_knows_of_the_model_narrows_it():
    table = RIGHT | {"roles": [], "seconds": [8, 4], "makes_audio": True, "description": "Ours.", "time_limit_s": 60}

    says = VideosApi(table).describe()

    assert (says.roles, says.max_duration_s, says.makes_audio) == (frozenset(), 8, True)
    assert says.max_of_kind == dict.fromkeys(Kind, 0)
    assert says.description == "Ours."
    assert says.time_limit_s < 1000


def test_where_orders_are_billed_is_the_operators_to_say():
    assert [name for name in FLAVOURS if Options.from_options(RIGHT | {"flavour": name}).bills] == [
        "openai",
        "seedbed",
        "litellm",
    ]
    assert not Options.from_options(RIGHT | {"flavour": "openai", "bills": False}).bills


def test_every_role_that_a_flavour_carries_has_room():
    for name, flavour in FLAVOURS.items():
        assert all(flavour.most_of.get(role.kind, 0) > 0 for role in flavour.roles), name
        assert Role.FIRST_FRAME in flavour.roles
