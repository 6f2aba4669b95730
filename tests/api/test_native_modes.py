"""Live and test mode side by side: one code path, two worlds that do not see each other."""

from __future__ import annotations

import pytest
from customers import GENERATIONS, PICTURE_URL, ROOT

from seedbed.core.keys import Mode


@pytest.fixture
async def both(enrol):
    """A live and a test key of one account."""
    live = await enrol()
    return live, await enrol(mode=Mode.TEST, account_id=live.account_id)


@pytest.mark.parametrize("turned", [False, True])
async def test_a_job_of_the_other_mode_does_not_exist(both, turned):
    owner, other = reversed(both) if turned else both
    job_id = await owner.new_job()

    shown, cancelled = await other.get(f"{GENERATIONS}/{job_id}"), await other.cancel(job_id)

    assert [shown.status_code, cancelled.status_code] == [404, 404]
    assert (await owner.show(job_id))["status"] == "queued"


async def test_the_same_key_of_idempotency_is_another_one_in_the_other_mode(both):
    live, test = both
    headers = {"Idempotency-Key": "one"}
    answers = [await customer.submit(headers=headers) for customer in (live, test, live, test)]

    assert len({answer.json()["requestId"] for answer in answers}) == 2
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers] == [None, None, "true", "true"]


async def test_each_mode_says_which_it_is_and_spends_its_own_credits(both):
    live, test = both
    for customer in both:
        view = await customer.show(await customer.new_job())
        assert (view["livemode"], view["creditsCharged"]) == (customer.is_live, 40)

    assert await live.credits() == (960, 40)
    available, held = await test.credits()
    assert (available + held) % 1000 == 0
    assert held == 40


async def test_each_mode_signs_with_a_secret_of_its_own(both):
    bodies = [(await customer.get(f"{ROOT}/webhooks/secret")).json() for customer in both]

    assert [body["livemode"] for body in bodies] == [True, False]
    assert bodies[0]["secrets"] != bodies[1]["secrets"]


async def test_a_test_ledger_never_runs_dry(enrol):
    tester = await enrol(mode=Mode.TEST, available=0)

    for _ in range(5):
        answer = await tester.submit(model="seedance-2.0", duration=15, resolution="1080p", mediaUrls=[PICTURE_URL])
        assert (answer.status_code, answer.json()["creditsCharged"]) == (200, 480)


@pytest.mark.parametrize(
    ("code", "status"),
    [("insufficient_credits", 402), ("queue_full", 429), ("rate_limited", 429), ("unavailable", 503)],
)
async def test_a_prompt_may_ask_to_be_refused_and_nothing_is_kept_of_it(both, code, status):
    live, test = both
    prompt = f"A fox. [seedbed:refuse={code}]"
    answers = [await test.submit(prompt=prompt, headers={"Idempotency-Key": "k"}) for _ in range(2)]

    for answer in answers:
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
        assert ("Retry-After" in answer.headers) == (status in {429, 503})
        assert answer.headers["RateLimit"]
    assert await test.credits() == (0, 0)
    assert (await live.submit(prompt=prompt)).status_code == 200


async def test_a_forced_429_looks_like_a_real_one(enrol):
    test = await enrol(mode=Mode.TEST)

    full = await test.submit(prompt="[seedbed:refuse=queue_full]")
    fast = await test.submit(prompt="[seedbed:refuse=rate_limited]")

    assert f'"queue";r=0;t={full.headers["Retry-After"]}' in full.headers["RateLimit"]
    assert f'"requests";r=0;t={fast.headers["Retry-After"]}' in fast.headers["RateLimit"]


async def test_a_misspelt_directive_is_refused_in_test_mode_alone(both):
    live, test = both

    answer = await test.submit(prompt="[seedbed:fial=expired]")

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "prompt")
    assert (await live.submit(prompt="[seedbed:fial=expired]")).status_code == 200
