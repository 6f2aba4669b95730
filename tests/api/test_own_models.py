"""A model of the operator's own in every dialect: published, judged, priced and routed like a documented one."""

from __future__ import annotations

import json

import pytest
from arks import TASKS, get_task, media, new_task, post_task
from customers import GENERATIONS, ROOT, order
from openais import VIDEOS, error_of, get_video, job_id_of, new_video, post_form, post_video

from seedbed.actions.claim import claim
from seedbed.actions.finish import finish
from seedbed.actions.note import note
from seedbed.configuration import load_deployment
from seedbed.core.errors import UpstreamFailed
from seedbed.core.keys import Mode
from seedbed.store import jobs, workers

OWN = "studio-wan"
PICTURE = "https://cdn.pictures.dev/a.jpg"
TOML = """
[engines.studio]
kind = "videos_api"
base_url = "http://gpu:8091/v1"

[engines.attic]
kind = "comfyui"

[models."studio-wan"]
name = "The studio's Wan"
description = "On our own cards."
durations = [3, 8]
resolutions = ["480p"]
aspect_ratios = ["9:16", "21:9"]
roles = ["first_frame", "reference_image"]
max_references = 1
price = { "480p" = "1.5" }
chain = [
  { engine = "studio", modes = ["text_to_video", "first_frame"], max_duration = 3 },
  { engine = "attic", modes = ["text_to_video"], aspect_ratios = ["9:16"] },
]

[models."studio-wan".engine_options]
steps = { kind = "integer", description = "More are finer.", least = 1, most = 60, default = 30 }
guidance = { kind = "number", least = 0, most = 20 }
tiling = { kind = "boolean" }
negative_prompt = { kind = "text", most = 40 }
sampler = { kind = "choice", choices = ["euler", "unipc"], default = "euler" }
loras = { kind = "loras", choices = ["film", "ink"], most = 2 }
"""
DEFAULTS = {"steps": 30, "sampler": "euler"}
# Each is the end of a message that a customer of any dialect must be able to act on.
WRONG_OPTIONS = [
    ({"steps": "4"}, "steps", "a whole number of at least 1 and at most 60"),
    ({"steps": 61}, "steps", "at most 60"),
    ({"steps": True}, "steps", "a whole number"),
    ({"guidance": -1}, "guidance", "a number of at least 0 and at most 20"),
    ({"tiling": 1}, "tiling", "true or false"),
    ({"negative_prompt": "x" * 41}, "negative_prompt", "at most 40"),
    ({"sampler": "ddim"}, "sampler", "one of euler, unipc"),
    ({"loras": [{"name": "oil"}]}, "loras", "film, ink"),
    ({"cfg": 1}, "", "takes steps, guidance, tiling, negative_prompt, sampler, loras"),
]


@pytest.fixture
def deployment(settings):
    (settings.home / "seedbed.toml").write_text(TOML)
    return load_deployment(settings)


@pytest.fixture
async def ada(enrol, serve, deployment):
    return await enrol(client=serve(deployment=deployment))


@pytest.fixture
async def tester(enrol, ada):
    return await enrol(client=ada.http, mode=Mode.TEST, account_id=ada.account_id)


def own(**fields) -> dict:
    return order(**{"model": OWN, "duration": 3, "resolution": ..., **fields})


async def made(customer, **fields) -> str:
    answer = await customer.post(GENERATIONS, json=own(**fields))
    assert answer.status_code == 200, answer.text
    return answer.json()["requestId"]


async def stored(customer, job_id):
    async with customer.pool.connection() as conn:
        return await jobs.find(conn, job_id)


async def refused(customer, **fields) -> tuple[int, str, str]:
    """Order by the native dialect, and return the status, the param and the message of the refusal."""
    answer = await customer.post(GENERATIONS, json=own(**fields))
    error = answer.json()["error"]
    return answer.status_code, error.get("param"), error["message"]


async def published(customer) -> dict:
    [model] = [each for each in (await customer.http.get(f"{ROOT}/models")).json()["data"] if each["id"] == OWN]
    return model


