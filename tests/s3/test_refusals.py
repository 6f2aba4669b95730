"""What is wrong with a bucket is told at start, in words that say what to mend, and never with a secret."""

from __future__ import annotations

import socket
import traceback

import pytest
from serving import new_home, run_cli
from weed import BUCKET, OWNER, READER

from seedbed.blobs import probe as probing
from seedbed.blobs.probe import probe
from seedbed.blobs.store import open_blobs
from seedbed.core.errors import NotReady, Unavailable


async def refused(url: str, tmp_path) -> str:
    with pytest.raises(NotReady) as failure:
        await probe(open_blobs(url, tmp_path))
    told = str(failure.value)
    assert OWNER[1] not in "".join(traceback.format_exception(failure.value))
    return told


async def test_a_bucket_that_is_not_there(tmp_path):
    assert "there is no such bucket" in await refused("s3://nobody-made-it", tmp_path)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"AWS_ACCESS_KEY_ID": "nobody"}, "mend AWS_ACCESS_KEY_ID"),
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "mend AWS_SECRET_ACCESS_KEY"),
        ({"AWS_ACCESS_KEY_ID": READER[0], "AWS_SECRET_ACCESS_KEY": READER[1]}, "s3:PutObject"),
        ({"AWS_ENDPOINT_URL": "http://host.invalid"}, "mend AWS_ENDPOINT_URL"),
    ],
    ids=["unknown key", "wrong secret", "a reader's key", "no such host"],
)
async def test_variables_that_are_wrong(url, tmp_path, monkeypatch, wrong, told):
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)

    assert told in await refused(url, tmp_path)


async def test_an_endpoint_where_nobody_listens_or_somebody_else(url, tmp_path, monkeypatch, server):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        assert "mend AWS_ENDPOINT_URL" in await refused(url, tmp_path)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint.replace("http:", "https:"))
    assert "mend AWS_ENDPOINT_URL" in await refused(url, tmp_path)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.no_bucket)
    assert "mend AWS_ENDPOINT_URL" in await refused(url, tmp_path)


async def test_a_store_that_hangs(url, tmp_path, monkeypatch, server):
    monkeypatch.setattr(probing, "PROBE_S", 1.0)
    server.freeze()

    assert "does not answer in time" in await refused(url, tmp_path)


async def test_a_missing_bucket_is_no_missing_file_to_those_who_write(tmp_path):
    blobs = open_blobs("s3://nobody-made-it", tmp_path)

    with pytest.raises(Unavailable):
        await blobs.put_bytes("a", b"x")
    with pytest.raises(Unavailable):
        await blobs.delete_prefix("jobs/req_1")


@pytest.mark.parametrize("command", ["serve", "work"])
def test_the_commands_say_it_and_end(command, database):
    with new_home() as home:
        given = {"SEEDBED_DATABASE_URL": database, "SEEDBED_BLOBS_URL": f"s3://{BUCKET}/x"}
        ended = run_cli(home, command, **given, AWS_SECRET_ACCESS_KEY="a-secret-that-is-wrong")

    said = ended.stdout + ended.stderr
    assert ended.returncode == 1
    assert "mend AWS_SECRET_ACCESS_KEY" in said
    assert "Traceback" not in said
    assert "a-secret-that-is-wrong" not in said


def test_presigning_without_a_bucket_is_told_at_start():
    with new_home() as home:
        ended = run_cli(home, "serve", SEEDBED_RESULT_URLS="presign")

    assert ended.returncode == 1
    assert "needs a bucket in SEEDBED_BLOBS_URL" in ended.stdout + ended.stderr
