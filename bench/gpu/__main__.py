"""Times our engine beside the library's plain call: `python -m bench.gpu [--model ltx-2.3] [--rounds 3] [--best ...]`.

The real architectures with random weights, so nothing is downloaded; both sides in turn in one run, on one GPU. Without
a GPU it refuses. `--tiny` tries the harness itself, on any machine; its figures say nothing of any model.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

try:
    import torch
    from bench.gpu import arms, models
except ImportError as missing:
    sys.exit(f"bench.gpu needs the extra gpu ({missing}): make bench-gpu installs it into build/gpu.")

from seedbed.engines.diffusers.families import adapter_of
from seedbed.engines.diffusers.loading import Loaded
from seedbed.engines.diffusers.shelf import open_card
from seedbed.engines.diffusers.tuning import tune

OUT = Path("bench") / "results"
NO_GPU = 2
BUILDERS: dict[str, Callable[..., Any]] = {"ltx-2.3": models.build_ltx, "wan-2.2-ti2v-5b": models.build_wan}
ARMS = {"plain": arms.plain, "bare": arms.bare, "whole": arms.whole}
TINY_SIZES = {"ltx-2.3": "96x64", "wan-2.2-ti2v-5b": "64x64"}
# What the library offers for speed that leaves the clip as it is, up to rounding.
BEST = ("compiles=true", 'attention="_native_cudnn"')
TARGETS = {"overhead": "<= 0.02", "encode_share": "<= 0.05", "speed_of_best": ">= 2"}


def main() -> int:
    said = _said()
    if not said.tiny and not torch.cuda.is_available():
        print("bench.gpu measures a GPU, and torch sees none here. --tiny tries the harness itself on the CPU.")
        return NO_GPU
    device = torch.device("cpu" if said.tiny else "cuda")
    results = [_measured(name, device, said) for name in said.model or BUILDERS]
    text = json.dumps({"device": _name_of(device), "is_tiny": said.tiny, "models": results}, indent=1)
    if out := said.json or (None if said.tiny else OUT / f"gpu-{_slug(_name_of(device))}.json"):
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text + "\n")
    print(text)
    return 0


def _said() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.gpu")
    parser.add_argument("--model", action="append", choices=list(BUILDERS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5, help="of the clip")
    parser.add_argument("--steps", type=int, help="where not the card's")
    parser.add_argument("--offload", choices=["none", "model"], default="none", help="on both sides alike")
    parser.add_argument("--best", action="append", metavar="LINE", help="a card's line, in TOML; replaces the default")
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--json", type=Path, help="where the figures go; --tiny writes none without it")
    return parser.parse_args()


def _measured(name: str, device: torch.device, said: argparse.Namespace) -> dict[str, Any]:
    subject = _subject(name, device, said)
    tune(subject.model.pipeline, subject.card, device)
    runs = _rounds(subject, said.rounds)
    # The switches stay turned, so what is measured with them comes last.
    best = () if said.tiny else tuple(said.best or BEST)
    if best:
        lines = {**subject.lines, **tomllib.loads("\n".join(best))}
        tune(subject.model.pipeline, open_card(name, lines), device)
        runs["best"] = _rounds(replace(subject, lines=lines), said.rounds, only="whole")["whole"]
    plan = subject.plan()
    return {
        "model": name,
        "size": str(plan.size),
        "frames": plan.frames,
        "steps": plan.steps,
        "offload": said.offload,
        "best": best,
        "versions": {library: version(library) for library in ("torch", "diffusers", "transformers")},
        "seconds": runs,
        "ratios": _ratios(runs),
        "targets": TARGETS,
    }


def _subject(name: str, device: torch.device, said: argparse.Namespace) -> arms.Subject:
    lines: dict[str, Any] = {"folder": "random weights", "offload": said.offload}
    if said.tiny:
        lines |= {"dtype": "float32", "sizes": [TINY_SIZES[name]], "steps": 8, "offload": "none"}
    card = open_card(name, lines)
    pipeline = BUILDERS[name](device, getattr(torch, card.dtype), is_tiny=said.tiny)
    pipeline.set_progress_bar_config(disable=True)
    model = Loaded(adapter_of(card.family), pipeline, device, None)
    return arms.Subject(name, lines, model, 1 if said.tiny else said.seconds, said.steps or card.steps)


def _rounds(subject: arms.Subject, rounds: int, *, only: str | None = None) -> dict[str, Any]:
    """Run the arms in turn, once for nothing and then so often, and return the medians."""
    chosen = {name: arm for name, arm in ARMS.items() if only in (None, name)}
    taken: dict[str, list[arms.Run]] = {name: [] for name in chosen}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds + 1):
            for name, arm in chosen.items():
                run = arm(subject, Path(folder) / f"{name}.mp4")
                if number:
                    taken[name].append(run)
                    print(f"{subject.name} {name}: {run.total_s:.2f} s", file=sys.stderr)
        return {name: _median(runs) for name, runs in taken.items()}


def _median(runs: list[arms.Run]) -> dict[str, float]:
    tables = [asdict(run) for run in runs]
    return {name: round(statistics.median(table[name] for table in tables), 4) for name in tables[0] if tables[0][name]}


def _ratios(runs: dict[str, dict[str, float]]) -> dict[str, float]:
    """`overhead`: what ours costs beside the plain call, neither encoding. `encode_share`: of our whole time."""
    plain, bare, whole = (runs[name]["total_s"] for name in ARMS)
    ratios = {
        "overhead": bare / (plain - runs["plain"]["encode_s"]) - 1,
        "encode_share": (whole - bare) / whole,
        "speed": plain / whole,
    }
    if "best" in runs:
        ratios["speed_of_best"] = plain / runs["best"]["total_s"]
    return {name: round(ratio, 4) for name, ratio in ratios.items()}


def _name_of(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"


def _slug(name: str) -> str:
    return "-".join(name.lower().split())


if __name__ == "__main__":
    sys.exit(main())
