"""Which references become which pictures, and a plain word for each that was left out."""

from __future__ import annotations

from dataclasses import dataclass

from seedbed.core.engine import LocalReference, RenderTask
from seedbed.core.faults import MediaFault
from seedbed.core.references import Kind, Role
from seedbed.engines.animatic.planes import Bytes
from seedbed.media.decode import decode_image, first_frame_of_video

_UNUSED = {
    Role.REFERENCE_IMAGE: "animatic moves one picture and does not use further reference images in this edition",
    Role.REFERENCE_VIDEO: "animatic does not take over the motion of a reference video in this edition",
    Role.REFERENCE_AUDIO: "animatic does not use reference audio in this edition; the clip is silent",
    Role.FIRST_FRAME: "a clip has only one first frame; this one was not used",
    Role.LAST_FRAME: "a clip has only one last frame; this one was not used",
}


@dataclass(frozen=True, slots=True)
class Sources:
    """first, last: (H, W, 3) uint8 sRGB, or None. No picture at all means a slate."""

    first: Bytes | None
    last: Bytes | None
    warnings: tuple[str, ...]


def choose_sources(task: RenderTask) -> Sources:
    """Read the pictures the clip begins and ends with. Raises MediaFailure if one cannot be decoded.

    The first frame is, in this order: the first_frame, the first reference image, the beginning of the first
    reference video.
    """
    order = task.references
    last = next((r for r in order if r.role is Role.LAST_FRAME), None)
    first = next((r for role in (Role.FIRST_FRAME, Role.REFERENCE_IMAGE) for r in order if r.role is role), None)
    if first is None and last is None:
        first = next((r for r in order if r.role is Role.REFERENCE_VIDEO), None)
    warnings = [_why_unused(r) for r in order if r is not first and r is not last]
    if first is not None and first.role is Role.REFERENCE_VIDEO:
        what = "animatic uses only the first frame of a reference video in this edition"
        warnings.insert(0, f"{first.name}: {what}")
    return Sources(_read(first), _read(last), tuple(warnings))


def _why_unused(reference: LocalReference) -> str:
    return f"{reference.name}: {_UNUSED[reference.role]}"


def _read(reference: LocalReference | None) -> Bytes | None:
    if reference is None:
        return None
    try:
        read = first_frame_of_video if reference.kind is Kind.VIDEO else decode_image
        return read(reference.path)
    except MediaFault as fault:
        raise fault.at(reference.name) from fault
