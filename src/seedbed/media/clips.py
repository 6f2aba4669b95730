"""Measures videos and sounds: by what their packets hold, not by what their headers claim.

A video is walked through packet by packet, and its beginning and end are decoded; a sound is decoded whole, which costs
next to nothing. Both stop as soon as a limit is broken, so that an endless file is not read to its end.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from seedbed.core.faults import Fault, MediaFault
from seedbed.core.formats import Format
from seedbed.core.limits import MediaLimits, Probe, check_duration, check_size
from seedbed.core.references import Kind
from seedbed.core.sizes import Size
from seedbed.media.containers import open_container

# A WAV that was streamed does not know its own size and says one of these.
UNKNOWN_SIZES = (0, 0x7FFF_FFFF, 0xFFFF_FFFF)
TOLERATED_GAP_BYTES = 4096


def probe_video(path: Path, format_: Format, *, size_bytes: int, limits: MediaLimits) -> Probe:
    """Return what the video is. Raises MediaFault: unsupported, too large, invalid."""
    with open_container(path, format_) as container:
        stream = _video_stream(container)
        check_size(Kind.VIDEO, Size(stream.width, stream.height), limits)
        size = _decode_first(container, stream)
        duration_s = _walk(container, stream, limits)
        _decode_last(container, stream)
        has_audio = bool(container.streams.audio)
    return Probe(format_, size_bytes, size=size, duration_s=duration_s, has_audio=has_audio)


def probe_audio(path: Path, format_: Format, *, size_bytes: int, limits: MediaLimits) -> Probe:
    """Return what the sound is. Raises MediaFault: unsupported, too large, invalid."""
    with open_container(path, format_) as container:
        if not container.streams.audio:
            raise MediaFault(Fault.UNSUPPORTED, f"the {format_} file holds no sound that can be decoded")
        stream = container.streams.audio[0]
        duration_s = _decode_sound(container, stream, limits)
    if format_ is Format.WAV and _is_cut_off(path, size_bytes):
        raise MediaFault(Fault.INVALID, "the wav file is cut off: it holds less sound than its header says")
    return Probe(format_, size_bytes, duration_s=duration_s, has_audio=True)


def _is_cut_off(wav: Path, size_bytes: int) -> bool:
    """Say whether the header promises more bytes than there are. FFmpeg does not tell: it believes the file's size."""
    with wav.open("rb") as file:
        promised_bytes = int.from_bytes(file.read(8)[4:], "little")
    return promised_bytes not in UNKNOWN_SIZES and promised_bytes > size_bytes + TOLERATED_GAP_BYTES


def _video_stream(container: InputContainer) -> VideoStream:
    for stream in container.streams.video:
        if stream.codec_context is not None and not stream.disposition & stream.disposition.attached_pic:
            stream.thread_count = 2
            return stream
    raise MediaFault(Fault.UNSUPPORTED, "the file holds no video track that can be decoded")


def _decode_first(container: InputContainer, stream: VideoStream) -> Size:
    for frame in container.decode(stream):
        is_sideways = round(frame.rotation / 90) % 2 == 1
        return Size(frame.height, frame.width) if is_sideways else Size(frame.width, frame.height)
    raise MediaFault(Fault.INVALID, "the video has no frame that can be decoded")


def _walk(container: InputContainer, stream: VideoStream, limits: MediaLimits) -> Fraction:
    """Return the length of what is there, in seconds."""
    container.seek(0)
    time_base = stream.time_base or Fraction(1)
    start, end, packets = None, 0, 0
    for packet in container.demux(stream):
        if packet.pts is None:
            continue
        packets += 1
        start = packet.pts if start is None else min(start, packet.pts)
        end = max(end, packet.pts + (packet.duration or 0))
        if packet.is_corrupt or (end - start) * time_base > limits.max_duration_s * 2:
            break
    duration_s = (end - (start or 0)) * time_base
    check_duration(Kind.VIDEO, duration_s, limits)
    if packets < stream.frames:
        raise MediaFault(Fault.INVALID, f"the video is cut off: {packets} of its {stream.frames} frames are there")
    return duration_s


def _decode_last(container: InputContainer, stream: VideoStream) -> None:
    container.seek(stream.duration or 0, stream=stream)
    if not any(True for _ in container.decode(stream)):
        raise MediaFault(Fault.INVALID, "the end of the video cannot be decoded")


def _decode_sound(container: InputContainer, stream: AudioStream, limits: MediaLimits) -> Fraction:
    """Return the length of what can be decoded, in seconds. A few broken packets are skipped, as players do."""
    duration_s, good, broken = Fraction(0), 0, 0
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            broken += 1
            continue
        good += 1
        duration_s += sum((Fraction(frame.samples, frame.sample_rate) for frame in frames), Fraction(0))
        if duration_s > limits.max_duration_s * 2:
            break
    if broken >= good or not duration_s:
        raise MediaFault(Fault.INVALID, "the sound is broken and cannot be decoded")
    check_duration(Kind.AUDIO, duration_s, limits)
    return duration_s
