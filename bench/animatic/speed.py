"""The rows about speed and memory: against the encoder alone, against what people use instead, and the peak.

    python -m bench.animatic.speed ceiling|job|memory [--json FILE] [--rounds N]

Times are compared within one round of one run, by turns; what is reported are medians of ratios. The whole job is
warm, as in a worker that has made a clip before, and goes from the photograph's file to the finished, conformed clip.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
from collections.abc import Callable
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

import cv2
from bench.animatic.peers import peers
from bench.animatic.rounds import by_turns, load, medians, ratio

from seedbed.core.engine import Canvas, LocalReference, RenderTask, Stage
from seedbed.core.references import Kind, Role
from seedbed.core.sizes import Size
from seedbed.engines.animatic.encode import encode, workers_for
from seedbed.engines.animatic.engine import Animatic
from seedbed.engines.animatic.kernel.tiles import installed
from seedbed.engines.animatic.production import prepare
from seedbed.engines.animatic.subject import SubjectFinder
from seedbed.media.conform import conform

PHOTO = "fig.jpg"  # a sure subject, so that both layers are drawn
HD, FULL_HD = Size(1280, 720), Size(1920, 1080)
FRAMES, FPS = 121, 24
# Two layers and grain, and the plain move that everyone makes first.
CEILING_PROMPTS = ("slow push in", "orbit right, film grain")
JOB_PROMPT = "slow push in"
TARGET_OF_CEILING = 0.82
# Ours by theirs, at most; and theirs by ours, at least.
TARGET_PLAIN, TARGET_SMOOTH, TARGET_MOVIEPY = 1.15, 2.5, 5.0
TARGET_MB = 700.0

Row = dict[str, Any]


def photo() -> Path:
    return Path(str(resources.files("seedbed.samples") / PHOTO))


def task_of(prompt: str, size: Size, frames: int = FRAMES) -> RenderTask:
    reference = LocalReference(photo(), Kind.IMAGE, Role.FIRST_FRAME, "mediaUrls[0]")
    return RenderTask(prompt, Canvas(size, frames, FPS), (reference,), seed=7, wants_audio=True)


def quiet(_stage: Stage, _fraction: float, *, preview: bytes | None = None) -> None:
    """A watcher that wants nothing."""


def ceiling(rounds: int) -> list[Row]:
    """Drawing and encoding, against encoding the same frames drawn beforehand: same encoders, same threads."""
    rows = []
    finder = SubjectFinder()
    for size in (HD, FULL_HD):
        for prompt in CEILING_PROMPTS:
            task = task_of(prompt, size)
            production = prepare(task, lambda: finder)
            threads = cv2.getNumThreads()
            cv2.setNumThreads(1)
            try:
                rows.append(_ceiling(task, production, threads, rounds))
            finally:
                cv2.setNumThreads(threads)
    return rows


def encoding_alone(task: RenderTask, production: Any, out: Path, workers: int) -> Callable[[], None]:
    """Return what encodes the production's frames, drawn beforehand: what no drawing, however fast, can beat."""
    paint = production.film.painter()
    drawn = [paint(frame) for frame in range(task.canvas.frames)]
    return partial(_write, out, task, production, [drawn.__getitem__] * workers)


def _write(out: Path, task: RenderTask, production: Any, painters: list[Any]) -> None:
    sound, is_noise = production.sound.samples, production.sound.is_noise
    tags: dict[str, str] = {}
    encode(
        out,
        task.canvas,
        painters,
        sound=sound,
        sound_is_noise=is_noise,
        tags=tags,
        watch=lambda _done: None,
        poll_s=0.04,
    )


def _ceiling(task: RenderTask, production: Any, threads: int, rounds: int) -> Row:
    workers = workers_for(task.canvas, threads)
    film = production.film
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "clip.mp4"
        encoding = encoding_alone(task, production, out, workers)
        whole = partial(_write, out, task, production)
        costs = by_turns(
            {"whole": lambda: whole([film.painter() for _ in range(workers)]), "encoding": encoding}, rounds
        )
    return {
        "row": f"pipeline against the ceiling of {workers} encoders, {task.canvas.size.height_px}p, '{task.prompt}'",
        "value": ratio(costs, "encoding", "whole"),
        "target": TARGET_OF_CEILING,
        "better": "higher",
        "fps": {name: task.canvas.frames / cost.wall_s for name, cost in medians(costs).items()},
        "cpu_ms_a_frame": {name: 1e3 * cost.cpu_s / task.canvas.frames for name, cost in medians(costs).items()},
        "load": load(),
    }


def job(rounds: int) -> list[Row]:
    task, engine = task_of(JOB_PROMPT, HD), Animatic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def ours() -> None:
            (folder / "ours.mp4").unlink(missing_ok=True)
            made = engine.make(task, folder / "made.mp4", quiet)
            source = engine.describe().digital_source_type
            tags = {"encoded_by": "Seedbed", "engine": "animatic", "digital_source_type": source}
            conform(made.path, folder / "ours.mp4", canvas=task.canvas, wants_audio=True, tags=tags)

        production = prepare(task, SubjectFinder)
        encoding = encoding_alone(
            task, production, folder / "encoded.mp4", workers_for(task.canvas, cv2.getNumThreads())
        )
        others = {"encoding": encoding} | peers(
            photo(), folder, width=HD.width_px, height=HD.height_px, frames=FRAMES, fps=FPS
        )
        costs = by_turns({"ours": ours, **others}, rounds)
        sizes = {path.stem: path.stat().st_size for path in folder.glob("*.mp4")}
    middle = medians(costs)
    notes = {
        "wall_s": {name: cost.wall_s for name, cost in middle.items()},
        "cpu_s": {name: cost.cpu_s for name, cost in middle.items()},
        "size_bytes": sizes,
        "load": load(),
    }
    row = "whole warm 5 s 720p job"
    return [
        {
            "row": f"{row}: ours by plain zoompan",
            "value": ratio(costs, "ours", "zoompan"),
            "target": TARGET_PLAIN,
            "better": "lower",
            **notes,
        },
        _faster(f"{row}: 8000 px zoompan by ours", ratio(costs, "zoompan_8000", "ours"), TARGET_SMOOTH),
        _faster(f"{row}: moviepy by ours", ratio(costs, "moviepy", "ours"), TARGET_MOVIEPY),
    ]


def _faster(row: str, value: float, target: float) -> Row:
    return {"row": row, "value": value, "target": target, "better": "higher"}


def memory(_rounds: int) -> list[Row]:
    """The peak of this process, so this has to run in one of its own."""
    with tempfile.TemporaryDirectory() as folder:
        Animatic().make(task_of("orbit right, rain", FULL_HD, 15 * FPS + 1), Path(folder) / "clip.mp4", quiet)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        {"row": "peak memory, MB: 1080p, 15 s, rain", "value": peak_mb, "target": TARGET_MB, "better": "lower"},
    ]


def main() -> None:
    rows = {"ceiling": ceiling, "job": job, "memory": memory}
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("what", choices=rows)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--json", type=Path)
    given = arguments.parse_args()
    kernel = installed()
    measured = [row | {"kernel": kernel.variant if kernel else 0} for row in rows[given.what](given.rounds)]
    if given.json:
        given.json.write_text(json.dumps(measured, indent=1))
    for row in measured:
        print(f"{row['value']:8.2f}  (target {row['target']}, {row['better']} is better)  {row['row']}")


if __name__ == "__main__":
    main()
