"""Measures every row of the renderer's table: `python -m bench.animatic [--only NAME ...] [--rounds 5] [--json FILE]`.

Each part runs as a process of its own, one after the other, and writes its rows as JSON; this puts them together and
prints a table. On a quiet machine all of it takes less than eight minutes. Look at `load`: above the number of
processors, times tell little, though the ratios are taken round by round.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SPEED = ("ceiling", "job", "memory")
LOOKS = ("plan_accuracy", "exact_frames", "camera_path", "camera_transfer", "beats")
OUT = Path("build") / "bench-animatic.json"
_DEADLINE_S = 420


def command_of(part: str, rounds: int) -> list[str]:
    if part in SPEED:
        return [sys.executable, "-m", "bench.animatic.speed", part, "--rounds", str(rounds)]
    return [sys.executable, str(HERE / f"{part}.py")]


def measured(part: str, rounds: int) -> dict[str, Any]:
    """Run one part. Its rows are what it wrote as JSON; what it printed is kept beside them."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.json"
        command = [*command_of(part, rounds), "--json", str(rows)]
        try:
            run = subprocess.run(command, capture_output=True, text=True, timeout=_DEADLINE_S, check=False)
            # A part may end with 1 to say that it missed a target; then it has written its rows all the same.
            failed = run.returncode not in (0, 1) or (run.returncode == 1 and not rows.exists())
            said, fault = run.stdout, run.stderr[-2000:] if failed else ""
        except subprocess.TimeoutExpired:
            said, fault = "", f"not finished within {_DEADLINE_S} s"
        found = json.loads(rows.read_text()) if rows.exists() else None
    return {"rows": found, "said": said, "fault": fault, "took_s": time.monotonic() - began}


def main() -> int:
    known = [*SPEED, *(part for part in LOOKS if (HERE / f"{part}.py").exists())]
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--only", nargs="+", choices=known, default=known)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--json", type=Path, default=OUT)
    given = arguments.parse_args()
    report: dict[str, Any] = {
        "machine": {"processors": len(os.sched_getaffinity(0)), "kind": platform.machine()},
        "load_before": os.getloadavg(),
        "parts": {},
    }
    for part in given.only:
        print(f"--- {part}", flush=True)
        result = report["parts"][part] = measured(part, given.rounds)
        print((result["said"] + result["fault"]).rstrip())
        print(f"    ({result['took_s']:.0f} s, load {os.getloadavg()[0]:.1f})", flush=True)
    report["load_after"] = os.getloadavg()
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(report, indent=1))
    print("Written to", given.json)
    return 1 if any(result["fault"] for result in report["parts"].values()) else 0


if __name__ == "__main__":
    sys.exit(main())