async def test_models_publishes_all_that_the_operator_has_said(ada):
    model = await published(ada)

    assert (model["name"], model["description"]) == ("The studio's Wan", "On our own cards.")
    assert (model["durations"], model["resolutions"], model["aspectRatios"]) == ([3, 8], ["480p"], ["9:16", "21:9"])
    assert model["sizes"] == {"480p": {"9:16": "496x864", "21:9": "992x432"}}
    assert (model["references"]["max"], model["references"]["roles"]) == (1, ["first_frame", "reference_image"])
    assert model["pricing"] == {"unit": "credits", "perSecond": {"480p": 1.5}, "mediaFactor": 1.6}
    options = model["engineOptions"]["properties"]
    assert list(options) == ["steps", "guidance", "tiling", "negative_prompt", "sampler", "loras"]
    assert options["steps"] == {
        "type": "integer", "minimum": 1, "maximum": 60, "description": "More are finer.", "default": 30,
    }  # fmt: skip


async def test_models_publishes_the_modes_that_the_chain_does_with_the_models_own_references(ada):
    documented = (await ada.http.get(f"{ROOT}/models")).json()["data"][0]

    # No engine of its chain takes references, and the model has no role for a last frame.
    assert (await published(ada))["modes"] == ["text_to_video", "first_frame"]
    assert documented["modes"] == ["text_to_video", "first_frame", "first_and_last_frame", "reference"]
    assert "engineOptions" not in documented


async def test_models_names_the_engines_that_are_at_work_in_the_order_of_the_chain(ada, no_workers):
    assert (await published(ada))["engine"] is None

    async with ada.pool.connection() as conn:
        await workers.heartbeat(conn, "w2", ["attic"], {}, None)
        one = (await published(ada))["engine"]
        await workers.heartbeat(conn, "w1", ["studio"], {}, None)

    assert (one, (await published(ada))["engine"]) == ("attic", "studio, attic")


async def test_what_an_order_leaves_out_is_what_the_model_offers(ada):
    job = await stored(ada, await made(ada, duration=...))

    assert (job.request.duration_s, job.request.resolution, job.request.aspect_ratio) == (3, "480p", "9:16")
    assert job.request.engine_options == DEFAULTS
    assert [(leg.engine, leg.pool) for leg in job.route] == [("studio", "studio"), ("attic", "attic")]


@pytest.mark.parametrize(
    ("fields", "price"),
    [({}, 5), ({"duration": 8, "aspectRatio": "9:16"}, 12), ({"mediaUrls": [PICTURE]}, 8)],
)
async def test_an_estimate_and_the_charge_are_by_its_own_price(ada, fields, price):
    estimate = (await ada.post(f"{ROOT}/video/estimate", json=own(**fields))).json()

    job = await stored(ada, await made(ada, **fields))

    assert (estimate["credits"], job.charged_credits) == (price, price)
    assert await ada.credits() == (1000 - price, price)


async def test_its_generations_can_be_listed_by_its_id(ada):
    mine = await made(ada)
    await ada.new_job()

    listed = await ada.get(GENERATIONS, params={"model": OWN})

    assert [each["requestId"] for each in listed.json()["data"]] == [mine]


async def test_a_rerun_keeps_its_options_and_may_change_them(ada):
    first = await made(ada, engineOptions={"guidance": 7.5, "loras": [{"name": "ink", "weight": 0.5}]})
    path = f"{GENERATIONS}/{first}/rerun"

    same, other, wrong = [
        await ada.post(path, json=changes)
        for changes in ({}, {"engineOptions": {"steps": 4}}, {"model": "seedance-2.0"})
    ]

    kept = (await stored(ada, same.json()["requestId"])).request.engine_options
    assert kept == DEFAULTS | {"guidance": 7.5, "loras": [{"name": "ink", "weight": 0.5}]}
    assert (await stored(ada, other.json()["requestId"])).request.engine_options == DEFAULTS | {"steps": 4}
    assert (wrong.status_code, wrong.json()["error"]["param"]) == (400, "duration")


