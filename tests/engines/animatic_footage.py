"""Videos whose camera is known: a picture seen along a path, and files of every unkind sort."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from animatic_scenes import texture

FPS, FRAMES = 24, 48


def course(**most):
    """Return a path that goes `most` far: closer (log), roll (radians), x and y (shares of the view)."""
    share = np.linspace(0, 1, most.pop("frames", FRAMES))
    shapes = {
        "closer": share * share * (3 - 2 * share),
        "roll": np.sin(2.2 * share),
        "x": 0.5 - 0.5 * np.cos(np.pi * share),
        "y": np.sin(4 * share),
    }
    return {name: most.get(name, 0.0) * (shape - shape[0]) for name, shape in shapes.items()}


def detailed(width, height, seed=3):
    """A picture with corners enough to be followed, as photographs have."""
    fine = np.random.default_rng(seed).integers(0, 256, (height // 6, width // 6, 3), dtype=np.uint8)
    return cv2.addWeighted(texture(width, height, seed), 0.6, cv2.resize(fine, (width, height)), 0.4, 0)


def seen(path, *, width=320, height=180, seed=3, base=1.0):
    """Yield what a camera on the path sees of a picture, (height, width, 3) uint8 RGB."""
    picture = detailed(960, 720, seed)
    rows, columns = picture.shape[:2]
    for closer, roll, x, y in zip(*(path[name] for name in ("closer", "roll", "x", "y")), strict=True):
        scale = base * np.exp(closer)
        turn = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]]) / scale
        middle = np.array([columns / 2 + x * width / base, rows / 2 + y * height / base])
        matrix = np.column_stack([turn, middle - turn @ [width / 2, height / 2]])
        yield cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


def video(folder, frames, *, name="video.mp4", times_s=None, fps=FPS, rotation=0):
    """Write frames as an mp4; `times_s` gives each its own moment."""
    path = Path(folder) / name
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.pix_fmt, stream.options = "yuv420p", {"preset": "ultrafast", "crf": "18"}
        stream.codec_context.time_base = Fraction(1, 12000)
        for number, pixels in enumerate(frames):
            if number == 0:
                stream.height, stream.width = pixels.shape[:2]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts = round((number / fps if times_s is None else times_s[number]) * 12000)
            frame.time_base = Fraction(1, 12000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    if rotation:
        _turn(path, rotation)
    return path


def _turn(path, degrees):
    """Write into the track header how the phone was held, as ISO 14496-12 has it (a matrix of 16.16 numbers)."""
    data = bytearray(path.read_bytes())
    cos, sin = round(np.cos(np.deg2rad(degrees))), round(np.sin(np.deg2rad(degrees)))
    start = data.index(b"tkhd") + 4
    version = data[start]
    matrix = start + (52 if version else 40)
    for place, value in zip((0, 1, 3, 4), (cos, sin, -sin, cos), strict=True):
        data[matrix + 4 * place : matrix + 4 * place + 4] = int(value * 65536).to_bytes(4, "big", signed=True)
    path.write_bytes(data)


def sound_only(folder):
    path = Path(folder) / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000, layout="stereo")
        for start in range(0, 48000, 1024):
            frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = 48000, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
