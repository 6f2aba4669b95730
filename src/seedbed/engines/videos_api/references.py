"""Which references the server is sent, and how they stand in its request. What it cannot take is named in a warning."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from seedbed.core.engine import LocalReference
from seedbed.core.references import PLURALS, Kind, Role
from seedbed.engines.videos_api.flavours import FRAMES, Flavour, Shape, Way
from seedbed.engines.videos_api.options import Options

FILE_FIELD = "input_reference"
_FRAME_INDEX = {Role.FIRST_FRAME: 0, Role.LAST_FRAME: -1}
_EXTENSIONS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/bmp": ".bmp",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/x-m4v": ".m4v",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What goes along. `frames` are the first and the last one, in this order; `others` are references in theirs."""

    frames: tuple[LocalReference, ...]
    others: tuple[LocalReference, ...]
    warnings: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[LocalReference, ...]:
        return self.frames + self.others

    @property
    def frame_indices(self) -> list[int]:
        return [_FRAME_INDEX[frame.role] for frame in self.frames]


@dataclass(frozen=True, slots=True)
class Placed:
    """`members` go into the body, `files` are parts of a form: name, file name, reference."""

    members: dict[str, Any] = field(default_factory=dict)
    files: tuple[tuple[str, str, LocalReference], ...] = ()


def choose(references: Sequence[LocalReference], options: Options) -> Chosen:
    """Keep what the server's API can carry and its model has use of."""
    flavour, warnings, count = options.flavour, [], Counter[Kind]()
    kept: list[LocalReference] = []
    for reference in references:
        if reference.role not in options.roles:
            warnings.append(_left_out(reference, f"takes no {reference.role.replace('_', ' ')}"))
        elif count[reference.kind] == flavour.most_of.get(reference.kind, 0):
            most = flavour.most_of.get(reference.kind, 0)
            warnings.append(_left_out(reference, f"takes no more than {most} of the {PLURALS[reference.kind]}"))
        else:
            count[reference.kind] += 1
            kept.append(reference)
    if flavour.sound_needs_sight and count[Kind.AUDIO] == len(kept):
        warnings += [_left_out(sound, "takes a sound only beside a picture or a video") for sound in kept]
        kept = []
    return _with_frames(kept, flavour, warnings)


def _with_frames(kept: list[LocalReference], flavour: Flavour, warnings: list[str]) -> Chosen:
    frames = sorted((r for r in kept if r.role in FRAMES), key=lambda r: r.role is Role.LAST_FRAME)
    others = [r for r in kept if r.role not in FRAMES]
    if frames and others and not flavour.mixes_frames:
        warnings += [
            f"{f.name} was used as a reference: the server takes frames or references, not both." for f in frames
        ]
        frames, others = [], [r for r in kept if r.role in FRAMES] + others
    if frames and frames[0].role is Role.LAST_FRAME and flavour.last_needs_first:
        warnings.append(_left_out(frames[0], "takes a last frame only beside a first one"))
        frames = []
    return Chosen(tuple(frames), tuple(others), tuple(warnings))


def _left_out(reference: LocalReference, why: str) -> str:
    return f"{reference.name} was left out: the server of this model {why}."


def place(chosen: Chosen, options: Options) -> Placed:
    """Lay the chosen references out as the flavour wants them. Reads those that go as data."""
    way = options.references_as
    match options.flavour.shape:
        case Shape.CONDITIONS:
            return Placed({"conditions": [_condition(reference, way) for reference in chosen.all]})
        case Shape.MIXED if way is Way.FILE:
            return Placed(files=_files("input_references", chosen.all))
        case Shape.SINGLE:
            return _single(chosen, options)
        case _:
            return _typed(chosen, way)


def _single(chosen: Chosen, options: Options) -> Placed:
    if options.references_as is Way.FILE:
        return Placed(files=_files(FILE_FIELD, chosen.all))
    if not chosen.all:
        return Placed()
    address = _address(chosen.all[0], options.references_as)
    return Placed({options.flavour.url_field: address if options.flavour.url_is_text else {"image_url": address}})


def _typed(chosen: Chosen, way: Way) -> Placed:
    """A lone picture or video may be a file; a sound never is, and beside one nothing else is, either."""
    if way is Way.FILE and len(chosen.all) == 1 and chosen.all[0].kind is not Kind.AUDIO:
        return Placed(files=_files(FILE_FIELD, chosen.all))
    by_kind: dict[Kind, list[dict[str, str]]] = {}
    for reference in chosen.all:
        by_kind.setdefault(reference.kind, []).append({f"{reference.kind}_url": _address(reference, way)})
    return Placed({f"{kind}_reference": one[0] if len(one) == 1 else one for kind, one in by_kind.items()})


def _condition(reference: LocalReference, way: Way) -> dict[str, Any]:
    """Source: SGLang's cookbook of MiniMax-H3. A frame must have its index, a reference must have none."""
    condition: dict[str, Any] = {"type": reference.kind.value, "uri": _address(reference, way)}
    if reference.role in FRAMES:
        return condition | {"role": "keyframe", "frame_index": _FRAME_INDEX[reference.role]}
    return condition | {"role": "reference"}


def _files(name: str, references: Sequence[LocalReference]) -> tuple[tuple[str, str, LocalReference], ...]:
    # Servers tell the kind by the type and the extension; the file's own name here is nobody's business.
    return tuple(
        (name, f"reference{number}{_EXTENSIONS.get(reference.content_type, '')}", reference)
        for number, reference in enumerate(references, 1)
    )


def _address(reference: LocalReference, way: Way) -> str:
    if way is Way.URL and reference.url:
        return reference.url
    return f"data:{reference.content_type};base64,{base64.b64encode(reference.path.read_bytes()).decode()}"
