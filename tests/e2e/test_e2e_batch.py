"""`seedbed batch` against a running service: killed in the middle, resumed, and charged once for each row."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from clips import assert_promised
from serving import Served, await_true, clean_environment, run_cli

from seedbed.cli.batch import LOCK
from seedbed.store.embedded.lock import locked

pytestmark = pytest.mark.server

PRICE = 16
ROWS = 6
TABLE = "prompt,duration,resolution,aspect_ratio\n" + "".join(f"shot {n},4,480p,16:9\n" for n in range(ROWS))


def rows(out: Path) -> list[dict[str, str]]:
    try:
        return json.loads((out / "manifest.json").read_text())["rows"]
    except FileNotFoundError:
        return []


def test_six_rows_that_were_killed_in_the_middle_and_resumed_are_six_charges(served: Served, tmp_path: Path) -> None:
    table, out = tmp_path / "shots.csv", tmp_path / "out"
    table.write_text(TABLE)
    command = ["batch", str(table), "--out", str(out), "--yes", "--concurrency", "2"]
    with served.client() as client:
        before = client.credits.get().available
    first = subprocess.Popen(
        [sys.executable, "-m", "seedbed.cli", *command], env=clean_environment(served.home), stdin=subprocess.DEVNULL
    )
    await_true(lambda: [row for row in rows(out) if row["state"] == "succeeded"])
    first.kill()
    first.wait()
    assert [row for row in rows(out) if row["state"] != "succeeded"]  # it was in the middle

    resumed = run_cli(served.home, *command)

    assert (resumed.returncode, resumed.stderr) == (0, "")
    assert f"{ROWS} of {ROWS} videos in {out}: {ROWS * PRICE} credits" in resumed.stdout
    with served.client() as client:
        mine = [job for job in client.videos.list(limit=100) if (job.prompt or "").startswith("shot ")]
        assert len({job.prompt for job in mine}) == len(mine) == ROWS
        assert before - client.credits.get().available == ROWS * PRICE
    for row in rows(out):
        assert_promised(out / row["file"], resolution="480p", aspect_ratio="16:9", duration_s=4)
    assert (out / "contact-sheet.png").read_bytes().startswith(b"\x89PNG")


def test_a_table_with_a_refused_row_orders_nothing(served: Served, tmp_path: Path) -> None:
    table, out = tmp_path / "shots.csv", tmp_path / "out"
    table.write_text("prompt,duration\ngood,5\nbad,3\nworse,99\n")

    done = run_cli(served.home, "batch", str(table), "--out", str(out), "--yes")

    assert done.returncode == 3
    assert [line.split(":")[1].strip() for line in done.stderr.splitlines()] == ["row 2", "row 3"]
    assert not out.exists()


def test_nobody_is_charged_who_did_not_agree(served: Served, tmp_path: Path) -> None:
    (tmp_path / "shots.csv").write_text("prompt\nx\n")

    done = run_cli(served.home, "batch", str(tmp_path / "shots.csv"), "--out", str(tmp_path / "out"))

    assert done.returncode == 2
    assert "1 video(s) to order: 40 credits" in done.stdout
    assert "--yes" in done.stderr


def test_a_second_run_into_the_same_folder_is_refused_in_words(served: Served, tmp_path: Path) -> None:
    table, out = tmp_path / "shots.csv", tmp_path / "out"
    table.write_text("prompt,duration\nx,4\n")
    out.mkdir()

    with locked(out, file=LOCK):
        done = run_cli(served.home, "batch", str(table), "--out", str(out), "--yes")

    assert done.returncode == 2
    assert "is at work in" in done.stderr
    assert [path.name for path in out.iterdir()] == [LOCK]
