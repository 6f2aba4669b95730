"""One piece of work, in the child: the engine makes a video, and it is made exactly what was promised.

Nothing is left at the promised places unless all of it went well: the engine writes into a folder of its own, which is
removed whatever happens.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from seedbed.core.engine import Engine, Report, Stage, marks
from seedbed.core.errors import EngineFailed
from seedbed.core.faults import MediaFault
from seedbed.media.conform import conform
from seedbed.media.thumbnail import last_frame_png
from seedbed.worker import wire


def produce(engine: Engine, work: wire.Make, report: Report) -> wire.Done:
    """Make the video at `work.out`, and its last frame where it is wanted. Raises Stop or JobFailure."""
    report(Stage.PREPARING, 0.0)
    capabilities = engine.describe()
    task = work.task
    # The last frame bears no mark, for it is meant to be the first of another clip. So where it is wanted, the engine
    # makes a clip without one.
    marks_later = task.wants_watermark and (work.last_frame is not None or not capabilities.draws_watermark)
    with TemporaryDirectory(prefix="making-", dir=work.out.parent) as folder:
        made = engine.make(replace(task, wants_watermark=False) if marks_later else task, _new(folder, "made"), report)
        report(Stage.FINISHING, 0.0)
        tags = marks(capabilities.name, made.digital_source_type or capabilities.digital_source_type)
        promised = partial(conform, canvas=task.canvas, wants_audio=task.wants_audio, tags=tags)
        share = 0.4 / task.canvas.frames
        conformed = promised(
            made.path,
            _new(folder, "bare") if marks_later else work.out,
            watch=lambda n: report(Stage.FINISHING, n * share),
        )
        held_frames = conformed.held_frames
        report(Stage.FINISHING, 0.5)
        last_frame = _last_frame(conformed.path) if work.last_frame else None
        if marks_later:
            conformed = promised(
                conformed.path, work.out, is_marked=True, watch=lambda n: report(Stage.FINISHING, 0.5 + n * share)
            )
    report(Stage.FINISHING, 0.9)
    if work.last_frame and last_frame:
        work.last_frame.write_bytes(last_frame)
    return wire.Done(
        number=work.number,
        size=conformed.size,
        frames=conformed.frames,
        fps=conformed.fps,
        size_bytes=conformed.size_bytes,
        sha256=conformed.sha256,
        shot_plan=made.shot_plan,
        warnings=made.warnings + _shortfall(held_frames),
        sent=made.sent,
    )


def _shortfall(held_frames: int) -> tuple[str, ...]:
    if held_frames == 0:
        return ()
    return (f"the engine's video is {held_frames} frames short, for which its last frame is held",)


def _new(folder: str, name: str) -> Path:
    return Path(folder) / f"{name}.mp4"


def _last_frame(video: Path) -> bytes:
    try:
        return last_frame_png(video)
    except MediaFault as fault:
        raise EngineFailed(f"The last frame of the video cannot be read: {fault.reason}.") from fault
