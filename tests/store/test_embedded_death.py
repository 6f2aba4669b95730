"""However a server or its parent dies, nothing stays behind and nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest
from embedded_probes import QUICK, Parent, processes_on, query, wait_until_nobody_is_on

from seedbed.core.errors import NotReady
from seedbed.store import embedded

ROW = "CREATE TABLE kept AS SELECT 42 AS answer"


@pytest.mark.parametrize("in_a_thread", [False, True], ids=["tied by the kernel", "tied by a pipe"])
def test_killing_the_parent_leaves_no_process_and_loses_no_row(data_dir, in_a_thread):
    parent = Parent(data_dir, in_a_thread=in_a_thread)
    query(parent.url, ROW)
    assert parent.pid in processes_on(data_dir)

    parent.kill()

    wait_until_nobody_is_on(data_dir)
    with embedded.start(data_dir, settings=QUICK) as server:
        assert query(server.url, "SELECT answer FROM kept") == [(42,)]


def test_a_start_right_after_the_parent_was_killed_waits_for_the_old_server(data_dir):
    parent = Parent(data_dir)
    query(parent.url, ROW)
    os.kill(parent.pid, signal.SIGSTOP)  # it cannot shut down before we let it

    parent.kill()
    threading.Timer(0.3, os.kill, (parent.pid, signal.SIGCONT)).start()

    with embedded.start(data_dir, settings=QUICK) as server:
        assert parent.pid not in processes_on(data_dir)
        assert query(server.url, "SELECT answer FROM kept") == [(42,)]


def test_a_living_seedbed_in_another_process_is_named(data_dir):
    parent = Parent(data_dir)

    with pytest.raises(NotReady, match=rf"pid {parent.process.pid}\)"):
        embedded.start(data_dir)

    parent.kill()
    wait_until_nobody_is_on(data_dir)


def test_a_killed_server_recovers_at_the_next_start(shared_data_dir):
    server = embedded.start(shared_data_dir, settings=QUICK)
    query(server.url, ROW)
    os.kill(server.pid, signal.SIGKILL)
    server.stop()

    with embedded.start(shared_data_dir, settings=QUICK) as server:
        assert query(server.url, "SELECT answer FROM kept") == [(42,)]
        query(server.url, "DROP TABLE kept")


def test_a_server_started_in_a_thread_outlives_the_thread(shared_data_dir):
    servers = []
    thread = threading.Thread(target=lambda: servers.append(embedded.start(shared_data_dir, settings=QUICK)))
    thread.start()
    thread.join()

    assert query(servers[0].url, "SELECT 1") == [(1,)]

    servers[0].stop()
    assert processes_on(shared_data_dir) == set()


FORGETFUL = """
import gc, pathlib, sys, threading
import psycopg
from seedbed.store import embedded

urls = []
folder = pathlib.Path(sys.argv[1])
thread = threading.Thread(target=lambda: urls.append(embedded.start(folder, settings={"fsync": "off"}).url))
thread.start()
thread.join()
gc.collect()
with psycopg.connect(urls[0]) as connection:
    print(connection.execute("SELECT pg_sleep(0.2) IS NULL, 6 * 7").fetchone()[1])
"""


def test_a_server_whose_object_was_dropped_runs_until_its_parent_exits(shared_data_dir):
    command = [sys.executable, "-c", FORGETFUL, str(shared_data_dir)]

    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout == "42\n"
    assert processes_on(shared_data_dir) == set()


def test_ctrl_c_in_the_terminal_leaves_the_server_to_its_parent(shared_data_dir):
    with embedded.start(shared_data_dir, settings=QUICK) as server:
        assert os.getpgid(server.pid) != os.getpgid(0)
