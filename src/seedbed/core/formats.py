"""The file formats of references, told apart by what is in a file and never by its name. Source: CONTRACT 1.3."""

from __future__ import annotations

from enum import StrEnum

from seedbed.core.references import Kind


class Format(StrEnum):
    """A format that is taken. `.jpg` and `.jpeg` are one."""

    JPG = "jpg"
    PNG = "png"
    WEBP = "webp"
    GIF = "gif"
    BMP = "bmp"
    MP4 = "mp4"
    MOV = "mov"
    M4V = "m4v"
    MP3 = "mp3"
    WAV = "wav"

    @property
    def kind(self) -> Kind:
        return _KINDS[self]

    @property
    def media_type(self) -> str:
        return _MEDIA_TYPES[self]


_KINDS = {
    **dict.fromkeys((Format.JPG, Format.PNG, Format.WEBP, Format.GIF, Format.BMP), Kind.IMAGE),
    **dict.fromkeys((Format.MP4, Format.MOV, Format.M4V), Kind.VIDEO),
    **dict.fromkeys((Format.MP3, Format.WAV), Kind.AUDIO),
}

_MEDIA_TYPES = {
    Format.JPG: "image/jpeg",
    Format.PNG: "image/png",
    Format.WEBP: "image/webp",
    Format.GIF: "image/gif",
    Format.BMP: "image/bmp",
    Format.MP4: "video/mp4",
    Format.MOV: "video/quicktime",
    Format.M4V: "video/x-m4v",
    Format.MP3: "audio/mpeg",
    Format.WAV: "audio/wav",
}

TAKEN: dict[Kind, str] = {
    Kind.IMAGE: "jpg, jpeg, png, webp, gif or bmp",
    Kind.VIDEO: "mp4, mov or m4v",
    Kind.AUDIO: "mp3 or wav",
}
