"""Show, wait for and cancel a generation."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from customers import GENERATIONS

from seedbed.actions.beat import beat
from seedbed.api.native.wire import GenerationView
from seedbed.core.engine import Stage
from seedbed.core.errors import ContentRejected
from seedbed.core.keys import Mode

NOBODYS = f"{GENERATIONS}/req_{'0' * 32}"


def fits_the_document(view: dict) -> bool:
    import msgspec

    class Strict(GenerationView, frozen=True, forbid_unknown_fields=True):
        pass

    return bool(msgspec.convert(view, Strict, strict=True))


async def test_every_state_fits_the_published_type(ada, blobs):
    job_id = await ada.new_job(returnLastFrame=True, metadata={"a": 1}, x=1)
    assert fits_the_document(await ada.show(job_id))

    await ada.succeed(blobs)
    assert fits_the_document(await ada.show(job_id))

    failed_id = await ada.new_job()
    await ada.fail(ContentRejected("not allowed"))
    assert fits_the_document(await ada.show(failed_id))


async def test_a_queued_generation_shows_its_place_and_asks_to_come_back(ada):
    answer = await ada.get(f"{GENERATIONS}/{await ada.new_job()}")

    assert answer.json()["queue"]["position"] >= 1
    assert int(answer.headers["Retry-After"]) > 0


async def test_progress_is_shown_while_it_is_made_and_changes_the_etag(ada):
    job_id = await ada.new_job()
    job = await ada.take()
    before = await ada.get(f"{GENERATIONS}/{job_id}")

    async with ada.pool.connection() as conn:
        await beat(conn, job_id, job.attempt, lease_s=60, stage=Stage.RENDERING, fraction=0.5)
    after = await ada.get(f"{GENERATIONS}/{job_id}")

    assert before.json()["status"] == after.json()["status"] == "processing"
    assert after.json()["progress"] == {"stage": "rendering", "fraction": 0.5}
    assert before.headers["ETag"] != after.headers["ETag"]
    assert after.headers["ETag"].startswith('W/"')


async def test_an_unchanged_generation_is_not_sent_again(ada):
    path = f"{GENERATIONS}/{await ada.new_job()}"
    etag = (await ada.get(path)).headers["ETag"]

    again = await ada.get(path, headers={"If-None-Match": etag})

    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
    assert again.headers["X-Request-Id"]


async def test_a_final_generation_does_not_ask_to_come_back(ada, blobs):
    job_id = await ada.new_job()
    await ada.succeed(blobs)

    answer = await ada.get(f"{GENERATIONS}/{job_id}?wait=30")

    assert "Retry-After" not in answer.headers
    assert answer.json()["output"]["sizeBytes"] > 0


async def test_waiting_ends_when_the_status_changes(ada):
    job_id = await ada.new_job()
    waiting = asyncio.create_task(ada.get(f"{GENERATIONS}/{job_id}?wait=20"))
    await asyncio.sleep(0.1)
    assert not waiting.done()

    await ada.cancel(job_id)
    answer = await asyncio.wait_for(waiting, 10)

    assert answer.json()["status"] == "cancelled"


async def test_waiting_holds_no_connection(serve, enrol, api_database):
    from seedbed.store.database import connect_pool

    async with connect_pool(api_database, min_size=1, max_size=1, name="narrow") as narrow:
        ada = await enrol(client=serve(pool=narrow))
        path = f"{GENERATIONS}/{await ada.new_job()}?wait=1"

        answers = await asyncio.gather(*(ada.get(path) for _ in range(20)))

    assert {answer.json()["status"] for answer in answers} == {"queued"}


async def test_who_has_an_older_version_does_not_wait(ada):
    job_id = await ada.new_job()
    old = (await ada.get(f"{GENERATIONS}/{job_id}")).headers["ETag"]
    await ada.take()

    path = f"{GENERATIONS}/{job_id}?wait=30"
    answer = await asyncio.wait_for(ada.get(path, headers={"If-None-Match": old}), 10)

    assert answer.json()["status"] == "processing"


@pytest.mark.parametrize("wait", ["31", "-1", "1.5", "long", "", "٣", "1e1"])
async def test_a_wait_that_is_no_number_of_seconds_is_refused(ada, wait):
    answer = await ada.get(f"{GENERATIONS}/{await ada.new_job()}", params={"wait": wait})

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "wait")


@pytest.mark.parametrize(
    "job_id", ["req_1", "x", "req_" + "g" * 32, "req_" + "0" * 33, "%00", "req_%F0%9F%A6%8A", "..%2f"]
)
async def test_what_cannot_be_an_id_is_not_found(ada, job_id):
    for answer in (await ada.get(f"{GENERATIONS}/{job_id}"), await ada.cancel(job_id)):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


async def test_anothers_generation_and_an_unknown_one_get_the_same_answer(ada, enrol):
    job_id = await ada.new_job()

    for stranger in (await enrol(), await enrol(mode=Mode.TEST, account_id=ada.account_id)):
        theirs = await stranger.get(f"{GENERATIONS}/{job_id}")
        unknown = await stranger.get(NOBODYS)
        assert (theirs.status_code, theirs.content) == (404, unknown.content)
        assert (await stranger.cancel(job_id)).content == (await stranger.cancel("req_" + "0" * 32)).content
    assert (await ada.show(job_id))["status"] == "queued"


async def test_cancelling_twice_gives_the_same_answer_and_one_refund(ada):
    job_id = await ada.new_job()

    first, second = await ada.cancel(job_id), await ada.cancel(job_id)

    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert await ada.credits() == (1000, 0)


async def test_a_processing_generation_can_be_cancelled(ada):
    job_id = await ada.new_job()
    await ada.take()

    assert (await ada.cancel(job_id)).status_code == 200
    view = await ada.show(job_id)
    assert (view["status"], view["creditsRefunded"]) == ("cancelled", 40)


async def test_a_final_generation_cannot_be_cancelled_and_the_answer_names_its_state(ada, blobs):
    succeeded = await ada.new_job()
    await ada.succeed(blobs)
    failed = await ada.new_job()
    await ada.fail(ContentRejected("not allowed"))

    for job_id, state in ((succeeded, "succeeded"), (failed, "failed")):
        error = (await ada.cancel(job_id)).json()["error"]
        assert error["code"] == "not_cancellable"
        assert state in error["message"]
    assert await ada.credits() == (960, 0)


async def test_cancelling_what_is_processed_has_a_pace(serve, enrol):
    ada = await enrol(client=serve(cancels_per_minute=1))
    first = await ada.new_job()
    await ada.take()
    assert (await ada.cancel(first)).status_code == 200
    job_id = await ada.new_job()
    queued = await ada.new_job()
    await ada.take()

    answer = await ada.cancel(job_id)

    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "rate_limited")
    assert int(answer.headers["Retry-After"]) <= 60
    assert (await ada.cancel(queued)).status_code == 200


async def test_an_answer_that_nothing_has_changed_takes_one_statement_beside_the_keys(ada, monkeypatch):
    path = f"{GENERATIONS}/{await ada.new_job()}"
    etag = (await ada.get(path)).headers["ETag"]
    statements = []
    execute = psycopg.AsyncCursor.execute

    def counted(cursor, query, *args, **options):
        statements.append(query)
        return execute(cursor, query, *args, **options)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", counted)
    assert (await ada.get(f"{GENERATIONS}/req_x")).status_code == 404  # its key is looked at, and nothing else
    of_the_key = [query for query in statements if query]  # the pool asks with an empty one whether it is connected
    statements.clear()

    assert (await ada.get(path, headers={"If-None-Match": etag})).status_code == 304

    assert len([query for query in statements if query]) <= len(of_the_key) + 1
    assert len(of_the_key) == 1


async def test_a_generation_shows_its_references_without_what_may_be_secret(ada):
    plain = await ada.show(await ada.new_job())
    pictured = await ada.show(await ada.new_job(mediaUrls=["https://a.dev/a.jpg?key=1", "https://a.dev/b.png"]))

    assert "references" not in plain
    assert fits_the_document(pictured)
    assert pictured["references"] == [
        {"url": "https://a.dev/a.jpg", "role": "first_frame"},
        {"url": "https://a.dev/b.png", "role": "last_frame"},
    ]
