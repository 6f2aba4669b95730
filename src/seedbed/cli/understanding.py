"""Says in words what an engine understood of a prompt: the `shotPlan` of a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def understood(shot_plan: Mapping[str, Any] | None) -> list[str]:
    """Return a line for each shot if there are several, for each move and effect, the hour and what was refused."""
    plan = shot_plan or {}
    shots = [_shot(shot, number) for number, shot in enumerate(plan.get("shots", ()), start=1)]
    cues = [_cue(cue, "move") for cue in plan.get("moves", ())] + [
        _cue(cue, "effect") for cue in plan.get("effects", ())
    ]
    rest = [f"time of day: {plan['timeOfDay']}".replace("_", " ")] if plan.get("timeOfDay") else []
    refused: Sequence[str] = plan.get("refused", ())
    return shots + cues + rest + ([f"not wanted: {', '.join(refused)}"] if refused else [])


def _shot(shot: Mapping[str, Any], number: int) -> str:
    facts = [str(shot[name]).replace("_", " ") for name in ("framing", "timeOfDay") if shot.get(name)]
    said = [f'from "{shot["said"]}"'] if shot.get("said") else []
    return ", ".join(
        [f"shot {number}", f"{shot.get('fromSeconds', 0):g} to {shot.get('toSeconds', 0):g} s", *facts, *said]
    )


def _cue(cue: Mapping[str, Any], kind: str) -> str:
    said = f'from "{cue["said"]}"' if cue.get("said") else "chosen from the picture"
    name = str(cue.get(kind, kind)).replace("_", " ")
    speed = f", speed {cue['speed']:g}" if "speed" in cue else ""
    return f"{name}, {cue.get('fromSeconds', 0):g} to {cue.get('toSeconds', 0):g} s{speed}, {said}"
