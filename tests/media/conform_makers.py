"""Makes clips as all sorts of engines do, of pictures and sounds that can be computed for any moment and size."""

import math
from fractions import Fraction

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation

BT709, FULL_RANGE, LIMITED = 1, 2, 1
TICKS = 1000


def scenery(time_s, *, width, height, left=0.0, top=0.0, scale=1.0):
    """(H, W) luma of a textured ground that pans and zooms behind a textured disc. Exact for any place and moment."""
    y, x = np.meshgrid(top + (np.arange(height) + 0.5) * scale, left + (np.arange(width) + 0.5) * scale, indexing="ij")
    zoom = 1 + 0.06 * time_s
    u, v = (x - 320) / zoom + 320 - 110 * time_s, (y - 180) / zoom + 180 - 45 * time_s
    ground = 120 + 45 * np.sin(u / 6) * np.cos(v / 7) + 25 * np.sin(u / 3 + v / 4) + 25 * np.sin(u / 19 - v / 27)
    a, b = x - 150 - 150 * time_s, y - 165 - 30 * np.sin(3 * time_s)
    covers = np.clip(60 - np.hypot(a, b) + 0.5, 0, 1)
    disc = 190 + 30 * np.sin(a / 4) * np.cos(b / 5)
    return np.clip(ground * (1 - covers) + disc * covers, 16, 235).round().astype(np.uint8)


def grey(luma):
    """Return a BT.709 yuv420p frame of (H, W) luma without colour."""
    height, width = luma.shape
    planes = np.concatenate([luma, np.full((height // 2, width), 128, np.uint8)])
    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    frame.colorspace, frame.color_range = BT709, LIMITED
    return frame


def coloured(colour, *, width=640, height=368, pixel_format="yuv420p", matrix=None, color_range=LIMITED):
    """Return a frame of one (R, G, B, A) colour. With a matrix it says so; without, it says nothing."""
    pixels = np.full((height, width, 4), colour, np.uint8)
    told = {"dst_colorspace": matrix, "dst_color_range": color_range} if matrix else {}
    exactly = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
    return av.VideoFrame.from_ndarray(pixels, format="rgba").reformat(
        format=pixel_format, interpolation=exactly, **told
    )


def middle_colour(frame):
    """Return the (R, G, B) of a BT.709 yuv420p frame's middle, computed without FFmpeg's rounding."""
    luma, chroma = luma_of(frame), frame.to_ndarray()[frame.height :].reshape(2, frame.height // 2, frame.width // 2)
    y = (float(luma[frame.height // 2, frame.width // 2]) - 16) / 219
    blue, red = ((float(plane[frame.height // 4, frame.width // 4]) - 128) / 224 for plane in chroma)
    green = y - 0.2126 * 1.5748 / 0.7152 * red - 0.0722 * 1.8556 / 0.7152 * blue
    return np.array([y + 1.5748 * red, green, y + 1.8556 * blue]) * 255


def luma_of(frame):
    return frame.to_ndarray()[: frame.height]


def psnr(a, b):
    return 10 * math.log10(255**2 / max(1e-9, float(np.mean((a.astype(float) - b) ** 2))))


def ssim(one, other):
    """Return the mean similarity of structure of two planes of luma, at most 1. Source: Wang et al. 2004."""

    def calm(plane):
        return cv2.GaussianBlur(plane, (11, 11), 1.5)

    a, b = one.astype(np.float64), other.astype(np.float64)
    mean_a, mean_b = calm(a), calm(b)
    spread_a, spread_b = calm(a * a) - mean_a**2, calm(b * b) - mean_b**2
    both = calm(a * b) - mean_a * mean_b
    low, high = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    top = (2 * mean_a * mean_b + low) * (2 * both + high)
    return float((top / ((mean_a**2 + mean_b**2 + low) * (spread_a + spread_b + high))).mean())


def write_clip(
    path, frames, *, times_s=None, fps=24, codec="libx264", options=None, sound=None, layout="stereo", rate=48_000,
    sound_codec=None, tags=None, rotation=None, pixel_shape=None,
):  # fmt: skip
    """Write frames, shown at their times or at a rate, with (channels, N) float32 sound. `tags`: as FFmpeg numbers."""
    frames = list(frames)
    times_s = times_s or [Fraction(number) / fps for number in range(len(frames))]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps, options=options or {})
        stream.width, stream.height, stream.pix_fmt = frames[0].width, frames[0].height, frames[0].format.name
        stream.codec_context.time_base = Fraction(1, TICKS)
        if pixel_shape:
            stream.codec_context.sample_aspect_ratio = pixel_shape
        if tags:
            coder = stream.codec_context
            coder.colorspace, coder.color_range, coder.color_primaries, coder.color_trc = tags
        if rotation:
            stream.set_display_rotation(rotation)
        track = None
        if sound is not None:
            track = container.add_stream(sound_codec or ("libopus" if path.suffix == ".webm" else "aac"), rate=rate)
            track.layout = layout
        for frame, time_s in zip(frames, times_s, strict=True):
            frame.pts, frame.time_base = round(time_s * TICKS), Fraction(1, TICKS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if track is not None:
            write_sound(container, track, sound, rate=rate, layout=layout)
    return path


def write_sound(container, track, sound, *, rate, layout):
    for start in range(0, sound.shape[1], 960):
        block = np.ascontiguousarray(sound[:, start : start + 960], np.float32)
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        if track.format.name != "fltp":
            [frame] = av.AudioResampler(format=track.format.name, layout=layout, rate=rate).resample(frame)
        container.mux(track.encode(frame))
    container.mux(track.encode())


def tone(*, hertz, seconds, rate, level=0.5, channels=1):
    wave = level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)
    return np.repeat(wave[None].astype(np.float32), channels, axis=0)


def decoded(path):
    """Return every frame and the whole sound, (2, N), of a finished file."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        container.seek(0)
        blocks = [frame.to_ndarray() for frame in container.decode(audio=0)]
    return frames, np.concatenate(blocks, axis=1)
