"""Small pictures to upload, under any name."""

from __future__ import annotations

from pathlib import Path

from PIL import Image


def picture(folder: Path, name: str = "field.png", *, width: int = 640, height: int = 360, hue: int = 90) -> Path:
    path = folder / name
    Image.linear_gradient("L").resize((width, height)).point(lambda level: (level + hue) % 256).save(path, format="PNG")
    return path
