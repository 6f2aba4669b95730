"""Pictures, videos and sounds that come with a request: what they are, and what each is for.

The kind is guessed from the URL at submit and checked by content in the worker; a guess that breaks ends the job. The
role is said by the caller, or follows from how many of which kinds there are, or is set by the prompt
(`core.pointers`). Source: CONTRACT 1.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

MAX_REFERENCES = 5


class Kind(StrEnum):
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"


class Role(StrEnum):
    FIRST_FRAME = "first_frame"  # the clip begins with exactly this picture
    LAST_FRAME = "last_frame"  # ... and ends with this one
    REFERENCE_IMAGE = "reference_image"  # subject, palette or style
    REFERENCE_VIDEO = "reference_video"  # action and camera movement
    REFERENCE_AUDIO = "reference_audio"  # rhythm and timing

    @property
    def kind(self) -> Kind:
        match self:
            case Role.REFERENCE_VIDEO:
                return Kind.VIDEO
            case Role.REFERENCE_AUDIO:
                return Kind.AUDIO
            case _:
                return Kind.IMAGE


PLURALS = {Kind.IMAGE: "pictures", Kind.VIDEO: "videos", Kind.AUDIO: "sounds"}

EXTENSIONS: dict[str, Kind] = {
    **dict.fromkeys((".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"), Kind.IMAGE),
    **dict.fromkeys((".mp4", ".mov", ".m4v"), Kind.VIDEO),
    **dict.fromkeys((".mp3", ".wav"), Kind.AUDIO),
}

REFERENCE_ROLE = {
    Kind.IMAGE: Role.REFERENCE_IMAGE,
    Kind.VIDEO: Role.REFERENCE_VIDEO,
    Kind.AUDIO: Role.REFERENCE_AUDIO,
}


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference of an accepted request: where it is, what it is for, and what its sender calls it.

    `name` is the place in the request as its dialect writes it, such as `mediaUrls[0]`; messages use it.
    """

    url: str
    role: Role
    name: str


def guess_kind(url: str) -> Kind:
    """Return what the URL's path or data type looks like; an unknown one is taken for an image."""
    if url.startswith("data:"):
        major = url[5:].split("/", 1)[0].lower()
        return Kind(major) if major in set(Kind) else Kind.IMAGE
    path = urlsplit(url).path.lower()
    return next((kind for extension, kind in EXTENSIONS.items() if path.endswith(extension)), Kind.IMAGE)


def assign_roles(kinds: Sequence[Kind]) -> tuple[Role, ...]:
    """Return the roles of references that came without any, in order.

    One picture alone is the first frame; two pictures alone are the first and the last; anything else is a reference.
    """
    match list(kinds):
        case [Kind.IMAGE]:
            return (Role.FIRST_FRAME,)
        case [Kind.IMAGE, Kind.IMAGE]:
            return (Role.FIRST_FRAME, Role.LAST_FRAME)
        case _:
            return tuple(REFERENCE_ROLE[kind] for kind in kinds)
