"""What a generation looks like on a screen, and in the JSON that a script reads.

The JSON has the names of the contract, whatever the client calls them.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seedbed_client import Generation


def wire_form(value: Any) -> Any:
    """Return a value of the client under the names of the contract. What the service did not say is left out."""
    from seedbed_client.values import camel

    if dataclasses.is_dataclass(value):
        told = {field.metadata.get("wire") or camel(field.name): field for field in dataclasses.fields(value)}
        facts = {name: getattr(value, field.name) for name, field in told.items()}
        return {name: wire_form(fact) for name, fact in facts.items() if fact is not None and fact != ()}
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case Enum():
            return value.value
        case tuple() | list():
            return [wire_form(item) for item in value]
        case Mapping():
            return dict(value)
        case Path():
            return str(value)
        case _:
            return value


def print_json(value: Any) -> None:
    """Write one object on one line, so that many make a stream that tools for JSON lines read."""
    sys.stdout.write(json.dumps(wire_form(value), ensure_ascii=False) + "\n")
    sys.stdout.flush()


def line_of(generation: Generation) -> str:
    """Return a generation in one line: its id and state first, to be read by eye and by cut."""
    at = generation.created_at
    facts = [
        generation.request_id,
        f"{generation.status.value:<10}",
        f"{at.astimezone():%Y-%m-%d %H:%M}" if at else "-",
        generation.model or "-",
        f"{generation.duration_s or '?'} s",
        generation.resolution or "-",
        printable(generation.prompt or "", longest=60),
    ]
    return "  ".join(facts)


def details(generation: Generation) -> list[str]:
    """Return all that a person wants to know about a generation, a line each."""
    from seedbed.cli.progress import describe, place
    from seedbed.cli.understanding import understood

    output, error = generation.output, generation.error
    facts = {
        "request": generation.request_id,
        "status": describe(generation) if not generation.status.is_final else generation.status.value,
        "queue": place(generation),
        "model": generation.model,
        "prompt": printable(generation.prompt or "", longest=400),
        "size": " ".join(filter(None, (generation.resolution, generation.aspect_ratio))),
        "duration": generation.duration_s and f"{generation.duration_s} s",
        "seed": None if generation.seed is None else str(generation.seed),
        "credits": _credits(generation),
        "engine": generation.engine,
        "video": output and output.url,
        "last frame": output and output.last_frame_url,
        "error": error and f"{error.message} ({error.code})",
    }
    lines = [f"{name:<12}{fact}" for name, fact in facts.items() if fact]
    lines += [f"{'understood':<12}{line}" for line in understood(generation.shot_plan)]
    return lines + [f"{'warning':<12}{printable(warning)}" for warning in generation.warnings]


def measures(generation: Generation, size_bytes: int) -> str:
    """Return what a video measures, in words: `1280x720, 121 frames, 5.04 s, 2.1 MB`."""
    output = generation.output
    parts = [f"{size_bytes / 1e6:.1f} MB"]
    if output and output.width_px and output.frames and output.fps:
        seconds = output.frames / output.fps
        parts = [f"{output.width_px}x{output.height_px}", f"{output.frames} frames", f"{seconds:.2f} s", *parts]
    return ", ".join(parts)


def printable(text: str, *, longest: int = 2000) -> str:
    """Return text on one line and without anything that a terminal would obey: prompts are other people's words."""
    line = "".join(character if character.isprintable() else " " for character in text)
    line = " ".join(line.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _credits(generation: Generation) -> str | None:
    if generation.charged_credits is None:
        return None
    given_back = f", {generation.refunded_credits} given back" if generation.refunded_credits else ""
    return f"{generation.charged_credits} charged{given_back}"
