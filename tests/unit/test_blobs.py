"""The blob store: what goes in comes out, once, and no key leaves the folder."""

import pytest

from seedbed.blobs import store
from seedbed.blobs.store import CHUNK_BYTES, Blobs, open_blobs
from seedbed.core.errors import Misuse, NotFound, NotReady, Unavailable

LARGE = bytes(range(256)) * 4 * 1024 * 6  # six MiB, so that it goes up in parts


@pytest.fixture
def blobs(tmp_path) -> Blobs:
    return open_blobs(None, tmp_path / "blobs")


async def collect(blobs: Blobs, key: str, start: int, end: int) -> list[bytes]:
    return [chunk async for chunk in blobs.get_range(key, start, end)]


@pytest.mark.parametrize("data", [b"", b"x", LARGE], ids=["empty", "one byte", "in parts"])
async def test_a_stored_file_comes_back_whole(blobs, tmp_path, data):
    (tmp_path / "in").write_bytes(data)

    await blobs.put_file("jobs/req_1/1/result.mp4", tmp_path / "in")
    await blobs.copy_to("jobs/req_1/1/result.mp4", tmp_path / "out")

    assert (tmp_path / "out").read_bytes() == data
    assert (await blobs.head("jobs/req_1/1/result.mp4")).size_bytes == len(data)


async def test_a_range_ends_before_its_end_and_comes_in_bounded_chunks(blobs):
    await blobs.put_bytes("a", LARGE)

    chunks = await collect(blobs, "a", 100, 100 + 3 * CHUNK_BYTES)

    assert b"".join(chunks) == LARGE[100 : 100 + 3 * CHUNK_BYTES]
    assert max(map(len, chunks)) <= CHUNK_BYTES


@pytest.mark.parametrize("data", [b"second", LARGE], ids=["small", "in parts"])
async def test_a_key_is_written_once(blobs, tmp_path, data):
    (tmp_path / "second").write_bytes(data)
    await blobs.put_bytes("jobs/req_1/1/result.mp4", b"first")

    with pytest.raises(Misuse, match="never changed"):
        await blobs.put_file("jobs/req_1/1/result.mp4", tmp_path / "second")

    assert await blobs.read("jobs/req_1/1/result.mp4") == b"first"


async def test_an_etag_is_quoted_and_differs_between_contents(blobs):
    await blobs.put_bytes("a", b"one")
    await blobs.put_bytes("b", b"three")

    first, second = (await blobs.head("a")).etag, (await blobs.head("b")).etag

    assert first.startswith('"')
    assert first.endswith('"')
    assert first != second


async def test_deleting_a_prefix_takes_only_what_stands_under_it(blobs, tmp_path):
    for key in ("jobs/req_1/1/a", "jobs/req_1/1/b", "jobs/req_1/11/c", "jobs/req_1/2/d"):
        await blobs.put_bytes(key, b"x")

    deleted = await blobs.delete_prefix("jobs/req_1/1")

    assert deleted == 2
    assert await blobs.read("jobs/req_1/11/c") == b"x"
    assert not (tmp_path / "blobs/jobs/req_1/1").exists()
    assert await blobs.delete_prefix("jobs/req_1/1") == 0


async def test_what_is_not_there_is_not_found(blobs):
    with pytest.raises(NotFound):
        await blobs.head("nothing")
    with pytest.raises(NotFound):
        await blobs.read("nothing")
    with pytest.raises(NotFound):
        await collect(blobs, "nothing", 0, 1)
    await blobs.delete("nothing")


@pytest.mark.parametrize("key", ["", "..", "../a", "a/../b", "/a", "a//b", "a/", ".hidden", "a b", "a\x00", "k" * 600])
async def test_a_key_that_is_not_plain_is_refused(blobs, key):
    with pytest.raises(ValueError, match="A key is made of"):
        await blobs.put_bytes(key, b"x")


async def test_a_folder_is_private_and_a_check_leaves_nothing_in_it(blobs, tmp_path):
    await blobs.check()

    assert (tmp_path / "blobs").stat().st_mode & 0o777 == 0o700
    assert not [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


async def test_a_store_that_fails_is_unavailable(tmp_path):
    blobs = open_blobs(None, tmp_path / "blobs")
    (tmp_path / "blobs").rmdir()
    (tmp_path / "blobs").write_text("a file where the folder was")

    with pytest.raises(Unavailable):
        await blobs.check()


async def test_a_file_url_opens_the_same_kind_of_store(tmp_path):
    blobs = open_blobs((tmp_path / "by-url").as_uri(), tmp_path / "unused")

    await blobs.put_bytes("a", b"x")

    assert (tmp_path / "by-url/a").read_bytes() == b"x"


def test_a_url_that_cannot_be_opened_is_told_without_its_secrets(tmp_path):
    with pytest.raises(NotReady) as failure:
        open_blobs("nonsense://user:hunter2@host", tmp_path)

    assert "hunter2" not in str(failure.value)


def test_a_part_is_no_smaller_than_s3_takes():
    assert store.PART_BYTES >= 5 * 1024 * 1024


async def test_what_was_left_half_written_is_found_and_deleted_with_its_empty_folders(blobs, tmp_path):
    folder = tmp_path / "blobs"
    await blobs.put_bytes("jobs/req_1/1/result.mp4", b"whole")
    for part in ("jobs/req_1/1/result.mp4#1", "jobs/req_2/1/result.mp4#12"):
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        (folder / part).write_bytes(b"half")

    found = {entry.key: entry.size_bytes for entry in await blobs.unfinished()}
    for key in found:
        await blobs.delete_unfinished(key)
        await blobs.delete_unfinished(key)

    assert found == {"jobs/req_1/1/result.mp4#1": 4, "jobs/req_2/1/result.mp4#12": 4}
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["result.mp4"]
    assert not (folder / "jobs/req_2").exists()


@pytest.mark.parametrize("key", ["jobs/req_1/1/result.mp4", "../outside#1"])
async def test_nothing_else_can_be_deleted_as_unfinished(blobs, tmp_path, key):
    await blobs.put_bytes("jobs/req_1/1/result.mp4", b"whole")
    (tmp_path / "outside#1").write_bytes(b"")

    with pytest.raises(ValueError, match="unfinished"):
        await blobs.delete_unfinished(key)
