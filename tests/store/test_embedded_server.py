"""The embedded PostgreSQL as whoever uses it sees it."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from embedded_probes import QUICK, query
from psycopg.conninfo import make_conninfo

from seedbed.core.errors import NotReady
from seedbed.store import embedded


def test_a_first_start_makes_an_empty_database_that_the_application_role_owns(data_dir):
    with embedded.start(data_dir, settings=QUICK) as server:
        owner = query(
            server.url, "SELECT current_user, pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'seedbed'"
        )
        tables = query(server.url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")

        assert owner == [("seedbed", "seedbed")]
        assert tables == [(0,)]
        assert server.version.startswith("18")


@pytest.mark.parametrize("statement", ["CREATE ROLE another", "CREATE DATABASE another", "ALTER SYSTEM SET jit = on"])
def test_the_application_role_is_no_superuser(shared_data_dir, statement):
    with embedded.start(shared_data_dir, settings=QUICK) as server, pytest.raises(psycopg.errors.InsufficientPrivilege):
        query(server.url, statement)


def test_a_wrong_password_is_refused(shared_data_dir):
    refused = pytest.raises(psycopg.OperationalError, match="password authentication failed")

    with embedded.start(shared_data_dir, settings=QUICK) as server, refused:
        query(make_conninfo(server.url, password="guess"), "SELECT 1")


def test_a_second_start_keeps_the_data(shared_data_dir):
    with embedded.start(shared_data_dir, settings=QUICK) as server:
        query(server.url, "CREATE TABLE kept AS SELECT 42 AS answer")

    with embedded.start(shared_data_dir, settings=QUICK) as server:
        assert query(server.url, "SELECT answer FROM kept") == [(42,)]
        query(server.url, "DROP TABLE kept")


def test_only_a_socket_listens_unless_tcp_is_asked_for(shared_data_dir):
    with embedded.start(shared_data_dir, settings=QUICK) as server:
        assert server.port is None
        assert query(server.url, "SHOW listen_addresses") == [("",)]

    with embedded.start(shared_data_dir, settings=QUICK, tcp=True) as server:
        through_tcp = make_conninfo(server.url, host="127.0.0.1", port=server.port)
        assert query(through_tcp, "SELECT host(inet_server_addr())") == [("127.0.0.1",)]


def test_secrets_data_and_socket_are_closed_to_others(shared_data_dir):
    with embedded.start(shared_data_dir, settings=QUICK) as server:
        socket_folder = Path(parse_qs(urlsplit(server.url).query)["host"][0])
        files = [shared_data_dir / name for name in ("passwords.json", "postgres.log", "lock")]

        assert [stat.filemode(file.stat().st_mode) for file in files] == ["-rw-------"] * 3
        assert stat.filemode((shared_data_dir / "cluster").stat().st_mode) == "drwx------"
        assert stat.filemode(socket_folder.stat().st_mode) == "drwx------"


def test_a_second_supervisor_is_refused_and_told_who_holds_the_folder(shared_data_dir):
    with embedded.start(shared_data_dir, settings=QUICK) as server:
        with pytest.raises(NotReady, match=rf"pid {os.getpid()}\) already uses {shared_data_dir}"):
            embedded.start(shared_data_dir)
        with pytest.raises(NotReady, match="already uses"):
            embedded.erase(shared_data_dir)

        assert query(server.url, "SELECT 1") == [(1,)]


def test_another_major_version_is_refused_with_the_commands_that_help(shared_data_dir):
    version = shared_data_dir / "cluster" / "PG_VERSION"
    version.write_text("17\n")

    commands = r"made by PostgreSQL 17.*postgres==17\.\*'`, `seedbed backup .*`mv .*`seedbed restore"
    with pytest.raises(NotReady, match=commands):
        embedded.start(shared_data_dir)

    version.write_text("18\n")


def test_stopping_twice_is_stopping_once_and_frees_the_folder(shared_data_dir):
    server = embedded.start(shared_data_dir, settings=QUICK)

    server.stop()
    server.stop()

    assert not (shared_data_dir / "socket").exists()
    embedded.start(shared_data_dir, settings=QUICK).stop()


def test_the_server_sees_nothing_of_our_environment(shared_data_dir, monkeypatch):
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("SEEDBED_SECRET", "of ours")

    with embedded.start(shared_data_dir, settings=QUICK) as server:
        variables = Path(f"/proc/{server.pid}/environ").read_bytes()

        assert {line.partition(b"=")[0] for line in variables.split(b"\0") if line} == {b"PATH", b"LC_ALL", b"TZ"}
        assert query(server.url, "SELECT 1") == [(1,)]  # PGPORT would lead astray a URL that names no port


def test_a_log_that_has_grown_is_begun_anew(shared_data_dir):
    log = shared_data_dir / "postgres.log"
    log.write_bytes(b"x" * (5 * 1024 * 1024))

    embedded.start(shared_data_dir, settings=QUICK).stop()

    assert 0 < log.stat().st_size < 100_000


def test_a_setting_that_postgresql_refuses_is_quoted_in_the_error(shared_data_dir):
    with pytest.raises(NotReady, match=r"FATAL.*shared_bufers"):
        embedded.start(shared_data_dir, settings={"shared_bufers": "1MB"})

    embedded.start(shared_data_dir, settings=QUICK).stop()  # the folder was let go


def test_a_pid_file_whose_pid_is_somebody_elses_by_now_does_not_stop_a_start(shared_data_dir):
    cluster = shared_data_dir / "cluster"
    owner = {"user": cluster.stat().st_uid} if os.geteuid() == 0 else {}
    stranger = subprocess.Popen(["sleep", "60"], **owner)
    (cluster / "postmaster.pid").write_text(f"{stranger.pid}\n{cluster}\n1\n5432\n/nowhere\n\n1 1\nready\n")

    embedded.start(shared_data_dir, settings=QUICK).stop()

    assert stranger.poll() is None  # and no signal went to it
    stranger.kill()
    stranger.wait()


def test_lost_passwords_are_named_not_replaced(shared_data_dir):
    passwords = shared_data_dir / "passwords.json"
    kept = passwords.rename(shared_data_dir / "elsewhere.json")

    with pytest.raises(NotReady, match=r"passwords\.json is gone"):
        embedded.start(shared_data_dir)

    kept.rename(passwords)
