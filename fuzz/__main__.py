"""Fuzzes one target after the other: `python -m fuzz [--seconds 600] [TARGET ...]`; ends with 1 if one was broken.

Each target is a process of its own with limits of its own. What broke it lies in build/fuzz/<target>/ afterwards; the
corpus of the repository is read and never written.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent
OUT = Path("build/fuzz")
# An input that takes longer is a hang, and memory beyond is a leak or a bomb. The longest input is in bytes.
HANG_S = 5
MEMORY_MB = {"pointers": 512, "urls": 512, "sniff": 512, "probe": 1536}
LONGEST = {"pointers": 4096, "urls": 2200, "sniff": 1100, "probe": 65_536}


def main() -> int:
    words = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    words.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(MEMORY_MB)}; without any, all")
    words.add_argument("--seconds", type=int, default=600, help="for each target")
    asked = words.parse_args()
    unknown = set(asked.targets) - set(MEMORY_MB)
    if unknown:
        words.error(f"no target {', '.join(sorted(unknown))}")
    broken = [name for name in asked.targets or MEMORY_MB if not fuzz(name, seconds=asked.seconds)]
    sys.stdout.write(f"broken: {', '.join(broken)}\n" if broken else "nothing broke\n")
    return bool(broken)


def fuzz(name: str, *, seconds: int) -> bool:
    """Run one target and say whether it held."""
    found = OUT / name
    (found / "corpus").mkdir(parents=True, exist_ok=True)
    options = (
        f"-max_total_time={seconds}",
        f"-timeout={HANG_S}",
        f"-rss_limit_mb={MEMORY_MB[name]}",
        f"-max_len={LONGEST[name]}",
        f"-artifact_prefix={found}/",
        "-print_final_stats=1",
    )
    sys.stdout.write(f"{name}: {seconds} s\n")
    sys.stdout.flush()
    command = [sys.executable, "-m", f"fuzz.{name}", *options, str(found / "corpus"), str(ROOT / "corpus" / name)]
    with (found / "log").open("wb") as log:
        done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, timeout=seconds + 300, check=False)
    said = (found / "log").read_text(errors="replace").splitlines()
    sys.stdout.write("\n".join(line for line in said if line.startswith(("stat::", "SUMMARY", " === "))) + "\n")
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
