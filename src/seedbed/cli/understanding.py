"""Says in words what an engine understood of a prompt: the `shotPlan` of a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def understood(shot_plan: Mapping[str, Any] | None) -> list[str]:
    """Return a line for each move and effect, then the time of day and what was refused, as far as there are any."""
    plan = shot_plan or {}
    cues = [_cue(cue, "move") for cue in plan.get("moves", ())] + [
        _cue(cue, "effect") for cue in plan.get("effects", ())
    ]
    rest = [f"time of day: {plan['timeOfDay']}".replace("_", " ")] if plan.get("timeOfDay") else []
    refused: Sequence[str] = plan.get("refused", ())
    return cues + rest + ([f"not wanted: {', '.join(refused)}"] if refused else [])


def _cue(cue: Mapping[str, Any], kind: str) -> str:
    said = f'from "{cue["said"]}"' if cue.get("said") else "chosen from the picture"
    name = str(cue.get(kind, kind)).replace("_", " ")
    speed = f", speed {cue['speed']:g}" if "speed" in cue else ""
    return f"{name}, {cue.get('fromSeconds', 0):g} to {cue.get('toSeconds', 0):g} s{speed}, {said}"
