"""One request for one Idempotency-Key, whatever is in its body and however many send it at once."""

from __future__ import annotations

import asyncio
import base64

import pytest
from customers import ROOT

from media.media_makers import picture
from seedbed.core.errors import Unavailable

UPLOADS = f"{ROOT}/uploads"
KEY = {"Idempotency-Key": "k"}


@pytest.fixture(scope="module")
def photograph(tmp_path_factory) -> bytes:
    return picture(tmp_path_factory.mktemp("files") / "a.jpg").read_bytes()


@pytest.fixture(scope="module")
def drawing(tmp_path_factory) -> bytes:
    return picture(tmp_path_factory.mktemp("files") / "a.png").read_bytes()


@pytest.fixture
def stored(tmp_path):
    """Count the uploads whose bytes are kept."""
    return lambda: len([path for path in (tmp_path / "blobs").rglob("ast_*") if path.is_file()])


async def upload(who, content: bytes, *, name="a.jpg", headers=KEY, **fields):
    return await who.post(UPLOADS, files={"file": (name, content, "image/jpeg")}, data=fields, headers=headers)


def data_uri(content: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(content).decode()}"


def code_of(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_the_same_upload_is_kept_once(ada, photograph, stored):
    first, again = await upload(ada, photograph), await upload(ada, photograph, name="called-otherwise.jpg")

    assert first.status_code == again.status_code == 200
    assert first.content == again.content
    assert ("Idempotent-Replayed" in first.headers, again.headers["Idempotent-Replayed"]) == (False, "true")
    assert stored() == 1


async def test_another_file_or_field_under_the_same_key_is_a_mismatch(ada, photograph, drawing, stored):
    await upload(ada, photograph, note="one")

    for answer in (await upload(ada, drawing, note="one"), await upload(ada, photograph, note="two")):
        assert code_of(answer) == (422, "idempotency_mismatch")
    assert stored() == 1


async def test_an_upload_and_a_generation_may_bear_the_same_key(ada, photograph):
    url = (await upload(ada, photograph)).json()["url"]

    answer = await ada.submit(mediaUrls=[url], headers=KEY)

    assert answer.status_code == 200
    assert "Idempotent-Replayed" not in answer.headers


async def test_without_a_key_every_upload_is_another_asset(ada, photograph, stored):
    urls = {(await upload(ada, photograph, headers={})).json()["url"] for _ in range(2)}

    assert len(urls) == stored() == 2


async def test_uploads_at_once_with_one_key_make_one_asset(ada, photograph, stored):
    answers = await asyncio.gather(*(upload(ada, photograph) for _ in range(6)))

    done = [answer for answer in answers if answer.status_code == 200]
    assert len({answer.content for answer in done}) == 1
    for refused in set(answers) - set(done):
        assert code_of(refused) == (409, "idempotency_in_flight")
        assert refused.headers["Retry-After"]
    assert stored() == 1


async def test_a_refused_upload_leaves_its_key_free(ada, photograph):
    assert code_of(await upload(ada, b"This is a text.")) == (415, "unsupported_media_type")

    assert (await upload(ada, photograph)).status_code == 200


async def test_an_upload_key_that_is_no_key_is_refused_before_its_body_is_read(ada):
    async def never():
        raise AssertionError("the body was read")
        yield b""

    headers = {"Content-Type": "multipart/form-data; boundary=x", "Idempotency-Key": "a b"}
    answer = await ada.post(UPLOADS, content=never(), headers=headers)

    assert code_of(answer) == (400, "invalid_request")


async def test_a_replay_stores_its_data_uris_only_once(ada, photograph, stored):
    answers = [await ada.submit(mediaUrls=[data_uri(photograph)], headers=KEY) for _ in range(3)]

    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert stored() == 1


async def test_submits_at_once_with_data_uris_and_one_key_keep_one_copy(ada, photograph, stored):
    body = {"mediaUrls": [data_uri(photograph)], "headers": KEY}

    answers = await asyncio.gather(*(ada.submit(**body) for _ in range(6)))

    assert {answer.status_code for answer in answers} <= {200, 409}
    assert await ada.jobs() == stored() == 1


async def test_a_replay_is_answered_although_its_asset_is_gone(ada, photograph, pool):
    url = (await upload(ada, photograph)).json()["url"]
    first = await ada.submit(mediaUrls=[url], headers=KEY)
    async with pool.connection() as conn:
        await conn.execute("update asset set expires_at = now() where id = %s", [url.removeprefix("asset://")])

    again = await ada.submit(mediaUrls=[url], headers=KEY)

    assert (again.status_code, again.content) == (200, first.content)


async def test_data_uris_of_a_refused_submit_are_not_kept(enrol, photograph, stored):
    poor = await enrol(available=1)

    answer = await poor.submit(mediaUrls=[data_uri(photograph)])

    assert code_of(answer) == (402, "insufficient_credits")
    assert stored() == 0


async def test_data_uris_before_a_wrong_one_are_not_kept(ada, photograph, stored):
    answer = await ada.submit(mediaUrls=[data_uri(photograph), "data:image/png;base64,AAAA"])

    assert answer.status_code == 400
    assert stored() == 0


async def test_an_upload_whose_store_is_down_may_be_tried_again_at_once(serve, enrol, photograph, blobs):
    class Flaky:
        is_down = True

        async def put_file(self, key, path):
            if self.is_down:
                raise Unavailable("The store of results and uploads does not answer.")
            await blobs.put_file(key, path)

    store = Flaky()
    ada = await enrol(client=serve(blobs=store))
    assert code_of(await upload(ada, photograph)) == (503, "unavailable")
    store.is_down = False

    assert (await upload(ada, photograph)).status_code == 200
