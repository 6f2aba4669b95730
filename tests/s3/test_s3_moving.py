"""A service moves into a bucket and back, and is saved from one and brought back into one; each time it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from clips import assert_promised
from serving import Served, new_home, run_cli
from weed import BUCKET

from seedbed.blobs.store import open_blobs

pytestmark = pytest.mark.server
ORDER = {"prompt": "a quiet lake", "model": "seedance-2.0", "duration": 4, "resolution": "480p", "aspect_ratio": "16:9"}
ENGINE = {"SEEDBED_ENGINE": "testcard"}
PRESIGNED = {"SEEDBED_RESULT_URLS": "presign"}


@contextmanager
def serving(home: Path, *options: str, **settings: str) -> Iterator[Served]:
    service = Served(home, *options, **ENGINE, **settings)
    try:
        yield service
    finally:
        service.stop()


def make(service: Served) -> str:
    with service.client() as client:
        return client.videos.wait(client.videos.create(**ORDER).request_id, timeout_s=60).request_id


def leave_waiting(home: Path, **settings: str) -> str:
    """Have a job that nobody makes, in a service that is stopped afterwards."""
    with serving(home, "--workers", "0", **settings) as service, service.client() as client:
        return client.videos.create(**ORDER).request_id


def assert_there(service: Served, request_id: str, path: Path) -> str:
    """Load the result, made by now, and return what it is called and where it came from."""
    with service.client() as client:
        made = client.videos.wait(request_id, timeout_s=60)
        client.videos.download(made, path)
    assert_promised(path, resolution="480p", aspect_ratio="16:9", duration_s=4, engine="testcard")
    sent = httpx.get(f"{service.base_url}/open-api-results/{request_id}.mp4", follow_redirects=True)
    assert f"{request_id}.mp4" in sent.headers["Content-Disposition"]
    assert sent.headers["Content-Type"] == "video/mp4"
    return str(sent.url)


def do(home: Path, *arguments: str, **settings: str) -> str:
    done = run_cli(home, *arguments, **ENGINE, **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def keys(url: str, home: Path) -> set[str]:
    return {entry.key async for entry in open_blobs(url, home).entries("jobs")}


async def test_a_service_moves_into_a_bucket_and_back_and_goes_on(server, url, tmp_path):
    bucket = {"SEEDBED_BLOBS_URL": url}
    with new_home() as home:
        with serving(home) as service:
            first = make(service)
        second = leave_waiting(home)

        assert "1 files" in do(home, "move", "--blobs", url)
        with serving(home, **bucket, **PRESIGNED) as service:
            for request_id in (first, second):
                assert assert_there(service, request_id, tmp_path / "there.mp4").startswith(server.endpoint)
            audited = do(home, "audit", "--checksums", **bucket)
        third = leave_waiting(home, **bucket)
        in_bucket = await keys(url, home)

        do(home, "move", "--blobs", "folder", **bucket)
        with serving(home) as service:
            for request_id in (first, second, third):
                assert assert_there(service, request_id, tmp_path / "back.mp4").startswith(service.base_url)
            audited += do(home, "audit", "--checksums")

    assert audited == "All is sound.\n" * 2
    assert {key.split("/")[1] for key in in_bucket} == {first, second}
    assert await keys(url, tmp_path) == in_bucket  # what was copied is still where it was


async def test_a_service_over_a_bucket_is_saved_at_work_and_brought_back_into_another_one(server, url, tmp_path):
    saved, other = str(tmp_path / "saved.tar"), f"{url}-restored"
    with new_home() as home, new_home() as later:
        with serving(home, SEEDBED_BLOBS_URL=url) as service:
            first = make(service)
            do(home, "backup", saved, SEEDBED_BLOBS_URL=url)

        assert "1 files" in do(later, "restore", saved, "--blobs", other)
        with serving(later, SEEDBED_BLOBS_URL=other, **PRESIGNED) as service:
            for request_id in (first, make(service)):
                assert assert_there(service, request_id, tmp_path / "clip.mp4").startswith(server.endpoint)
            audited = do(later, "audit", "--checksums", SEEDBED_BLOBS_URL=other)

    assert audited == "All is sound.\n"
    assert len(await keys(url, tmp_path)) == 1


def test_a_bucket_that_cannot_be_used_is_told_before_anything_is_copied(tmp_path):
    with new_home() as home, new_home() as later:
        with serving(home) as service:
            first = make(service)
            do(home, "backup", str(tmp_path / "saved.tar"))
        moved = run_cli(home, "move", "--blobs", "s3://nobody-made-it", **ENGINE)
        secretive = run_cli(home, "move", "--blobs", f"s3://{BUCKET}", AWS_SECRET_ACCESS_KEY="wrong", **ENGINE)
        restored = run_cli(later, "restore", str(tmp_path / "saved.tar"), "--blobs", "s3://nobody-made-it", **ENGINE)
        again = do(later, "restore", str(tmp_path / "saved.tar"))
        with serving(later) as service:
            assert_there(service, first, tmp_path / "clip.mp4")

    assert [done.returncode for done in (moved, secretive, restored)] == [1, 1, 1]
    assert "there is no such bucket" in moved.stderr
    assert "mend AWS_SECRET_ACCESS_KEY" in secretive.stderr
    assert "there is no such bucket" in restored.stderr
    assert "1 files" in again
