"""What each reference is for: pictures, style, camera footage, sound, and a plain word for each that is left over.

The clip begins with the first_frame; without one, with the first reference_image; without any picture, with the first
frame of the reference video. Every other reference_image is style. One camera follows one video and one clip has one
sound track, so of several videos or sounds the first is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from seedbed.core.engine import LocalReference, RenderTask
from seedbed.core.faults import MediaFault
from seedbed.core.references import Kind, Role
from seedbed.engines.animatic.planes import Bytes
from seedbed.media.decode import decode_image, first_frame_of_video

T = TypeVar("T")

_LEFT_OVER = {
    Role.FIRST_FRAME: "a clip has only one first frame; this one was not used",
    Role.LAST_FRAME: "a clip has only one last frame; this one was not used",
    Role.REFERENCE_VIDEO: "the camera can follow only one reference video; this one was not used",
    Role.REFERENCE_AUDIO: "a clip has only one sound track; this one was not used",
}


@dataclass(frozen=True, slots=True)
class Sources:
    """first, last: (H, W, 3) uint8 sRGB, or None; no picture at all means a slate. style: pictures of the same form.

    `footage` (motion) and `sound` are not opened here: whoever reads them names them in a fault (`reading`).
    """

    first: Bytes | None
    last: Bytes | None
    style: tuple[Bytes, ...]
    footage: LocalReference | None
    sound: LocalReference | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Casting:
    """Which reference plays which part, before anything is opened."""

    first: LocalReference | None
    last: LocalReference | None
    style: tuple[LocalReference, ...]
    footage: LocalReference | None
    sound: LocalReference | None
    left_over: tuple[LocalReference, ...]


def cast(references: tuple[LocalReference, ...]) -> Casting:
    """Give every reference its part, in the order they were sent."""
    by_role = {role: [r for r in references if r.role is role] for role in Role}
    pictures = by_role[Role.REFERENCE_IMAGE]
    firsts = by_role[Role.FIRST_FRAME] or pictures[:1]
    last, footage, sound = (
        next(iter(by_role[role]), None) for role in (Role.LAST_FRAME, Role.REFERENCE_VIDEO, Role.REFERENCE_AUDIO)
    )
    # A video without any picture lends both: its first frame is a still, which its own camera path then moves once.
    first = firsts[0] if firsts else (footage if last is None else None)
    style = tuple(picture for picture in pictures if picture is not first)
    used = (first, last, footage, sound, *style)
    left_over = tuple(r for r in references if not any(r is each for each in used))
    return Casting(first, last, style, footage, sound, left_over)


def choose_sources(task: RenderTask) -> Sources:
    """Read the task's pictures. Raises MediaFailure, by the reference's name, if one cannot be decoded."""
    parts = cast(task.references)
    return Sources(
        first=_picture(parts.first) if parts.first else None,
        last=_picture(parts.last) if parts.last else None,
        style=tuple(_picture(each) for each in parts.style),
        footage=parts.footage,
        sound=parts.sound,
        warnings=tuple(f"{each.name}: {_LEFT_OVER[each.role]}" for each in parts.left_over),
    )


def reading(reference: LocalReference, read: Callable[[LocalReference], T]) -> T:
    """Return what `read` makes of the reference; its MediaFault becomes the reference's own MediaFailure."""
    try:
        return read(reference)
    except MediaFault as fault:
        raise fault.at(reference.name) from fault


def _picture(reference: LocalReference) -> Bytes:
    decode = first_frame_of_video if reference.kind is Kind.VIDEO else decode_image
    return reading(reference, lambda each: decode(each.path))
