"""How a task becomes a request: sizes, lengths, roles, and a warning for all that has nowhere to go."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from seedbed.core.errors import EngineUnfit
from seedbed.core.sizes import SIZES, Size
from seedbed.engines.videos_api.options import Options
from seedbed.engines.videos_api.request import asked_size, compose


def order(task, flavour="vllm-omni", **options):
    return compose(task, Options.from_options({"base_url": "http://gpu", "flavour": flavour, **options}))


@pytest.mark.parametrize(
    ("canvas", "asked"),
    [
        ("1280x720", "1344x768"),
        ("864x496", "832x480"),
        ("1920x1080", "1344x768"),
        ("720x1280", "480x832"),
        ("640x640", "512x512"),
    ],
)
def test_of_the_sizes_that_are_taken_the_nearest_of_the_nearest_ratio_is_asked_for(canvas, asked):
    taken = tuple(Size(*map(int, size.split("x"))) for size in ("832x480", "1344x768", "480x832", "512x512"))

    assert str(asked_size(Size(*map(int, canvas.split("x"))), taken)) == asked


@pytest.mark.parametrize("size", SIZES.values(), ids=str)
def test_without_a_list_the_very_size_is_asked_for(size):
    assert asked_size(size, ()) == size


def test_the_shortest_length_that_is_enough_is_asked_for_and_none_is_unfit(task):
    assert order(task(duration_s=5), "openai", seconds=[4, 8, 12]).body["seconds"] == "8"
    with pytest.raises(EngineUnfit, match="no more than 8 s; 10 s"):
        order(task(duration_s=10), "openai", seconds=[4, 8])


def test_frames_at_the_models_own_rate_last_as_long_as_the_canvas(task):
    body = order(task(duration_s=5), fps=16, frames="4n+1").body

    assert (body["fps"], body["num_frames"]) == (16, 81)
    assert order(task(duration_s=5)).body["num_frames"] == 121


def test_a_model_is_named_only_to_servers_that_must_choose_one(task):
    assert "model" not in order(task()).body
    assert order(task(), model="wan").body["model"] == "wan"
    assert order(task(), model={"fox-1": "a", "owl-1": "b"}).body["model"] == "a"
    assert order(task(), "seedbed").body["model"] == "fox-1"


def test_what_the_operator_adds_is_sent_as_it_stands_and_objects_are_added_to(task):
    extra = {"quality": "high", "extra_params": {"preencode_mp4": True, "duration": 8.7}, "seed": 1}

    body = order(task(), "vllm-omni-h3", extra=extra).body

    assert (body["quality"], body["seed"]) == ("high", 1)
    assert body["extra_params"] == {"task": "t2va", "duration": 8.7, "preencode_mp4": True}


def test_an_h3_canvas_follows_the_ratio_unless_sizes_are_listed(task):
    sizes = ["864x480", "480x864"]

    assert (order(task(), "vllm-omni-h3").body["aspect_ratio"], "width" in order(task(), "vllm-omni-h3").body) == (
        "16:9",
        False,
    )
    assert order(task(), "vllm-omni-h3", sizes=sizes).body["width"] == 864
    assert order(task(), "sglang-h3", sizes=sizes).body["target"]["short_edge"] == 480
    assert order(task("first_frame"), "sglang-h3").body["target"]["aspect_ratio"] == "auto"


@pytest.mark.parametrize(
    ("flavour", "roles", "kind", "warned"),
    [
        ("vllm-omni-h3", [], "t2va", 0),
        ("vllm-omni-h3", ["first_frame"], "fl2va", 0),
        ("vllm-omni-h3", ["reference_image", "reference_video"], "ref2va", 0),
        ("vllm-omni-h3", ["first_frame", "reference_audio"], "ref2va", 1),
        ("vllm-omni-h3", ["reference_audio"], "t2va", 1),
        ("sglang-h3", ["reference_audio", "last_frame"], "ref2va", 0),
        ("sglang-h3", ["last_frame"], "fl2va", 0),
    ],
)
def test_the_task_of_h3_follows_from_what_goes_along(task, flavour, roles, kind, warned):
    made = order(task(*roles), flavour)

    assert made.body.get("task", made.body.get("extra_params", {}).get("task")) == kind
    assert len(made.warnings) == warned


def test_where_frames_and_references_exclude_each_other_a_frame_becomes_a_reference_and_says_so(task):
    made = order(task("first_frame", "reference_video"), "vllm-omni-h3")

    assert [file for _, file, _ in made.placed.files] == ["reference1.png", "reference2.mp4"]
    assert "frame_indices" not in made.body["extra_params"]
    assert made.warnings == ("mediaUrls[0] was used as a reference: the server takes frames or references, not both.",)


def test_a_last_frame_without_a_first_one_is_left_out_where_it_would_become_the_first(task):
    made = order(task("last_frame"), "fastvideo")

    assert "image_reference" not in made.body
    assert "mediaUrls[0] was left out" in made.warnings[0]


def test_more_of_a_kind_than_the_server_takes_are_named(task):
    made = order(task("first_frame", "reference_video", "reference_video"))

    assert "image_reference" in made.body
    assert made.warnings == ("mediaUrls[2] was left out: the server of this model takes no more than 1 of the videos.",)


def test_a_picture_with_a_sound_goes_typed_because_a_sound_is_never_a_file(task):
    made = order(task("first_frame", "reference_audio"))

    assert not made.placed.files
    assert made.body["audio_reference"]["audio_url"].startswith("data:audio/mpeg;base64,")
    assert made.body["image_reference"]["image_url"].startswith("data:image/png;base64,")


def test_an_address_goes_where_there_is_one_and_an_upload_as_data(task):
    wanted = task("first_frame")
    upload = replace(wanted, references=(replace(wanted.references[0], url=None),))

    public, private = (order(one, "openai", references_as="url") for one in (wanted, upload))

    assert public.body["input_reference"] == {"image_url": "https://media.example/0/picture.png?token=secret"}
    assert private.body["input_reference"]["image_url"].startswith("data:image/png;base64,")
    assert not public.is_form  # an object cannot stand in its form


def test_a_form_is_one_even_without_a_file_and_can_be_sent_twice(task):
    made = order(task("first_frame"))

    assert made.http() == made.http()
    assert all(part[1][0] is None for part in order(task()).http()["files"])
    json.dumps(made.sent)


POINTING = "[이미지2] walks like @Video1"


@pytest.mark.parametrize(
    ("flavour", "options", "prompt"),
    [
        ("vllm-omni-h3", {}, "<Picture 2> walks like <Video 1>"),
        ("sglang-h3", {}, "<Picture 2> walks like <Video 1>"),
        ("seedbed", {}, POINTING),
        ("vllm-omni-h3", {"prompt_form": "plain"}, "image 2 walks like video 1"),
        ("vllm-omni-h3", {"roles": ["reference_image"]}, "<Picture 2> walks like"),
    ],
)
def test_a_model_is_told_which_reference_is_meant_in_its_own_form(task, flavour, options, prompt):
    wanted = replace(task("reference_image", "reference_image", "reference_video"), prompt=POINTING)

    assert order(wanted, flavour, **options).body["prompt"].strip() == prompt


def test_a_familys_negative_prompt_goes_along_unless_the_request_has_its_own(task):
    plain, own = task(), task(options={"negative_prompt": "people"})

    assert order(plain, prompt_form="wan").body["negative_prompt"].startswith("色调艳丽")
    assert order(own, prompt_form="wan").body["negative_prompt"] == "people"
    assert "negative_prompt" not in order(plain).body
