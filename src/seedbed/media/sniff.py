"""Tells a file's format by its first bytes, never by its name or by what a server called it.

The signatures stand here because the kept library (puremagic) was tried and does not tell our formats: to it every text
that begins with "BM" is a bitmap and an MP3 without a tag is as doubtful, and it names M4V as MP4. What is not taken is
named where it can be, so that the message says what the file is and what would be right.
"""

from __future__ import annotations

import re
from pathlib import Path

from seedbed.core.faults import Fault, MediaFault
from seedbed.core.formats import TAKEN, Format
from seedbed.core.references import Kind

HEAD_BYTES = 1024
BITMAP_HEADERS = (12, 40, 52, 56, 64, 108, 124)
OLD_QUICKTIME_BOXES = (b"moov", b"mdat", b"wide", b"pnot")

TAKEN_SIGNATURES: tuple[tuple[re.Pattern[bytes], Format], ...] = tuple(
    (re.compile(pattern, re.DOTALL), format_)
    for pattern, format_ in (
        (rb"\xff\xd8\xff", Format.JPG),
        (rb"\x89PNG\r\n\x1a\n", Format.PNG),
        (rb"GIF8[79]a", Format.GIF),
        (rb"RIFF....WEBP", Format.WEBP),
        (rb"RIFF....WAVE", Format.WAV),
        (rb"ID3[\x02-\x04]", Format.MP3),
        (rb"....ftypqt  ", Format.MOV),
        (rb"....ftypM4V[ HP]", Format.M4V),
        (rb"....ftyp(?!hei|hev|mif1|msf1|avi[fs]|crx |M4[AB] |3g)", Format.MP4),  # cameras invent brands for it
    )
)

OTHER_SIGNATURES: tuple[tuple[re.Pattern[bytes], str, Kind | None], ...] = tuple(
    (re.compile(pattern, re.DOTALL | re.IGNORECASE), name, kind)
    for pattern, name, kind in (
        (rb"....ftyp(?:hei|hev|mif1|msf1)", "a HEIC picture", Kind.IMAGE),
        (rb"....ftypavi[fs]", "an AVIF picture", Kind.IMAGE),
        (rb"....ftypcrx ", "a raw picture", Kind.IMAGE),
        (rb"....ftyp3g", "a 3GP video", Kind.VIDEO),
        (rb"(?:II\*\x00|MM\x00\*)", "a TIFF picture", Kind.IMAGE),
        (rb"\x00\x00\x01\x00", "an icon", Kind.IMAGE),
        (rb"8BPS", "a Photoshop picture", Kind.IMAGE),
        (rb"(?:\xff\x0a|\x00\x00\x00\x0cJXL )", "a JPEG XL picture", Kind.IMAGE),
        (rb"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture", Kind.IMAGE),
        (rb"\x1a\x45\xdf\xa3", "a Matroska or WebM video", Kind.VIDEO),
        (rb"RIFF....AVI ", "an AVI video", Kind.VIDEO),
        (rb"FLV\x01", "an FLV video", Kind.VIDEO),
        (rb"\x00\x00\x01[\xba\xb3]", "an MPEG video", Kind.VIDEO),
        (rb"(?:\xef\xbb\xbf)?#EXTM3U", "a playlist, not a media file", Kind.VIDEO),
        (rb"ffconcat version", "a playlist, not a media file", Kind.VIDEO),
        (rb"....ftypM4[AB] ", "an M4A sound", Kind.AUDIO),
        (rb"OggS", "an Ogg file", Kind.AUDIO),
        (rb"fLaC", "a FLAC sound", Kind.AUDIO),
        (rb"FORM....AIF[FC]", "an AIFF sound", Kind.AUDIO),
        (rb"\xff[\xf0\xf1\xf8\xf9]", "an AAC sound", Kind.AUDIO),
        (rb"(?:\xef\xbb\xbf)?\s*(?:<!doctype html|<html|<head|<body)", "a web page, not a media file", None),
        (rb"(?:\xef\xbb\xbf)?\s*<(?:svg|[?!].*<svg)", "an SVG picture", Kind.IMAGE),
        (rb"(?:\xef\xbb\xbf)?\s*<\?xml", "an XML document", None),
        (rb"(?:\xef\xbb\xbf)?\s*[{\[]\s*[\"{\[]", "a JSON document", None),
        (rb"%PDF-", "a PDF document", None),
        (rb"PK\x03\x04", "a ZIP archive", None),
        (rb"\x1f\x8b", "a gzip archive", None),
    )
)


def sniff(path: Path) -> Format:
    """Return the format of a file. Raises MediaFault: invalid if it is empty, unsupported if it is something else."""
    with path.open("rb") as file:
        return sniff_bytes(file.read(HEAD_BYTES))


def sniff_bytes(head: bytes) -> Format:
    """Return the format of a file that begins with these bytes. Raises MediaFault as `sniff` does."""
    if not head:
        raise MediaFault(Fault.INVALID, "the file is empty")
    for pattern, format_ in TAKEN_SIGNATURES:
        if pattern.match(head):
            return format_
    if _is_bitmap(head):
        return Format.BMP
    if _is_mp3_frame(head):
        return Format.MP3
    if head[4:8] in OLD_QUICKTIME_BOXES:
        return Format.MOV
    raise _unsupported(head)


def _is_bitmap(head: bytes) -> bool:
    """Say whether it is a bitmap. "BM" begins many a text too, so the second header must have a known size."""
    return head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in BITMAP_HEADERS


def _is_mp3_frame(head: bytes) -> bool:
    """Say whether it begins with a frame header of MPEG audio layer III that has a known version, bit rate and rate.

    Source: ISO 11172-3, 2.4.2.3.
    """
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    return version != 1 and layer == 1 and head[2] >> 4 not in (0, 15) and head[2] >> 2 & 3 != 3


def _unsupported(head: bytes) -> MediaFault:
    for pattern, name, kind in OTHER_SIGNATURES:
        if pattern.match(head):
            right = TAKEN[kind] if kind else "; ".join(TAKEN.values())
            return MediaFault(Fault.UNSUPPORTED, f"this is {name}; what is taken is {right}")
    what = "this is a text" if _is_text(head) else "this is no format that we know"
    return MediaFault(Fault.UNSUPPORTED, f"{what}; what is taken is {'; '.join(TAKEN.values())}")


def _is_text(head: bytes) -> bool:
    text = head.decode("utf-8", errors="ignore")
    return "\0" not in text and len(text.encode()) > 0.9 * len(head)
