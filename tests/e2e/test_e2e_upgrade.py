"""A release works on the schema of the next one: so processes are replaced one by one, and may go back."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from serving import Served, new_home, run_cli

from seedbed.store import dump, embedded
from seedbed.store.migrate import migrate

pytestmark = pytest.mark.server


def bring_to_a_later_release(url: str) -> None:
    """Do what a migration of a later release would: every table gets a column, and there is one more table."""
    migrate(url)
    with psycopg.connect(url) as conn:
        for table in dump.tables():
            conn.execute(SQL("alter table {} add later integer not null default 7").format(Identifier(table)))
        conn.execute("create table later_thing (id bigint primary key)")
        conn.execute("insert into schema_migration (name) values ('9999_later.sql')")


def test_a_whole_service_works_on_the_schema_of_a_later_release(tmp_path: Path) -> None:
    with new_home() as home:
        with embedded.start(home / "postgres") as server:
            bring_to_a_later_release(server.url)
        service = Served(home, SEEDBED_ENGINE="testcard")
        try:
            with service.client() as client:
                created = client.videos.create(prompt="slow push in", duration=4, resolution="480p")
                client.videos.download(client.videos.wait(created.request_id, timeout_s=60), tmp_path / "clip.mp4")
                charged = client.videos.get(created.request_id).charged_credits
            audited = run_cli(home, "audit", "--checksums")
            saved = run_cli(home, "backup", str(tmp_path / "saved.tar"))
        finally:
            service.stop()

    assert charged
    assert (tmp_path / "clip.mp4").stat().st_size > 10_000
    assert audited.stdout == "All is sound.\n"
    assert saved.returncode == 1
    assert "the schema of a later Seedbed (migration 9999_later.sql)" in saved.stderr
