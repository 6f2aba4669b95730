"""A bucket does what a folder does: what goes in comes out, once, and goes as a whole."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta

import pytest
from weed import BUCKET

from seedbed.blobs.probe import probe
from seedbed.blobs.store import PART_BYTES, PROBES, open_blobs
from seedbed.core.errors import Misuse, NotFound

VIDEO = "jobs/req_1/1/result.mp4"
LARGE = os.urandom(2 * PART_BYTES + 12345)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def large(tmp_path):
    (tmp_path / "large").write_bytes(LARGE)
    return tmp_path / "large"


async def keys(blobs, prefix) -> list[str]:
    return sorted([entry.key async for entry in blobs.entries(prefix)])


@pytest.mark.parametrize("data", [b"", b"x", LARGE], ids=["empty", "one byte", "in parts"])
async def test_a_stored_file_comes_back_whole(blobs, tmp_path, data):
    (tmp_path / "in").write_bytes(data)

    await blobs.put_file(VIDEO, tmp_path / "in")
    await blobs.copy_to(VIDEO, tmp_path / "out")

    assert (tmp_path / "out").read_bytes() == data
    assert (await blobs.head(VIDEO)).size_bytes == len(data)


async def test_a_range_of_a_file_in_parts_is_exactly_its_bytes(blobs, large):
    await blobs.put_file(VIDEO, large)

    chunks = [chunk async for chunk in blobs.get_range(VIDEO, PART_BYTES - 7, PART_BYTES + 9)]

    assert b"".join(chunks) == LARGE[PART_BYTES - 7 : PART_BYTES + 9]


async def test_of_many_writers_of_one_small_key_one_wins(blobs):
    tries = await asyncio.gather(*(blobs.put_bytes("a", b"%d" % n) for n in range(12)), return_exceptions=True)

    winners = [n for n, outcome in enumerate(tries) if outcome is None]
    assert len(winners) == 1
    assert await blobs.read("a") == b"%d" % winners[0]
    assert {type(outcome) for outcome in tries} == {type(None), Misuse}


async def test_a_large_file_does_not_take_the_place_of_another(blobs, large):
    await blobs.put_bytes(VIDEO, b"first")

    with pytest.raises(Misuse, match="never changed"):
        await blobs.put_file(VIDEO, large)

    assert await blobs.read(VIDEO) == b"first"


async def test_the_same_file_stored_twice_is_no_fault(blobs, large, tmp_path):
    (tmp_path / "small").write_bytes(b"small")

    for path in (large, tmp_path / "small"):
        await blobs.put_file(path.name, path)
        await blobs.put_file(path.name, path)

    assert (await blobs.head("large")).size_bytes == len(LARGE)


async def test_deleting_a_prefix_takes_everything_under_it_and_nothing_else(blobs):
    many = [f"jobs/req_1/1/{n}" for n in range(120)]
    for key in (*many, "jobs/req_1/11/c", "jobs/req_1/2/d"):
        await blobs.put_bytes(key, b"x")

    deleted = await blobs.delete_prefix("jobs/req_1/1")

    assert deleted == len(many)
    assert await keys(blobs, "jobs") == ["jobs/req_1/11/c", "jobs/req_1/2/d"]
    assert await blobs.delete_prefix("jobs/req_1/1") == 0


async def test_what_is_not_there_is_not_found_and_may_be_deleted(blobs):
    for missing in (blobs.head("nothing"), blobs.read("nothing"), anext(blobs.get_range("nothing", 0, 1))):
        with pytest.raises(NotFound):
            await missing
    await blobs.delete("nothing")


async def test_two_services_share_a_bucket_under_prefixes_and_see_nothing_of_each_other(blobs, tmp_path):
    other = open_blobs(f"s3://{BUCKET}/another/{tmp_path.name.replace('_', '-')}", tmp_path)

    await blobs.put_bytes("jobs/a", b"x")

    assert await keys(other, "jobs") == []
    with pytest.raises(NotFound):
        await other.head("jobs/a")


async def test_a_probe_leaves_nothing_behind(blobs):
    await probe(blobs, needs_presigning=True)

    assert await keys(blobs, PROBES) == []


@pytest.mark.parametrize("data", [b"0123456789", LARGE], ids=["small", "in parts"])
async def test_a_presigned_url_gives_the_file_and_its_parts_under_its_name_and_type(web, blobs, tmp_path, data):
    (tmp_path / "in").write_bytes(data)
    await blobs.put_file(VIDEO, tmp_path / "in", name="req_1.mp4")
    etag = (await blobs.head(VIDEO)).etag

    part = await web.get(await blobs.presigned(VIDEO, "GET", lifetime=MINUTE), headers={"Range": "bytes=2-5"})
    head = await web.head(await blobs.presigned(VIDEO, "HEAD", lifetime=MINUTE))

    assert (part.status_code, part.content, part.headers["ETag"]) == (206, data[2:6], etag)
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(data)))
    assert head.headers["Content-Type"] == "video/mp4"
    assert head.headers["Content-Disposition"] == 'inline; filename="req_1.mp4"'


async def test_a_presigned_url_is_for_one_key_and_one_method_and_ends(web, blobs):
    await blobs.put_bytes(VIDEO, b"x")
    await blobs.put_bytes("jobs/req_2/1/result.mp4", b"y")
    url = await blobs.presigned(VIDEO, "GET", lifetime=timedelta(seconds=2))

    at_once = await web.get(url)
    others = [await web.get(url.replace("req_1", "req_2")), await web.put(url, content=b"z"), await web.delete(url)]
    await asyncio.sleep(3.1)

    assert at_once.content == b"x"
    assert [answer.status_code for answer in others] == [403, 403, 403]
    assert (await web.get(url)).status_code == 403
    assert await blobs.read(VIDEO) == b"x"


async def test_presigned_urls_name_the_endpoint_that_clients_reach(url, tmp_path):
    blobs = open_blobs(url, tmp_path, public_endpoint="https://files.seedbed.dev")
    await blobs.put_bytes(VIDEO, b"x")

    signed = await blobs.presigned(VIDEO, "GET", lifetime=MINUTE)

    assert signed.startswith(f"https://files.seedbed.dev/{BUCKET}/")
    assert await blobs.read(VIDEO) == b"x"


@pytest.mark.parametrize("data", [b"0123456789", LARGE], ids=["small", "in parts"])
async def test_bytes_are_encrypted_if_the_variables_say_so(web, url, tmp_path, monkeypatch, data):
    monkeypatch.setenv("AWS_SERVER_SIDE_ENCRYPTION", "AES256")
    blobs = open_blobs(url, tmp_path)
    (tmp_path / "in").write_bytes(data)

    await blobs.put_file(VIDEO, tmp_path / "in")
    seen = await web.get(await blobs.presigned(VIDEO, "GET", lifetime=MINUTE))

    assert seen.headers["x-amz-server-side-encryption"] == "AES256"
    assert seen.content == data
