"""A service that is saved and brought back, or moved, goes on where it was: jobs, keys, money and bytes."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from clips import assert_promised
from serving import Served, new_home, run_cli

from seedbed_client import Generation

pytestmark = pytest.mark.server
ORDER = {"prompt": "slow push in, snow", "model": "seedance-2.0", "duration": 4, "resolution": "480p"}
OPTIONS = {"aspect_ratio": "16:9", "idempotency_key": "once"}
TESTCARD = {"SEEDBED_ENGINE": "testcard"}


@contextmanager
def serving(home: Path, *options: str, **settings: str) -> Iterator[Served]:
    service = Served(home, *options, **TESTCARD, **settings)
    try:
        yield service
    finally:
        service.stop()


@dataclass(frozen=True)
class Filled:
    """A stopped service with a video and a job that waits, and its backup, taken beside it at work. Left as it is."""

    home: Path
    made: Generation
    waiting: str
    left_credits: int

    @property
    def backup(self) -> str:
        return str(self.home / "live.tar")


@pytest.fixture(scope="module")
def filled() -> Iterator[Filled]:
    with new_home() as home:
        with serving(home) as service, service.client() as client:
            made = client.videos.wait(client.videos.create(**ORDER).request_id, timeout_s=60)
        with serving(home, "--workers", "0") as service, service.client() as client:
            waiting = client.videos.create(**ORDER, **OPTIONS)
            said = run_cli(home, "backup", str(home / "live.tar"))
            left_credits = client.credits.get().available
        assert said.returncode == 0, said.stderr
        assert "only you can read it" in said.stdout
        yield Filled(home, made, waiting.request_id, left_credits)


def assert_goes_on(service: Served, filled: Filled, folder: Path) -> None:
    """The same key: the first video can be loaded, the waiting job is the same order as before, and is made."""
    with service.client() as client:
        assert client.credits.get().available == filled.left_credits
        assert client.videos.create(**ORDER, **OPTIONS).request_id == filled.waiting
        client.videos.download(client.videos.get(filled.made.request_id), folder / "made.mp4")
        client.videos.download(client.videos.wait(filled.waiting, timeout_s=60), folder / "waited.mp4")
        assert client.credits.get().available == filled.left_credits
    for name in ("made.mp4", "waited.mp4"):
        assert_promised(folder / name, resolution="480p", aspect_ratio="16:9", duration_s=4, engine="testcard")


def test_a_service_saved_at_work_is_restored_and_goes_on(filled: Filled, tmp_path: Path) -> None:
    with new_home() as other:
        verified = run_cli(other, "backup", "--verify", filled.backup)
        restored = run_cli(other, "restore", filled.backup)
        assert (verified.returncode, restored.returncode) == (0, 0), restored.stderr
        assert stat.S_IMODE(Path(filled.backup).stat().st_mode) == 0o600
        assert stat.S_IMODE((other / "developer.json").stat().st_mode) == 0o600

        with serving(other) as service:
            assert_goes_on(service, filled, tmp_path)
            audited = run_cli(other, "audit", "--checksums", **TESTCARD)
        again = run_cli(other, "restore", filled.backup)

    assert audited.stdout == "All is sound.\n"
    assert again.returncode == 1
    assert "has rows already" in again.stderr


def test_the_embedded_database_is_taken_to_another_version_of_postgresql(filled: Filled) -> None:
    with new_home() as home:
        shutil.copytree(filled.home / "blobs", home / "blobs")
        (home / "postgres/cluster").mkdir(parents=True)
        (home / "postgres/cluster/PG_VERSION").write_text("17\n")
        refused = run_cli(home, "audit")
        (home / "postgres").rename(home / "postgres-17")
        restored = run_cli(home, "restore", filled.backup)
        audited = run_cli(home, "audit", "--checksums")

    assert refused.returncode == 2
    assert f"`mv {home}/postgres {home}/postgres-17`" in refused.stderr
    assert "1 files" in restored.stdout
    assert audited.stdout == "All is sound.\n"


def test_the_embedded_service_moves_to_a_real_database_and_back(
    filled: Filled, empty_database: str, tmp_path: Path
) -> None:
    real = {"SEEDBED_DATABASE_URL": empty_database, "SEEDBED_BLOBS_URL": (tmp_path / "bucket").as_uri()}
    with new_home() as back:
        there = run_cli(filled.home, "move", "--database", empty_database, "--blobs", real["SEEDBED_BLOBS_URL"])
        audited = run_cli(filled.home, "audit", "--checksums", **real)
        (back / "developer.json").write_bytes((filled.home / "developer.json").read_bytes())
        returned = run_cli(back, "move", "--database", "embedded", "--blobs", "folder", **real)

        assert (there.returncode, returned.returncode) == (0, 0), there.stderr + returned.stderr
        assert audited.stdout == "All is sound.\n"
        assert (tmp_path / "bucket" / "jobs" / filled.made.request_id).is_dir()
        with serving(back) as service:
            assert_goes_on(service, filled, tmp_path)


def test_what_is_in_use_is_not_moved(database: str, empty_database: str, tmp_path: Path) -> None:
    with new_home() as home, psycopg.connect(database, application_name="seedbed worker"):
        used = run_cli(home, "move", "--database", empty_database, SEEDBED_DATABASE_URL=database)
    with new_home() as home:
        nowhere = run_cli(home, "move")

    assert used.returncode == 1
    assert "in use by seedbed worker. Stop every" in used.stderr
    assert nowhere.returncode == 2
    with psycopg.connect(empty_database) as conn:
        assert conn.execute("select to_regclass('job')").fetchone() == (None,)


def test_a_backup_that_is_damaged_or_cut_off_restores_nothing(database: str, tmp_path: Path) -> None:
    whole, cut, bent = (tmp_path / name for name in ("whole.tar", "cut.tar", "bent.tar"))
    with new_home() as home:
        assert run_cli(home, "backup", str(whole), SEEDBED_DATABASE_URL=database).returncode == 0
        data = bytearray(whole.read_bytes())
        cut.write_bytes(data[: len(data) // 2])
        data[530] ^= 1  # in the first table
        bent.write_bytes(data)
        verified = run_cli(home, "backup", "--verify", str(bent))
        refused = [run_cli(home, "restore", str(file)) for file in (cut, bent)]
        replaced = run_cli(home, "backup", str(whole), SEEDBED_DATABASE_URL=database)
        left = sorted(path.name for path in home.iterdir())

    assert [done.returncode for done in (verified, *refused, replaced)] == [1, 1, 1, 1]
    assert "is damaged: tables/account.copy.gz" in verified.stderr
    assert "is no whole backup" in refused[0].stderr
    assert "is damaged" in refused[1].stderr
    assert "already; name another one" in replaced.stderr
    assert "postgres" not in left
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bent.tar", "cut.tar", "whole.tar"]
