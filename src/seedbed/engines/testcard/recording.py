"""One second of the test card, encoded once, from which a clip of any length is put together by copying packets.

The second is a closed group of pictures (one key frame, no frame that looks ahead), so it may follow itself any number
of times. The file that comes of it keeps every promise of CONTRACT 1.10 and costs no encoding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame

from seedbed.core.engine import Canvas
from seedbed.core.sizes import Size
from seedbed.core.timeline import FPS
from seedbed.engines.testcard.card import draw_card, with_hand
from seedbed.media.mux import (
    AAC_FRAME_SAMPLES,
    SAMPLE_RATE,
    Sound,
    add_audio,
    add_video,
    encode_audio,
    encode_video,
    open_mp4,
    samples_in,
    silence,
    to_frame,
    write_packets,
)

_STEPS = 8  # of the hand in a second: a picture that stands for a while costs almost nothing
_BEEP_HZ = 440.0
_BEEP_S = 0.08
_BEEP_LEVEL = 0.1


@dataclass(frozen=True, slots=True)
class Recording:
    """The packets of one track, and the file in which they stand: a new track is made like its own."""

    file: bytes
    packets: tuple[bytes, ...]


def record_pictures(size: Size) -> Recording:
    """Draw and encode one second; the first packet is a key frame, the others lean on those before."""
    canvas = Canvas(size, FPS, FPS)

    def encode(made: OutputContainer) -> Iterator[Packet[Any]]:
        stream = add_video(made, canvas, crf=26, preset="superfast")
        stream.codec_context.gop_size = FPS
        stream.codec_context.max_b_frames = 0
        return encode_video(stream, _frames(canvas))

    return _record(encode)


def record_sound(sound: Sound) -> Recording:
    """Encode the sound of the longest clip; a shorter one takes as much of it as it needs."""
    return _record(lambda made: encode_audio(add_audio(made), sound))


def write_clip(pictures: Recording, sound: Recording, canvas: Canvas, out: Path, *, tags: Mapping[str, str]) -> None:
    """Write a whole clip. The sound must have been recorded for as long at least."""
    with open_mp4(out, tags=tags) as made:
        write_packets(made, _pictures(pictures, made, canvas), _sound(sound, made, canvas))


def beeps(canvas: Canvas) -> Sound:
    """Return (2, N) float32: a short quiet tone whenever the hand is at the top."""
    sound = silence(canvas)
    at_s = np.arange(round(_BEEP_S * SAMPLE_RATE), dtype=np.float32) / SAMPLE_RATE
    tone = _BEEP_LEVEL * np.sin(2 * np.pi * _BEEP_HZ * at_s) * np.sin(np.pi * at_s / _BEEP_S)
    for start in range(0, sound.shape[1], SAMPLE_RATE):
        part = tone[: sound.shape[1] - start]
        sound[:, start : start + len(part)] = part
    return sound


def _frames(canvas: Canvas) -> Iterator[VideoFrame]:
    """Draw one second. Each picture is given out as often as it is shown, so it must be encoded before the next."""
    card, shown = draw_card(canvas.size), FPS // _STEPS
    for step in range(_STEPS):
        frame = to_frame(with_hand(card, step / _STEPS), number=0, canvas=canvas)
        for number in range(step * shown, (step + 1) * shown):
            frame.pts = number
            yield frame


def _record(encode: Callable[[OutputContainer], Iterator[Packet[Any]]]) -> Recording:
    with TemporaryDirectory(prefix="testcard-") as folder:
        path = Path(folder) / "track.mp4"
        with open_mp4(path, tags={}) as made:
            write_packets(made, encode(made))
        file = path.read_bytes()
    with av.open(BytesIO(file), "r", format="mp4") as given:
        return Recording(file, tuple(bytes(packet) for packet in given.demux() if packet.dts is not None))


def _pictures(recording: Recording, made: OutputContainer, canvas: Canvas) -> Iterator[Packet[Any]]:
    stream = _like(recording, made)
    for number in range(canvas.frames):
        place = number % len(recording.packets)
        packet: Packet[Any] = Packet(recording.packets[place])
        packet.stream, packet.time_base = stream, Fraction(1, canvas.fps)
        packet.pts = packet.dts = number
        packet.duration, packet.is_keyframe = 1, place == 0
        yield packet


def _sound(recording: Recording, made: OutputContainer, canvas: Canvas) -> Iterator[Packet[Any]]:
    stream = _like(recording, made)
    end = samples_in(canvas)
    # The encoder's first packet only fills the decoder, and stands before the beginning.
    for start, data in zip(range(-AAC_FRAME_SAMPLES, end, AAC_FRAME_SAMPLES), recording.packets, strict=False):
        packet: Packet[Any] = Packet(data)
        packet.stream, packet.time_base = stream, Fraction(1, SAMPLE_RATE)
        packet.pts = packet.dts = start
        packet.duration, packet.is_keyframe = min(AAC_FRAME_SAMPLES, end - start), True
        yield packet


def _like(recording: Recording, made: OutputContainer) -> Any:
    """Add a track of the recording's form, with nothing in it yet."""
    with av.open(BytesIO(recording.file), "r", format="mp4") as like:
        stream = made.add_stream_from_template(like.streams[0])
    stream.metadata.clear()
    return stream
