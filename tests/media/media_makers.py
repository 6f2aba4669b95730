"""Makes small media files for tests: every format of the contract, and broken ones."""

import struct
import zlib
from fractions import Fraction

import av
import numpy as np
from PIL import Image

TAGS = {"engine": "test", "digital_source_type": "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"}


def gradient(width=400, height=320):
    """(H, W, 3) uint8: red grows to the right, green downwards, blue is the middle."""
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return np.stack([x, y, np.full_like(x, 128)], axis=-1).round().astype(np.uint8)


def picture(path, pixels=None, **options):
    Image.fromarray(gradient() if pixels is None else pixels).save(path, **options)
    return path


def png(path, *, width, height, depth=8, colour=2, rows=None, size_rows=None):
    """Write a PNG by hand, so that its header may claim what its data does not hold."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = zlib.compress(rows if rows is not None else b"\0" * (size_rows or 10), 1)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b""))
    return path


def video(
    path,
    *,
    width=640,
    height=480,
    fps=24,
    frames=72,
    codec="libx264",
    audio_rate=None,
    rotation=None,
    step=1,
    **options,
):
    """Write a clip whose frame n is grey of level n * step (mod 256), in the container that the name asks for."""
    format_name = {"mov": "mov", "m4v": "ipod", "webm": "webm"}.get(path.suffix[1:], "mp4")
    with av.open(str(path), "w", format=format_name, options=options) as container:
        stream = container.add_stream(codec, rate=fps, options={"preset": "ultrafast"} if codec == "libx264" else {})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        if rotation:
            stream.set_display_rotation(rotation)
        sound = None
        if audio_rate:
            sound = container.add_stream("libopus" if format_name == "webm" else "aac", rate=audio_rate)
            sound.layout = "mono"
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), number * step % 256, np.uint8))
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if sound:
            encode_tone(container, sound, seconds=Fraction(frames, fps), rate=audio_rate)
    return path


def sound(path, *, seconds=3, rate=44_100):
    with av.open(str(path), "w", format=path.suffix[1:]) as container:
        stream = container.add_stream("libmp3lame" if path.suffix == ".mp3" else "pcm_s16le", rate=rate)
        stream.layout = "mono"
        encode_tone(container, stream, seconds=seconds, rate=rate)
    return path


def encode_tone(container, stream, *, seconds, rate):
    tone = (np.sin(np.arange(int(seconds * rate)) * 2 * np.pi * 440 / rate) * 8000).astype(np.int16)
    for start in range(0, len(tone), 1152):
        frame = av.AudioFrame.from_ndarray(tone[None, start : start + 1152], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def cut(path, *, keep):
    """Keep the first part of a file."""
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    return path
