"""What people use instead: `ffmpeg` with its zoompan filter, and moviepy. Installed into a folder of build/.

Each makes a 5 s zoom of the same photograph with x264's veryfast at crf 20, as a whole process from start to file. None
writes sound, moves in depth or lays weather on it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

FOLDER = Path("build") / "bench-peers"
_DEADLINE_S = 300
_ENCODING = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p")
_MOVIEPY = """
import sys
from moviepy import CompositeVideoClip, ImageClip
photo, out, width, height, frames, fps = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
whole = ImageClip(photo)
still = whole.resized(max(width / whole.w, height / whole.h)).with_duration(frames / fps)
moved = still.resized(lambda t: 1 + 0.04 * t).with_position("center")
CompositeVideoClip([moved], size=(width, height)).write_videofile(
    out, fps=fps, codec="libx264", preset="veryfast", ffmpeg_params=["-crf", "20"], audio=False, logger=None)
"""


def install() -> Path:
    """Return the Python of a venv that has moviepy and, where the system has no ffmpeg, one of its own."""
    python = FOLDER / "bin" / "python"
    done = FOLDER / ".installed"
    if not done.exists():
        print("Installing moviepy and imageio-ffmpeg into", FOLDER, "...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", FOLDER], check=True, timeout=_DEADLINE_S)
        pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "moviepy", "imageio-ffmpeg")
        subprocess.run(pip, check=True, timeout=_DEADLINE_S)
        done.touch()
    return python


def find_ffmpeg(python: Path) -> str:
    """Return the system's ffmpeg, which a distribution built for itself, or the one that moviepy uses."""
    if found := shutil.which("ffmpeg"):
        return found
    asked = (python, "-c", "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())")
    return subprocess.run(asked, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def peers(photo: Path, out: Path, *, width: int, height: int, frames: int, fps: int) -> dict[str, Callable[[], object]]:
    python = install()
    ffmpeg = find_ffmpeg(python)
    size = (str(n) for n in (width, height, frames, fps))
    moviepy = (python, "-c", _MOVIEPY, photo, out / "moviepy.mp4", *size)
    return {
        "zoompan": partial(_run, _zoompan(ffmpeg, photo, out / "plain.mp4", "", width, height, frames, fps)),
        "zoompan_8000": partial(
            _run, _zoompan(ffmpeg, photo, out / "smooth.mp4", "scale=8000:-2,", width, height, frames, fps)
        ),
        "moviepy": partial(_run, moviepy, FFMPEG_BINARY=ffmpeg),
    }


def _zoompan(
    ffmpeg: str, photo: Path, out: Path, first: str, width: int, height: int, frames: int, fps: int
) -> tuple[str | Path, ...]:
    middle = "x='iw/2-(iw/zoom/2)':y='ih/2-(ih/zoom/2)'"
    zoom = f"zoompan=z='min(zoom+0.0015,1.5)':d={frames}:{middle}:s={width}x{height}:fps={fps}"
    shape = f"crop=w='min(iw,ih*{width}/{height})':h='min(ih,iw*{height}/{width})',"
    filters = f"{shape}{first}{zoom}"
    return (ffmpeg, "-y", "-loglevel", "error", "-i", photo, "-vf", filters, "-frames:v", str(frames), *_ENCODING, out)


def _run(command: tuple[str | Path, ...], **environment: str) -> None:
    subprocess.run(command, check=True, timeout=_DEADLINE_S, env={**os.environ, **environment})
