"""What a good submit does: defaults, echoes, warnings, money, and one job for one Idempotency-Key."""

from __future__ import annotations

import asyncio
from ipaddress import ip_network

import psycopg
import pytest
from customers import GENERATIONS, PICTURE_URL, order

from seedbed.core.keys import Mode
from seedbed.core.models import MODELS

ALL_PLANES = '狐 여우 キツネ a\u0301 \u2028\u2029 \uffff \U0001f98a\U00020000\U000e0041\U0010ffff \x7f\x01 "\\/'


async def test_what_is_left_out_gets_the_documented_defaults(ada):
    view = await ada.show(await ada.new_job(duration=..., resolution=...))

    assert (view["duration"], view["resolution"], view["aspectRatio"]) == (5, "720p", "16:9")
    assert 0 <= view["seed"] < 2**32
    assert (view["creditsCharged"], view["creditsRefunded"], view["livemode"]) == (40, 0, True)
    assert "warnings" not in view


async def test_the_ratio_waits_for_the_worker_when_a_picture_will_decide_it(ada):
    assert (await ada.show(await ada.new_job(mediaUrls=[PICTURE_URL])))["aspectRatio"] is None


async def test_null_means_the_same_as_leaving_a_field_out(ada):
    nothing = dict.fromkeys(("mediaUrls", "references", "aspectRatio", "duration", "resolution", "seed", "metadata",
        "generateAudio", "returnLastFrame", "priority", "expiresAfter", "webhookUrl"))  # fmt: skip

    view = await ada.show(await ada.new_job(**nothing))

    assert (view["duration"], view["aspectRatio"], view["creditsCharged"], view["metadata"]) == (5, "16:9", 40, None)


@pytest.mark.parametrize("model", MODELS)
async def test_every_model_takes_every_length_size_and_ratio_it_names(ada, model):
    for duration in MODELS[model].durations_s:
        await ada.cancel(await ada.new_job(model=model, duration=duration, resolution="480p", aspectRatio="9:16"))
    for resolution in MODELS[model].resolutions:
        for ratio in MODELS[model].aspect_ratios:
            await ada.cancel(await ada.new_job(model=model, resolution=resolution, aspectRatio=ratio))

    assert await ada.credits() == (1000, 0)


async def test_unicode_of_all_planes_is_echoed_exactly(ada):
    metadata = {ALL_PLANES: [ALL_PLANES, {"": None}]}

    view = await ada.show(await ada.new_job(prompt=ALL_PLANES, metadata=metadata))

    assert view["prompt"] == ALL_PLANES
    assert view["metadata"] == metadata


async def test_metadata_keeps_its_numbers(ada):
    metadata = {"big": 2**70, "small": 1e-300, "half": 0.5, "minus": -1, "yes": True, "list": [0, [1]]}

    assert (await ada.show(await ada.new_job(metadata=metadata)))["metadata"] == metadata


async def test_the_prompt_is_trimmed_and_may_have_5000_characters(ada):
    view = await ada.show(await ada.new_job(prompt="\n " + "여" * 5000 + " "))

    assert view["prompt"] == "여" * 5000


async def test_an_unknown_field_is_accepted_and_named(ada):
    answer = await ada.submit(cfgScale=7, references=[{"url": PICTURE_URL, "weight": 1}])

    warnings = ["ignored unknown field 'cfgScale'", "ignored unknown field 'references[0].weight'"]
    assert answer.status_code == 200
    assert answer.json()["warnings"] == warnings
    assert (await ada.show(answer.json()["requestId"]))["warnings"] == warnings


async def test_a_thousand_unknown_fields_are_counted(ada):
    answer = await ada.submit(**{f"x{i}": i for i in range(1000)})

    assert len(answer.json()["warnings"]) == 51
    assert answer.json()["warnings"][-1] == "ignored 950 more unknown fields"


async def test_a_pointer_to_a_reference_that_was_not_sent_is_a_warning(ada):
    answer = await ada.submit(prompt="The fox of @Image2 runs.", mediaUrls=[PICTURE_URL])

    assert "@Image2" in answer.json()["warnings"][0]


async def test_the_answer_says_where_the_generation_is(ada):
    answer = await ada.submit()

    assert (await ada.get(answer.headers["Location"])).json()["requestId"] == answer.json()["requestId"]
    assert "Idempotent-Replayed" not in answer.headers


async def test_the_price_is_held_and_a_cancel_gives_it_back(ada):
    job_id = await ada.new_job()
    assert await ada.credits() == (960, 40)

    await ada.cancel(job_id)

    assert await ada.credits() == (1000, 0)


