"""How large, long and wide a reference may be, and what to say when one is not. Source: CONTRACT 1.3.

Files are looked at elsewhere (`media.probe`); this decides. More than is allowed is `media_too_large`; too small, too
short or too narrow is `media_invalid`; another kind than was asked for is `media_unsupported`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from seedbed.core.errors import MediaTooLarge
from seedbed.core.faults import Fault, MediaFault
from seedbed.core.formats import TAKEN, Format
from seedbed.core.references import PLURALS, Kind
from seedbed.core.sizes import Size

MB = 1_000_000
# Encoders pad: a clip of exactly 15 s of sound or 24 * 15 + 1 frames says that it is a little longer.
DURATION_SLACK_S = Fraction(1, 8)


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """All the limits; each is a setting."""

    image_bytes: int = 30 * MB
    video_bytes: int = 50 * MB
    audio_bytes: int = 15 * MB
    request_bytes: int = 64 * MB
    min_side_px: int = 300
    max_side_px: int = 6000
    min_ratio: Fraction = Fraction(2, 5)  # width / height
    max_ratio: Fraction = Fraction(5, 2)
    min_duration_s: int = 2
    max_duration_s: int = 15
    total_duration_s: int = 15  # of all videos of a request together, and of all its sounds

    def bytes_of(self, kind: Kind) -> int:
        return {Kind.IMAGE: self.image_bytes, Kind.VIDEO: self.video_bytes, Kind.AUDIO: self.audio_bytes}[kind]


@dataclass(frozen=True, slots=True)
class Probe:
    """What a file turned out to be. `size` is the upright one (None: sound); `duration_s` is None for pictures."""

    format: Format
    size_bytes: int
    size: Size | None = None
    duration_s: Fraction | None = None
    has_audio: bool = False

    @property
    def kind(self) -> Kind:
        return self.format.kind


def check_probe(probe: Probe, limits: MediaLimits) -> None:
    """Refuse a file that breaks a limit by itself. Raises MediaFault."""
    check_bytes(probe.kind, probe.size_bytes, limits)
    if probe.size is not None:
        check_size(probe.kind, probe.size, limits)
    if probe.duration_s is not None:
        check_duration(probe.kind, probe.duration_s, limits)


def check_kind(probe: Probe, wanted: Kind) -> None:
    """Refuse a file of another kind than its role or its URL's extension promised. Raises MediaFault."""
    if probe.kind is not wanted:
        raise MediaFault(
            Fault.UNSUPPORTED,
            f"this is {_a(probe.kind)} ({probe.format}) where {_a(wanted)} is needed: {TAKEN[wanted]}",
        )


def check_bytes(kind: Kind, size_bytes: int, limits: MediaLimits) -> None:
    if size_bytes > limits.bytes_of(kind):
        raise MediaFault(
            Fault.TOO_LARGE, f"{_a(kind)} may have {_mb(limits.bytes_of(kind))}; this one has {_mb(size_bytes)}"
        )


def check_size(kind: Kind, size: Size, limits: MediaLimits) -> None:
    """Refuse a picture or video whose sides are too long, too short or too unequal. Raises MediaFault."""
    allowed = f"each side must have {limits.min_side_px} to {limits.max_side_px} pixels"
    if max(size.width_px, size.height_px) > limits.max_side_px:
        raise MediaFault(Fault.TOO_LARGE, f"{_a(kind)} of {size} pixels is too large; {allowed}")
    if min(size.width_px, size.height_px) < limits.min_side_px:
        raise MediaFault(Fault.INVALID, f"{_a(kind)} of {size} pixels is too small; {allowed}")
    if not limits.min_ratio <= Fraction(size.width_px, size.height_px) <= limits.max_ratio:
        between = f"{float(limits.min_ratio):g} and {float(limits.max_ratio):g}"
        raise MediaFault(
            Fault.INVALID, f"{_a(kind)} of {size} pixels is too narrow; width / height must be in {between}"
        )


def check_duration(kind: Kind, duration_s: Fraction, limits: MediaLimits) -> None:
    allowed = f"{_a(kind)} must last {limits.min_duration_s} to {limits.max_duration_s} s"
    if duration_s > limits.max_duration_s + DURATION_SLACK_S:
        raise MediaFault(Fault.TOO_LARGE, f"{allowed}; this one lasts {_seconds(duration_s)}")
    if duration_s < limits.min_duration_s - DURATION_SLACK_S:
        raise MediaFault(Fault.INVALID, f"{allowed}; this one lasts {_seconds(duration_s)}")


def check_totals(probes: Mapping[str, Probe], limits: MediaLimits) -> None:
    """Refuse references that are too much together. Keys are their names, in order; the first one too many is named.

    Raises MediaTooLarge.
    """
    all_bytes = 0
    seconds = dict.fromkeys(Kind, Fraction(0))
    for name, probe in probes.items():
        all_bytes += probe.size_bytes
        if all_bytes > limits.request_bytes:
            raise MediaTooLarge(f"all references together may have {_mb(limits.request_bytes)}", name=name)
        seconds[probe.kind] += max((probe.duration_s or Fraction(0)) - DURATION_SLACK_S, Fraction(0))
        if seconds[probe.kind] > limits.total_duration_s:
            raise MediaTooLarge(f"all {PLURALS[probe.kind]} together may last {limits.total_duration_s} s", name=name)


def _a(kind: Kind) -> str:
    return {Kind.IMAGE: "a picture", Kind.VIDEO: "a video", Kind.AUDIO: "a sound"}[kind]


def _mb(size_bytes: int) -> str:
    return f"{size_bytes / MB:.3g} MB"


def _seconds(duration_s: Fraction) -> str:
    return f"{float(duration_s):.4g} s"
