"""The colours of a slate: by the time of day, dulled by weather, bent towards the hues the prompt names.

Colours are (3,) float32, sRGB, 0..1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from seedbed.core.shotplan.plan import ShotPlan
from seedbed.core.shotplan.vocabulary import Effect, Hue, Scenery, TimeOfDay
from seedbed.engines.animatic.planes import Floats


@dataclass(frozen=True, slots=True)
class Palette:
    zenith: Floats
    horizon: Floats
    haze: Floats  # of the farthest ridge
    near: Floats  # of the nearest
    light: Floats  # what the sun or moon sheds
    disc_color: Floats
    cloud_color: Floats
    disc: float = 1.0  # how clearly the disc is seen, 0..1
    disc_radius: float = 0.045  # of the height
    glow: float = 1.0
    cloud: float = 0.5
    stars: float = 0.0
    windows: float = 0.0  # how many lights a city has on


def _rgb(code: str) -> Floats:
    return np.array([int(code[n : n + 2], 16) / 255 for n in (0, 2, 4)], np.float32)


def _palette(codes: str, **more: float) -> Palette:
    zenith, horizon, haze, near, light, disc, cloud = (_rgb(code) for code in codes.split())
    return replace(Palette(zenith, horizon, haze, near, light, disc, cloud), **_any(more))


def _any(values: Mapping[str, Any]) -> dict[str, Any]:
    """Widen the type: `replace` is checked field by field, and these are of several types."""
    return dict(values)


#                     zenith horizon haze   near   light  disc   cloud
_TIMES = {
    TimeOfDay.DAWN: _palette("6f86b8 f6c9b4 b79fb0 2c3148 ffd9b0 fff0dc fbe3d8", glow=0.9),
    TimeOfDay.DAY: _palette("3f7fc4 cfe4f0 9db9c4 24473f fff4d6 fffdf2 ffffff", glow=0.8, disc=0.9, cloud=0.75),
    TimeOfDay.GOLDEN_HOUR: _palette("5d6390 ffb763 c98a6c 2b1f2c ffc877 ffeec4 ffd7a2", glow=1.0),
    TimeOfDay.DUSK: _palette("1d2450 d98272 6d5a7c 15142a ffab8a ffe0c8 b98a9c", glow=0.7, stars=0.35, windows=0.7),
    TimeOfDay.NIGHT: replace(
        _palette("060a1c 22365e 1c2b4c 04060d b9cbf0 eef3ff 33456e", glow=0.45, stars=1.0, windows=1.0),
        disc_radius=0.03,
        cloud=0.35,
    ),
}
_UNSAID = _palette("5f7ba3 f1d6bf a9a9b4 25303f ffe6c4 fff6e6 fdeee2", glow=0.8, windows=0.25)
_OVERCAST = _palette("76838f b7c0c5 98a4ab 2a343b d8dee2 e6eaec cfd5d8", glow=0.25, disc=0.0, cloud=0.9, windows=0.45)
_OVERCAST_NIGHT = _palette(
    "0a0f1c 1d2a40 18233a 04060c 93a4c6 c9d4ea 2a3650", glow=0.16, disc=0.0, cloud=0.6, windows=1.0
)

_HUES = {
    Hue.RED: _rgb("c8363a"),
    Hue.ORANGE: _rgb("e58a35"),
    Hue.YELLOW: _rgb("e8c648"),
    Hue.GREEN: _rgb("4a9a62"),
    Hue.BLUE: _rgb("3f74c0"),
    Hue.PURPLE: _rgb("7d55b4"),
    Hue.PINK: _rgb("e48aa8"),
}
# What the ground is made of: its colour, and how far it shows.
_GROUNDS = {
    Scenery.FIELD: (_rgb("6f8f3c"), 0.62),
    Scenery.FOREST: (_rgb("40684a"), 0.50),
    Scenery.DESERT: (_rgb("c98f52"), 0.66),
}
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
_COVERING = {Effect.RAIN: 0.70, Effect.SNOW: 0.65, Effect.FOG: 0.42}  # how far weather hides the light


def palette_of(plan: ShotPlan, scenery: Scenery) -> Palette:
    """Return the colours for the plan's hour, weather and hues."""
    if scenery is Scenery.SPACE:
        palette = replace(_TIMES[TimeOfDay.NIGHT], cloud=0.0, glow=0.7)
    else:
        palette = _TIMES[plan.time_of_day] if plan.time_of_day else _UNSAID
    if ground := _GROUNDS.get(scenery):
        palette = _grounded(palette, *ground)
    covering = [_COVERING[cue.effect] * cue.strength**0.6 for cue in plan.effects if cue.effect in _COVERING]
    if covering:
        dark = plan.time_of_day in {TimeOfDay.NIGHT, TimeOfDay.DUSK}
        palette = _mixed(palette, _OVERCAST_NIGHT if dark else _OVERCAST, min(0.9, max(covering)))
        if plan.effect(Effect.RAIN) or plan.effect(Effect.SNOW):
            palette = replace(palette, disc=0.0, stars=0.0)
    for hue in plan.hues[:2]:
        palette = _bent(palette, _HUES[hue], 0.34)
    return palette


def _grounded(palette: Palette, ground: Floats, share: float) -> Palette:
    """Give the ridges the colour of their ground, lit by the hour."""
    day = float(np.clip(float(palette.horizon @ _LUMA) / 0.8, 0.1, 1.0))
    near = palette.near * (1 - share) + ground * share * 0.62 * day
    haze = palette.haze * (1 - 0.4 * share) + ground * 0.4 * share * day
    return replace(palette, near=near, haze=haze)


def _mixed(one: Palette, other: Palette, share: float) -> Palette:
    names = (field.name for field in fields(Palette))
    mixed = {name: getattr(one, name) * (1 - share) + getattr(other, name) * share for name in names}
    return Palette(**_any(mixed))


def _bent(palette: Palette, hue: Floats, share: float) -> Palette:
    """Turn every colour towards a hue, keeping its own luma: a red night stays a night."""

    def bend(color: Floats) -> Floats:
        same_luma = hue * (float(color @ _LUMA) / max(float(hue @ _LUMA), 1e-3))
        return np.clip(color * (1 - share) + np.minimum(same_luma, 1.0) * share, 0, 1)

    names = ("zenith", "horizon", "haze", "near", "light", "cloud_color")
    return replace(palette, **_any({name: bend(getattr(palette, name)) for name in names}))
