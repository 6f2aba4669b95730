"""The worker's private folder: gone when the worker is, even if it was killed."""

import subprocess
import sys

from seedbed.worker.scratch import PREFIX, open_scratch


def test_the_folder_is_private_and_removed_in_the_end(tmp_path):
    with open_scratch(tmp_path) as folder:
        (folder / "job-1").mkdir()
        (folder / "job-1" / "reference-0").write_bytes(b"x")
        mode = folder.stat().st_mode & 0o777

    assert mode == 0o700
    assert list(tmp_path.iterdir()) == []


def test_a_killed_workers_folder_is_removed_by_the_next_and_a_living_ones_kept(tmp_path):
    script = "import os, sys; from pathlib import Path; from seedbed.worker.scratch import open_scratch\n" + (
        "with open_scratch(Path(sys.argv[1])) as f: os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False, timeout=60)
    left_behind = list(tmp_path.iterdir())

    with open_scratch(tmp_path) as first, open_scratch(tmp_path) as second:
        present = set(tmp_path.iterdir())

    assert len(left_behind) == 1
    assert present == {first, second}


def test_other_peoples_folders_are_left_alone(tmp_path):
    (tmp_path / f"{PREFIX}without-a-lock").mkdir()

    with open_scratch(tmp_path):
        pass

    assert [path.name for path in tmp_path.iterdir()] == [f"{PREFIX}without-a-lock"]
