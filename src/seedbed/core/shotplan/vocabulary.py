"""The nouns of a shot: camera moves, effects, times of day, scenery and hues.

The values are what stands in the lexicon files and in the job's `shotPlan`.
"""

from __future__ import annotations

from enum import StrEnum


class Move(StrEnum):
    """What the camera does. Left and right are the camera's, as a director says them."""

    STATIC = "static"
    PUSH_IN = "push_in"
    PULL_OUT = "pull_out"
    PAN_LEFT = "pan_left"
    PAN_RIGHT = "pan_right"
    TILT_UP = "tilt_up"
    TILT_DOWN = "tilt_down"
    ORBIT_LEFT = "orbit_left"
    ORBIT_RIGHT = "orbit_right"
    TRUCK_LEFT = "truck_left"
    TRUCK_RIGHT = "truck_right"
    CRANE_UP = "crane_up"
    CRANE_DOWN = "crane_down"
    ROLL_LEFT = "roll_left"
    ROLL_RIGHT = "roll_right"
    DOLLY_ZOOM = "dolly_zoom"
    HAND_HELD = "hand_held"
    AERIAL_DRIFT = "aerial_drift"
    WHIP_LEFT = "whip_left"
    WHIP_RIGHT = "whip_right"


class Direction(StrEnum):
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"
    IN = "in"
    OUT = "out"


class Effect(StrEnum):
    RAIN = "rain"
    SNOW = "snow"
    FOG = "fog"
    EMBERS = "embers"
    DUST = "dust"
    FIRE_FLICKER = "fire_flicker"
    LIGHT_LEAK = "light_leak"
    LENS_BREATHING = "lens_breathing"
    FILM_GRAIN = "film_grain"
    BLACK_AND_WHITE = "black_and_white"


class TimeOfDay(StrEnum):
    DAWN = "dawn"
    DAY = "day"
    GOLDEN_HOUR = "golden_hour"
    DUSK = "dusk"
    NIGHT = "night"


class Framing(StrEnum):
    """How much a shot shows."""

    WIDE = "wide"
    MEDIUM = "medium"
    CLOSE = "close"


class Scenery(StrEnum):
    """What a slate shows where there is no picture."""

    SEA = "sea"
    MOUNTAINS = "mountains"
    FOREST = "forest"
    CITY = "city"
    DESERT = "desert"
    FIELD = "field"
    SPACE = "space"


class Hue(StrEnum):
    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    GREEN = "green"
    BLUE = "blue"
    PURPLE = "purple"
    PINK = "pink"


# A lexicon may name a move without its direction ("pan ... to the left"); the direction word of the clause completes
# it. The first entry stands where no direction was said.
FAMILIES: dict[str, dict[Direction, Move]] = {
    "pan": {
        Direction.RIGHT: Move.PAN_RIGHT,
        Direction.LEFT: Move.PAN_LEFT,
        Direction.UP: Move.TILT_UP,
        Direction.DOWN: Move.TILT_DOWN,
    },
    "tilt": {Direction.UP: Move.TILT_UP, Direction.DOWN: Move.TILT_DOWN},
    "orbit": {Direction.RIGHT: Move.ORBIT_RIGHT, Direction.LEFT: Move.ORBIT_LEFT},
    "truck": {
        Direction.RIGHT: Move.TRUCK_RIGHT,
        Direction.LEFT: Move.TRUCK_LEFT,
        Direction.IN: Move.PUSH_IN,
        Direction.OUT: Move.PULL_OUT,
        Direction.UP: Move.CRANE_UP,
        Direction.DOWN: Move.CRANE_DOWN,
    },
    "crane": {Direction.UP: Move.CRANE_UP, Direction.DOWN: Move.CRANE_DOWN},
    "zoom": {Direction.IN: Move.PUSH_IN, Direction.OUT: Move.PULL_OUT},
    "roll": {Direction.RIGHT: Move.ROLL_RIGHT, Direction.LEFT: Move.ROLL_LEFT},
    "whip": {Direction.RIGHT: Move.WHIP_RIGHT, Direction.LEFT: Move.WHIP_LEFT},
}

# "The camera glides": a move of whatever kind the rest of the clause says, and sideways only if it says none.
FAMILIES["travel"] = FAMILIES["truck"]

# Moves that undo one another: said in one breath, they follow one another instead of running together.
OPPOSITES: dict[Move, Move] = {
    Move.PUSH_IN: Move.PULL_OUT,
    Move.PAN_LEFT: Move.PAN_RIGHT,
    Move.TILT_UP: Move.TILT_DOWN,
    Move.ORBIT_LEFT: Move.ORBIT_RIGHT,
    Move.TRUCK_LEFT: Move.TRUCK_RIGHT,
    Move.CRANE_UP: Move.CRANE_DOWN,
    Move.ROLL_LEFT: Move.ROLL_RIGHT,
    Move.WHIP_LEFT: Move.WHIP_RIGHT,
}
OPPOSITES |= {there: back for back, there in OPPOSITES.items()}
