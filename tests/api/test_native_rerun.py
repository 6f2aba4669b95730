"""Reruns: the same request again, changed where the body says so, and charged like any other."""

from __future__ import annotations

import pytest
from customers import GENERATIONS, PICTURE_URL

from seedbed.core.keys import Mode

SAME = ("model", "prompt", "duration", "aspectRatio", "resolution", "seed", "metadata")
OTHER_URL = "https://cdn.pictures.dev/b.jpg"


def rerun_of(job_id: str) -> str:
    return f"{GENERATIONS}/{job_id}/rerun"


async def rerun(customer, job_id: str, **changes):
    return await customer.post(rerun_of(job_id), **({"json": changes} if changes else {}))


async def references_of(customer, job_id: str) -> list[tuple[str, str]]:
    async with customer.pool.connection() as conn:
        row = await (await conn.execute("select request from job where id = %s", [job_id])).fetchone()
    return [(reference["url"], reference["role"]) for reference in row["request"]["references"]]


async def test_without_a_body_everything_is_the_same_but_the_id(ada):
    job_id = await ada.new_job(mediaUrls=[PICTURE_URL], seed=7, metadata={"a": 1}, aspectRatio="1:1")

    answer = (await rerun(ada, job_id)).json()

    first, second = await ada.show(job_id), await ada.show(answer["requestId"])
    assert second["requestId"] != job_id
    assert [second[name] for name in SAME] == [first[name] for name in SAME]
    assert await references_of(ada, second["requestId"]) == [(PICTURE_URL, "first_frame")]
    assert (answer["creditsCharged"], await ada.credits()) == (64, (872, 128))


async def test_what_the_body_says_is_changed_and_unknown_fields_are_named(ada):
    job_id = await ada.new_job(seed=7)

    answer = (await rerun(ada, job_id, seed=8, resolution="1080p", x=1)).json()

    shown = await ada.show(answer["requestId"])
    assert (shown["seed"], shown["resolution"], shown["prompt"]) == (8, "1080p", "A red fox in the snow.")
    assert answer["warnings"] == ["ignored unknown field 'x'"]


async def test_references_are_replaced_as_a_whole(ada):
    job_id = await ada.new_job(mediaUrls=[PICTURE_URL, OTHER_URL])

    answer = (await rerun(ada, job_id, mediaUrls=[OTHER_URL])).json()
    without = (await rerun(ada, job_id, mediaUrls=None)).json()

    assert await references_of(ada, answer["requestId"]) == [(OTHER_URL, "first_frame")]
    assert await references_of(ada, without["requestId"]) == []


async def test_the_same_idempotency_key_makes_one_rerun(ada):
    job_id = await ada.new_job()

    answers = [await ada.post(rerun_of(job_id), headers={"Idempotency-Key": "again"}) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert await ada.jobs() == 2


@pytest.mark.parametrize(("changes", "param"), [({"duration": 99}, "duration"), ({"prompt": ""}, "prompt")])
async def test_a_change_that_cannot_be_is_refused_by_name(ada, changes, param):
    answer = await rerun(ada, await ada.new_job(), **changes)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert await ada.jobs() == 1


async def test_nobody_reruns_the_generation_of_another_account_or_mode(ada, enrol):
    job_id = await ada.new_job()

    for stranger in (await enrol(), await enrol(mode=Mode.TEST, account_id=ada.account_id)):
        assert (await rerun(stranger, job_id)).status_code == 404
