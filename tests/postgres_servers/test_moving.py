"""A service goes from one major version of PostgreSQL to another by `backup`, `restore` and `move`, both ways."""

from __future__ import annotations

import pytest
from clusters import cluster, programs
from journeys import run_cli, service, walk

from seedbed.store.migrate import migrate


@pytest.mark.parametrize(("old", "new"), [("14", "18"), ("18", "14")])
def test_a_service_is_saved_on_one_version_and_restored_on_another(old, new, tmp_path) -> None:
    saved, bytes_there = tmp_path / "saved.tar", {"SEEDBED_BLOBS_URL": (tmp_path / "bytes").as_uri()}
    with cluster(programs(old)) as there, cluster(programs(new)) as here:
        migrate(there.url())
        with service(there.url(), **bytes_there) as running:
            walk(running)
            taken = run_cli(there.url(), "backup", str(saved), **bytes_there)
        restored = run_cli(here.url(), "restore", str(saved), **bytes_there)
        audited = run_cli(here.url(), "audit", "--checksums", **bytes_there)

    assert (taken.returncode, restored.returncode) == (0, 0), taken.stderr + restored.stderr
    assert f"on PostgreSQL {old}." in restored.stdout
    assert audited.stdout == "All is sound.\n"


def test_a_service_is_moved_from_one_version_to_another() -> None:
    with cluster(programs("15")) as there, cluster(programs("17")) as here:
        migrate(there.url())
        with service(there.url()) as running:
            walk(running)
        moved = run_cli(there.url(), "move", "--database", here.url())
        shown = run_cli(here.url(), "keys", "list")

    assert moved.returncode == 0, moved.stderr
    assert "Copied" in moved.stdout
    assert "active" in shown.stdout
