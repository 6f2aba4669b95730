"""One piece of work, in the child: the engine makes a video, and it is made exactly what was promised.

Nothing is left at the promised places unless all of it went well: the engine writes into a folder of its own, which is
removed whatever happens.
"""

from __future__ import annotations

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
    with TemporaryDirectory(prefix="making-", dir=work.out.parent) as folder:
        made = engine.make(work.task, Path(folder) / "made.mp4", report)
        report(Stage.FINISHING, 0.0)
        conformed = conform(
            made.path,
            work.out,
            canvas=work.task.canvas,
            wants_audio=work.task.wants_audio,
            tags=marks(capabilities.name, made.digital_source_type or capabilities.digital_source_type),
        )
    report(Stage.FINISHING, 0.8)
    if work.last_frame is not None:
        work.last_frame.write_bytes(_last_frame(work.out))
    return wire.Done(
        number=work.number,
        size=conformed.size,
        frames=conformed.frames,
        fps=conformed.fps,
        size_bytes=conformed.size_bytes,
        sha256=conformed.sha256,
        shot_plan=made.shot_plan,
        warnings=made.warnings,
    )


def _last_frame(video: Path) -> bytes:
    try:
        return last_frame_png(video)
    except MediaFault as fault:
        raise EngineFailed(f"The last frame of the video cannot be read: {fault.reason}.") from fault
