"""`seedbed generate` over the photographs, every ratio and every resolution: each file is exactly what was promised."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest
from clips import SIZES, assert_promised
from serving import Served, run_cli

pytestmark = pytest.mark.server

SHIPPED = Path(str(resources.files("seedbed") / "samples"))
PHOTOGRAPHS = [
    *(SHIPPED / name for name in ("dandelion.jpg", "fig.jpg", "dogs.jpg", "valley.jpg")),
    *(Path(__file__).parent / "photographs" / name for name in ("astronaut.jpg", "rocket.jpg", "stream.jpg")),
]
TEN = [*SIZES, ("480p", "16:9")]


@pytest.mark.parametrize(
    ("position", "resolution", "aspect_ratio"), [(i, *sizes) for i, sizes in enumerate(TEN)], ids=lambda part: str(part)
)
def test_ten_in_a_row_are_exactly_what_was_promised(
    position: int, resolution: str, aspect_ratio: str, served: Served, tmp_path: Path
) -> None:
    photograph = PHOTOGRAPHS[position % len(PHOTOGRAPHS)]
    options = ["--duration", "4", "--resolution", resolution, "--aspect-ratio", aspect_ratio, "--seed", "7"]
    out = tmp_path / "deep" / "clip.mp4"

    done = run_cli(
        served.home, "generate", str(photograph), "-p", "slow push in", *options, "--out", str(out), CI="true"
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "97 frames, 4.04 s" in done.stdout
    assert_promised(out, resolution=resolution, aspect_ratio=aspect_ratio, duration_s=4)


def test_a_refusal_is_one_line_that_says_what_would_be_right(served: Served) -> None:
    done = run_cli(served.home, "generate", "-p", "x", "--duration", "3")

    assert done.returncode == 3
    assert done.stderr.startswith("seedbed: duration must be 4 to 15")


def test_a_text_file_that_is_named_like_a_picture_is_refused_at_the_upload(served: Served, tmp_path: Path) -> None:
    (tmp_path / "note.jpg").write_text("no picture at all")

    done = run_cli(served.home, "generate", str(tmp_path / "note.jpg"), "-p", "x")

    assert done.returncode == 3
    assert done.stderr.count("\n") == 1


def test_keys_and_credits_are_looked_after_while_the_service_runs(served: Served) -> None:
    made = run_cli(served.home, "keys", "create", "--name", "another")
    account = made.stdout.split("account ")[1].split(".")[0]
    key_id = made.stdout.split("Key ")[1].split(" ")[0]

    granted = run_cli(served.home, "credits", "grant", account, "500")
    revoked = run_cli(served.home, "keys", "revoke", key_id)

    assert made.stdout.startswith("sd2_live_")
    assert "500 credits available" in granted.stdout
    assert revoked.returncode == 0
    assert "revoked" in run_cli(served.home, "keys", "list").stdout