async def test_options_of_every_kind_are_kept_with_the_job_as_they_were_sent(ada):
    wanted = {
        "steps": 8,
        "guidance": 2.5,
        "tiling": False,
        "negative_prompt": "번진 글자",
        "sampler": "unipc",
        "loras": [{"name": "film", "weight": 0.8}, {"name": "ink"}],
    }

    by_native = await stored(ada, await made(ada, engineOptions=wanted))
    by_openai = await stored(ada, job_id_of(await new_video(ada, model=OWN, engine_options=wanted)))
    form = await post_form(ada, model=OWN, engine_options=json.dumps(wanted))
    by_form = await stored(ada, job_id_of(form.json()["id"]))

    assert [job.request.engine_options for job in (by_native, by_openai, by_form)] == [wanted] * 3


@pytest.mark.parametrize(("options", "name", "right"), WRONG_OPTIONS)
async def test_an_option_that_is_wrong_is_refused_by_name_with_what_would_be_right(ada, options, name, right):
    status, param, message = await refused(ada, engineOptions=options)
    by_openai = await post_video(ada, model=OWN, engine_options=options)

    assert (status, param) == (400, f"engineOptions.{name}".rstrip("."))
    assert right in message
    assert error_of(by_openai) == (400, "invalid_request_error", f"engine_options.{name}".rstrip("."))
    assert right in by_openai.json()["error"]["message"]
    assert await ada.jobs() == 0


async def test_a_model_without_options_takes_none(ada):
    answer = await ada.submit(engineOptions={"steps": 4})
    by_openai = await post_video(ada, engine_options={"steps": 4})

    assert answer.json()["error"]["message"] == (
        "engineOptions.steps is no option of seedance-2.0; it takes none."
    )  # fmt: skip
    assert by_openai.json()["error"]["message"].startswith("engine_options.steps is no option of seedance-2.0")


@pytest.mark.parametrize("text", ["steps", "[1]", '{"steps": NaN}', "{" * 5000, ""])
async def test_options_in_a_form_are_a_json_object_or_refused_by_name(ada, text):
    assert error_of(await post_form(ada, model=OWN, engine_options=text))[::2] == (400, "engine_options")


@pytest.mark.parametrize(
    ("fields", "param", "words"),
    [
        ({"duration": 5}, "duration", "3 or 8 seconds for studio-wan; got 5"),
        ({"resolution": "720p"}, "resolution", "must be one of 480p; got '720p'"),
        ({"aspectRatio": "16:9"}, "aspectRatio", "must be one of 9:16, 21:9; got '16:9'"),
        ({"mediaUrls": [PICTURE] * 2}, "mediaUrls", "at most 1 references"),
        ({"mediaUrls": ["https://cdn.pictures.dev/a.mp4"]}, "mediaUrls", "takes no reference_video; it takes"),
    ],
)
async def test_what_the_model_does_not_do_is_refused_with_what_it_does(ada, fields, param, words):
    status, named, message = await refused(ada, **fields)

    assert (status, named) == (400, param)
    assert words in message


# Three seconds are too many for nobody, eight for the studio; 21:9 is nothing for the attic.
NOBODY = ("studio makes no more than 3 s", "attic makes 9:16 only")


async def test_a_request_that_no_engine_takes_is_refused_with_every_engines_objection_in_every_dialect(ada):
    native = await refused(ada, duration=8, aspectRatio="21:9")
    estimate = await ada.post(f"{ROOT}/video/estimate", json=own(duration=8, aspectRatio="21:9"))
    ark = await post_task(ada, model=OWN, duration=8, ratio="21:9")
    openai = await post_video(ada, model=OWN, seconds="8", size="992x432")

    assert native[:2] == (400, "model")
    assert (ark.status_code, ark.json()["error"]["code"]) == (400, "InvalidParameter.model")
    assert error_of(openai) == (400, "invalid_request_error", "model")
    for message in (native[2], *(each.json()["error"]["message"] for each in (estimate, ark, openai))):
        assert all(words in message for words in NOBODY), message
    assert await ada.jobs() == 0
    assert await ada.credits() == (1000, 0)


