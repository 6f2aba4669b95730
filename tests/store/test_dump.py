"""All rows out of one database and into another: nothing is lost, nothing is doubled, nothing is mixed."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from seedbed.blobs.store import Blobs, open_blobs
from seedbed.cli.archive import reading, writing
from seedbed.cli.backup_taking import Taking, working_folder
from seedbed.core.errors import NotReady
from seedbed.store import dump
from seedbed.store.database import connect
from seedbed.store.migrate import migrate, migrations, pending
from seedbed.store.rebuild import rebuild

pytestmark = pytest.mark.server
ASSET = """
insert into asset (id, account_id, is_live, kind, format, blob_key, size_bytes, sha256, created_at, expires_at)
values (%(id)s, %(account)s, true, 'image', 'png', 'assets/' || %(id)s, 3,
    encode(sha256('abc'), 'hex'), clock_timestamp(), clock_timestamp())
"""


class Erasing(Blobs):
    """A store in which somebody erases an upload, row and bytes, at the moment when it is first read."""

    database: str

    async def copy_to(self, key: str, path: Path) -> None:
        with psycopg.connect(self.database) as conn:
            conn.execute("delete from asset where blob_key = %s and id like '%%erased'", [key])
        if key.endswith("erased"):
            await self.delete(key)
        await super().copy_to(key, path)


async def take(database: str, blobs: Blobs, file: Path):
    conn = await connect(database, name="test")
    async with conn:
        with writing(file) as archive, working_folder(file) as folder:
            return await Taking(conn, blobs, archive, folder).take(None)


async def with_assets(database: str, folder: Path, *ids: str) -> None:
    with psycopg.connect(database) as conn:
        (account,) = conn.execute("insert into account (name) values ('Ada') returning id").fetchone()
        for asset_id in ids:
            conn.execute(ASSET, {"id": asset_id, "account": account})
    for asset_id in ids:
        await open_blobs(None, folder).put_bytes(f"assets/{asset_id}", b"abc")


def test_the_tables_that_are_copied_are_those_that_the_migrations_make(shared_database):
    with psycopg.connect(shared_database) as conn:
        made = {name for (name,) in conn.execute("select tablename from pg_tables where schemaname = 'public'")}

    assert set(dump.tables()) == made - {"schema_migration"}


async def test_every_counter_is_found(shared_database):
    conn = await connect(shared_database, name="test")
    async with conn:
        found = {f"{one.table}.{one.column}" for one in await dump.counters(conn)}

    with psycopg.connect(shared_database) as plain:
        (count,) = plain.execute("select count(*) from pg_sequences where schemaname = 'public'").fetchone()
    assert len(found) == count
    assert {"job.number", "account.id", "procrastinate_jobs.id"} <= found


async def test_what_is_erased_while_it_is_saved_is_in_no_row_of_the_backup(database, tmp_path):
    await with_assets(database, tmp_path / "blobs", "ast_stays", "ast_erased")
    store = Erasing(open_blobs(None, tmp_path / "blobs")._store)
    store.database = database

    manifest = await take(database, store, tmp_path / "saved.tar")

    assert [saved.key for saved in manifest.files] == ["assets/ast_stays"]
    assert {table.name: table.rows for table in manifest.tables}["asset"] == 1
    assert manifest.faults == ()


async def test_bytes_that_were_missing_or_altered_are_told_and_the_rest_is_saved(database, tmp_path):
    await with_assets(database, tmp_path / "blobs", "ast_altered", "ast_gone", "ast_sound")
    (tmp_path / "blobs/assets/ast_altered").write_bytes(b"xyz")
    (tmp_path / "blobs/assets/ast_gone").unlink()

    manifest = await take(database, open_blobs(None, tmp_path / "blobs"), tmp_path / "saved.tar")

    assert [saved.key for saved in manifest.files] == ["assets/ast_altered", "assets/ast_sound"]
    gone, altered = manifest.faults
    assert "ast_gone" in gone
    assert "ast_altered" in altered
    with reading(tmp_path / "saved.tar") as archive:
        archive.verify()


async def test_nothing_is_saved_of_a_database_that_no_service_has_used(empty_database, tmp_path):
    with pytest.raises(NotReady, match="nothing to save"):
        await take(empty_database, open_blobs(None, tmp_path / "blobs"), tmp_path / "saved.tar")

    assert [path.name for path in tmp_path.iterdir()] == ["blobs"]


def test_the_schema_of_an_earlier_moment_is_made_and_then_brought_forward(empty_database):
    known = [step.name for step in migrations()]
    later = [name for name in known if "0013" <= name < "1"] + known[-1:]  # the last is the library's

    rebuild(empty_database, [name for name in known if name not in later])

    assert pending(empty_database) == later
    assert migrate(empty_database) == later


def test_a_database_of_another_version_and_a_backup_of_a_later_one_are_refused(database):
    known = [step.name for step in migrations()]

    with pytest.raises(NotReady, match="later Seedbed"):
        rebuild(database, [*known, "9999_later.sql"])
    with pytest.raises(NotReady, match="empty"):
        rebuild(database, known[:-1])


async def test_rows_that_break_a_rule_are_refused_in_words_and_none_is_written(database):
    conn = await connect(database, name="test")

    async def orphan():
        yield b"1\ttrue\t0\t0\n"

    async def load(conn):
        async with dump.loading(conn, ["account", "balance"]):
            await dump.rows_in(
                conn, "balance", ("account_id", "is_live", "available_credits", "held_credits"), orphan()
            )

    async with conn:
        with pytest.raises(NotReady, match="violates foreign key constraint"):
            await load(conn)

        assert await dump.filled(conn) == []
