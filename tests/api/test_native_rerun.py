"""Reruns: the same request again, changed where the body says so, and charged like any other."""

from __future__ import annotations

import json

import pytest
from customers import GENERATIONS, PICTURE_URL
from openais import delete_video

from seedbed.actions.cancel import cancel
from seedbed.actions.keep_reference import name_stored
from seedbed.core.formats import Format
from seedbed.core.keys import Mode
from seedbed.core.limits import Probe
from seedbed.core.openai_view import video_id_of
from seedbed.store import kept_references

SAME = ("model", "prompt", "duration", "aspectRatio", "resolution", "seed", "metadata")
OTHER_URL = "https://cdn.pictures.dev/b.jpg"


def rerun_of(job_id: str) -> str:
    return f"{GENERATIONS}/{job_id}/rerun"


async def rerun(customer, job_id: str, **changes):
    return await customer.post(rerun_of(job_id), **({"json": changes} if changes else {}))


async def references_of(customer, job_id: str) -> list[tuple[str, str]]:
    async with customer.pool.connection() as conn:
        row = await (await conn.execute("select request from job where id = %s", [job_id])).fetchone()
    return [(reference["url"], reference["role"]) for reference in json.loads(row["request"])["references"]]


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


async def keeping(customer, blobs) -> str:
    """Return a cancelled job whose only reference a worker has kept under assets/ast_<job's hexadecimal>."""
    job = await customer.take()
    asset_id = "ast_" + job.id.removeprefix("req_")
    await blobs.put_bytes(f"assets/{asset_id}", b"picture")
    facts = {"blob_key": f"assets/{asset_id}", "probe": Probe(Format.PNG, 7), "sha256": "cd" * 32, "lifetime_s": 60}
    async with customer.pool.connection() as conn:
        assert await name_stored(conn, job, 0, asset_id=asset_id, **facts)
        await cancel(conn, customer.account_id, job.id, is_live=True)
    return job.id


async def kept(customer, job_id: str) -> list[int]:
    async with customer.pool.connection() as conn:
        return sorted(await kept_references.of_job(conn, job_id))


async def test_what_was_kept_of_the_references_is_used_unless_the_body_gives_others(ada, blobs):
    await ada.new_job(mediaUrls=[PICTURE_URL])
    job_id = await keeping(ada, blobs)

    same = (await rerun(ada, job_id, seed=8)).json()["requestId"]
    of_the_same = (await rerun(ada, same)).json()["requestId"]
    other = (await rerun(ada, job_id, mediaUrls=[OTHER_URL])).json()["requestId"]

    assert [await kept(ada, each) for each in (same, of_the_same, other)] == [[0], [0], []]
    assert await references_of(ada, of_the_same) == [(PICTURE_URL, "first_frame")]


async def test_erasing_the_last_job_that_names_them_deletes_the_kept_bytes(ada, blobs):
    await ada.new_job(mediaUrls=[PICTURE_URL])
    job_id = await keeping(ada, blobs)
    again = (await rerun(ada, job_id)).json()["requestId"]
    await ada.cancel(again)

    left = []
    for each in (job_id, again):
        assert (await delete_video(ada, video_id_of(each))).status_code == 200
        left.append([entry.key async for entry in blobs.entries("assets")])

    assert [len(keys) for keys in left] == [1, 0]
