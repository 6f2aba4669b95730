"""The pixel sizes of the contract: three resolutions times six aspect ratios, and nothing in between.

The native dialect offers three of the ratios, the Ark dialect all of them (`core.offer`). Source: CONTRACT 1.10 and 2.
Every size is even in both directions, as yuv420p needs.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Resolution(StrEnum):
    P480 = "480p"
    P720 = "720p"
    P1080 = "1080p"


class AspectRatio(StrEnum):
    WIDE = "16:9"
    TALL = "9:16"
    SQUARE = "1:1"
    CLASSIC = "4:3"
    CLASSIC_TALL = "3:4"
    CINEMA = "21:9"


@dataclass(frozen=True, slots=True)
class Size:
    width_px: int
    height_px: int

    def __str__(self) -> str:
        return f"{self.width_px}x{self.height_px}"


SIZES: dict[tuple[Resolution, AspectRatio], Size] = {
    (Resolution.P480, AspectRatio.WIDE): Size(864, 496),
    (Resolution.P480, AspectRatio.TALL): Size(496, 864),
    (Resolution.P480, AspectRatio.SQUARE): Size(640, 640),
    (Resolution.P480, AspectRatio.CLASSIC): Size(752, 560),
    (Resolution.P480, AspectRatio.CLASSIC_TALL): Size(560, 752),
    (Resolution.P480, AspectRatio.CINEMA): Size(992, 432),
    (Resolution.P720, AspectRatio.WIDE): Size(1280, 720),
    (Resolution.P720, AspectRatio.TALL): Size(720, 1280),
    (Resolution.P720, AspectRatio.SQUARE): Size(960, 960),
    (Resolution.P720, AspectRatio.CLASSIC): Size(1112, 834),
    (Resolution.P720, AspectRatio.CLASSIC_TALL): Size(834, 1112),
    (Resolution.P720, AspectRatio.CINEMA): Size(1470, 630),
    (Resolution.P1080, AspectRatio.WIDE): Size(1920, 1080),
    (Resolution.P1080, AspectRatio.TALL): Size(1080, 1920),
    (Resolution.P1080, AspectRatio.SQUARE): Size(1440, 1440),
    (Resolution.P1080, AspectRatio.CLASSIC): Size(1664, 1248),
    (Resolution.P1080, AspectRatio.CLASSIC_TALL): Size(1248, 1664),
    (Resolution.P1080, AspectRatio.CINEMA): Size(2206, 946),
}


def size_of(resolution: Resolution, aspect_ratio: AspectRatio) -> Size:
    return SIZES[resolution, aspect_ratio]


def nearest_aspect_ratio(picture: Size, *, among: Collection[AspectRatio]) -> AspectRatio:
    """Return the one of these ratios that crops the picture least. Ties go to the first of them."""

    def distance(aspect_ratio: AspectRatio) -> float:
        width, height = aspect_ratio.value.split(":")
        return abs(math.log(picture.width_px / picture.height_px) - math.log(int(width) / int(height)))

    return min(among, key=distance)
