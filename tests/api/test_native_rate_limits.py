"""Quotas at the door: shown on every keyed answer, kept exactly, and the same in every process."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from dataclasses import replace

import pytest
from customers import GENERATIONS, ROOT, order

from seedbed.actions.change_key import change_key
from seedbed.core.errors import NotReady
from seedbed.core.operators import SERVICE
from seedbed.core.rate_limits import KeyLimits
from seedbed.store.database import connect_pool

CREDITS = f"{ROOT}/credits"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(2000)


async def limit(customer, **limits):
    async with customer.pool.connection() as conn:
        await change_key(conn, customer.key_id, lambda key: replace(key, limits=KeyLimits(**limits)), by=SERVICE)


def left(answer, policy: str) -> int:
    return int(re.search(rf'"{policy}";r=(\d+)', answer.headers["RateLimit"])[1])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", CREDITS, 200), ("GET", f"{ROOT}/models", 200), ("POST", GENERATIONS, 400),
        ("GET", f"{GENERATIONS}/req_{'0' * 32}", 404),
    ],
)  # fmt: skip
async def test_every_keyed_answer_says_what_is_left(ada, http, method, path, status):
    answer = await http.request(method, path, headers=ada.bearer, json={})

    assert answer.status_code == status
    assert answer.headers["RateLimit-Policy"] == '"requests";q=600;w=60, "queue";q=1000'
    assert re.fullmatch(r'"requests";r=599;t=1, "queue";r=1000', answer.headers["RateLimit"])


@pytest.mark.parametrize("path", [f"{ROOT}/models", "/healthz", f"{ROOT}/openapi.json", f"{ROOT}/nothing"])
async def test_who_needs_no_key_is_told_of_no_quota(http, path):
    assert "RateLimit" not in (await http.get(path)).headers


async def test_a_request_too_many_is_refused_and_told_when_to_come_back(ada):
    await limit(ada, requests_per_minute=2)
    answers = [await ada.get(CREDITS) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["error"]["code"] == "rate_limited"
    wait = answers[2].headers["Retry-After"]
    assert 1 <= int(wait) <= 30
    assert answers[2].headers["RateLimit"].startswith(f'"requests";r=0;t={wait}')
    assert "RateLimit" not in (await ada.http.get(f"{ROOT}/models")).headers


async def test_two_processes_keep_one_quota(serve, api_database, enrol):
    async with connect_pool(api_database, min_size=1, max_size=4, name="second") as second_pool:
        ada = await enrol()
        await limit(ada, requests_per_minute=3)  # one comes back after 20 s
        doors = [serve(), serve(pool=second_pool)]

        answers = await asyncio.gather(*(doors[n % 2].get(CREDITS, headers=ada.bearer) for n in range(16)))

    assert Counter(answer.status_code for answer in answers) == {200: 3, 429: 13}


async def test_a_created_job_takes_a_place_of_the_queue(ada):
    shown = [left(await ada.submit(), "queue") for _ in range(2)]

    assert shown == [999, 998]
    assert left(await ada.get(CREDITS), "queue") == 998


async def test_a_key_may_have_fewer_places_than_its_account(ada, enrol):
    other = await enrol(account_id=ada.account_id)
    await limit(ada, queued_jobs=1)
    first, second = await ada.submit(), await ada.submit()

    assert (first.status_code, second.status_code) == (200, 429)
    assert (second.json()["error"]["code"], left(second, "queue")) == ("queue_full", 0)
    assert '"queue";q=1' in second.headers["RateLimit-Policy"]
    assert (await other.submit()).status_code == 200


async def test_uploaded_bytes_have_a_quota_of_their_own(ada):
    await limit(ada, upload_bytes_per_day=5000)
    first = await ada.post(f"{ROOT}/uploads", files={"file": ("a.png", PNG)})
    second = [await ada.post(f"{ROOT}/uploads", files={"file": ("a.png", PNG)}) for _ in range(2)][-1]
    whole = await ada.post(f"{ROOT}/uploads", files={"file": ("a.png", PNG * 3)})

    assert first.status_code == 415  # it is no picture, but its bytes came
    assert (second.status_code, second.json()["error"]["code"]) == (429, "rate_limited")
    assert '"upload-bytes";q=5000;w=86400' in second.headers["RateLimit-Policy"]
    assert (whole.status_code, whole.json()["error"]["code"]) == (413, "too_large")


async def test_an_upload_that_does_not_say_its_length_pays_for_what_came(ada, serve):
    await limit(ada, upload_bytes_per_day=5000)
    boundary = b"--x\r\nContent-Disposition: form-data; name=file; filename=a.png\r\n\r\n"

    async def form():
        yield boundary + PNG + b"\r\n--x--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answers = [await ada.post(f"{ROOT}/uploads", content=form(), headers=headers) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [415, 429, 429]  # each is let in only by a whole quota


async def test_pictures_in_the_body_are_uploads_too(ada):
    await limit(ada, upload_bytes_per_day=4000)
    picture = "data:image/png;base64," + "A" * 4000

    first, second = [await ada.post(GENERATIONS, json=order(mediaUrls=[picture])) for _ in range(2)]
    whole = await ada.post(GENERATIONS, json=order(mediaUrls=[picture + "A" * 4000]))

    assert [first.status_code, second.status_code, whole.status_code] == [400, 429, 400]
    assert second.json()["error"]["code"] == "rate_limited"
    assert "4000 bytes" in whole.json()["error"]["message"]


async def test_a_limit_of_nothing_stops_the_service_before_it_serves(serve):
    with pytest.raises(NotReady, match="at least 1"):
        serve(requests_per_minute=0)