async def test_a_request_goes_only_to_the_engines_that_take_it(ada):
    long = await stored(ada, await made(ada, duration=8))
    begins = await stored(ada, await made(ada, mediaUrls=[PICTURE]))
    wide = await stored(ada, await made(ada, aspectRatio="21:9"))

    assert [leg.engine for leg in long.route] == ["attic"]
    assert long.pool == "attic"
    assert [leg.engine for leg in begins.route] == [leg.engine for leg in wide.route] == ["studio"]


async def test_an_ark_task_has_it_under_its_own_id(ada):
    task_id = await new_task(ada, model=OWN)
    await new_task(ada)

    task = await get_task(ada, task_id)

    assert (task["model"], task["resolution"], task["ratio"], task["duration"]) == (OWN, "480p", "9:16", 3)
    listed = (await ada.get(TASKS, params={"filter.model": OWN})).json()
    assert ([each["id"] for each in listed["items"]], listed["total"]) == ([task_id], 1)
    assert (await ada.credits())[1] == 5 + 40


async def test_an_ark_task_of_it_is_judged_by_its_own_limits(ada):
    video = await post_task(ada, media("video", "a.mp4"), model=OWN)
    tier = await post_task(ada, model=OWN, service_tier="flex")
    fitting = await post_task(ada, model=OWN, duration=-1)

    assert "takes no reference_video" in video.json()["error"]["message"]
    assert tier.json()["error"]["param"] == "service_tier"
    assert (await get_task(ada, fitting.json()["id"]))["duration"] == 3


async def test_an_openai_video_has_it_under_its_own_id(ada):
    video = await get_video(ada, await new_video(ada, model=OWN))

    assert (video["model"], video["seconds"], video["size"]) == (OWN, "3", "496x864")


async def test_an_openai_size_that_it_does_not_have_is_answered_with_those_it_has(ada):
    answer = await post_video(ada, model=OWN, size="1280x720")

    assert error_of(answer) == (400, "invalid_request_error", "size")
    assert "size must be one of 496x864, 992x432; got '1280x720'" in answer.json()["error"]["message"]


async def test_a_key_of_test_mode_always_gets_the_embedded_engine(tester):
    fields = {"duration": 8, "aspectRatio": "21:9"}  # nobody would take it in live mode

    by_native = await made(tester, **fields)
    by_ark = await new_task(tester, model=OWN)
    by_openai = await new_video(tester, model=OWN)

    for job_id in (by_native, "req_" + by_ark.removeprefix("cgt-"), job_id_of(by_openai)):
        job = await stored(tester, job_id)
        assert [(leg.engine, leg.pool) for leg in job.route] == [("animatic", "default")]
        assert job.pool == "default"


async def test_get_shows_what_was_tried_and_what_the_engine_was_told(ada, blobs):
    job_id = await made(ada)
    assert not {"attempts", "engineInput"} & (await ada.show(job_id)).keys()

    async with ada.pool.connection() as conn:
        job = (await claim(conn, pools=["studio"], worker="w", lease_s=60)).job
        assert await note(conn, job.id, job.attempt, engine="studio@1")
        failed = await finish(conn, job.id, job.attempt, UpstreamFailed("The remote engine answered 503."))
        await conn.execute("update job set sent = %s where id = %s", ['{"prompt": "A red fox."}', job_id])
    shown = await ada.show(job_id)

    assert failed.job.pool == "attic"
    [attempt] = shown["attempts"]
    assert (attempt["engine"], attempt["code"]) == ("studio", "upstream_failed")
    assert attempt["at"] >= shown["createdAt"]
    assert shown["engineInput"] == {"prompt": "A red fox."}
    assert (shown["status"], shown["creditsCharged"], shown["creditsRefunded"]) == ("queued", 5, 0)
    assert (await ada.get(f"{VIDEOS}/video_{job_id[4:]}")).json()["status"] == "queued"