async def test_a_submit_wakes_the_workers(ada, api_database):
    with psycopg.connect(api_database, autocommit=True) as conn:
        conn.execute("listen seedbed_work")
        await ada.new_job()
        notices = [notice.payload for notice in conn.notifies(timeout=5, stop_after=1)]

    assert notices == ["default"]


class LosesTheThird:
    """A pool that has no connection left after a request's first two: its key, and its commit."""

    def __init__(self, pool) -> None:
        self.pool = pool
        self.borrowed = 0

    def connection(self):
        self.borrowed += 1
        if self.borrowed == 3:
            raise psycopg.OperationalError("the server closed the connection")
        return self.pool.connection()


async def test_a_committed_job_is_answered_although_nobody_could_be_woken(serve, enrol, pool):
    ada = await enrol(client=serve(pool=LosesTheThird(pool)))

    answer = await ada.submit()

    assert answer.status_code == 200
    assert await ada.open_jobs() == [answer.json()["requestId"]]


async def test_reserved_hosts_stand_for_the_samples_where_the_setting_says_so(serve, enrol):
    ada = await enrol(client=serve(samples=True))

    answer = await ada.submit(mediaUrls=["https://example.com/portrait.jpg"])

    assert "sample photograph" in answer.json()["warnings"][0]


async def test_an_opened_network_may_be_used_and_by_http(serve, enrol):
    ada = await enrol(client=serve(open_networks=(ip_network("127.0.0.0/8"),)))

    answer = await ada.submit(mediaUrls=["http://127.0.0.1:9000/a.jpg"], webhookUrl="http://127.0.0.1:9000/hook")

    assert answer.status_code == 200
    assert (await ada.submit(mediaUrls=["http://10.0.0.1/a.jpg"])).status_code == 400


async def test_a_full_queue_says_when_to_come_back(serve, enrol):
    ada = await enrol(client=serve(queue_limit_jobs=1))
    await ada.new_job()

    answer = await ada.submit()

    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "queue_full")
    assert int(answer.headers["Retry-After"]) >= 1
    assert '"queue";q=1' in answer.headers["RateLimit-Policy"]
    assert '"queue";r=0;t=' in answer.headers["RateLimit"]
    assert await ada.credits() == (960, 40)


async def test_a_test_key_pays_from_its_own_ledger(enrol):
    tester = await enrol(mode=Mode.TEST)

    view = await tester.show(await tester.new_job())

    assert (view["livemode"], view["creditsCharged"]) == (False, 40)


async def test_the_same_key_and_body_give_the_first_answer_again(ada):
    first = await ada.submit(headers={"Idempotency-Key": "k-1"}, x=1)
    body = b'{ "x": 1.0, "resolution":"720p", "duration":5, "prompt":"A red fox in the snow.", "model":"seedance-2.0"}'
    headers = {"Idempotency-Key": "k-1", "Content-Type": "application/json"}

    again = await ada.post(GENERATIONS, content=body, headers=headers)

    assert again.status_code == 200
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert await ada.jobs() == 1
    assert await ada.credits() == (960, 40)


async def test_the_same_key_and_another_body_are_a_mismatch(ada):
    await ada.submit(headers={"Idempotency-Key": "k-1"})

    answer = await ada.submit(headers={"Idempotency-Key": "k-1"}, duration=6)

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "idempotency_mismatch")
    assert await ada.jobs() == 1


async def test_two_accounts_may_use_the_same_key(ada, enrol):
    other = await enrol()

    answers = [await who.submit(headers={"Idempotency-Key": "k-1"}) for who in (ada, other)]

    assert answers[0].json()["requestId"] != answers[1].json()["requestId"]


async def test_a_refused_request_leaves_its_key_free(ada):
    assert (await ada.submit(headers={"Idempotency-Key": "k-1"}, duration=99)).status_code == 400

    assert (await ada.submit(headers={"Idempotency-Key": "k-1"})).status_code == 200


async def test_twenty_submits_at_once_with_one_key_make_one_job(ada):
    answers = await asyncio.gather(*(ada.submit(headers={"Idempotency-Key": "k-1"}) for _ in range(20)))

    accepted = {answer.json()["requestId"] for answer in answers if answer.status_code == 200}
    refused = {(a.status_code, a.json()["error"]["code"]) for a in answers if a.status_code != 200}
    assert len(accepted) == 1
    assert refused <= {(409, "idempotency_in_flight")}
    assert all(answer.headers["Retry-After"] for answer in answers if answer.status_code == 409)
    assert await ada.jobs() == 1
    assert await ada.credits() == (960, 40)


async def test_the_body_may_call_its_json_by_a_longer_name(ada):
    answer = await ada.post(GENERATIONS, json=order(), headers={"Content-Type": "application/vnd.x+json;charset=UTF-8"})

    assert answer.status_code == 200
