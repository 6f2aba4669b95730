"""What a request may say to the engine itself: the options that a model's operator allows, and the judgement of them.

Nothing reaches an engine that stands not in the model's table, and nothing is rounded to fit. What a request leaves out
gets the table's default, so that a job keeps what it was made with when the table changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from seedbed.core.errors import InvalidRequest

MAX_LORA_WEIGHT = 2.0
MAX_NUMBERS = 16


class OptionKind(StrEnum):
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TEXT = "text"
    CHOICE = "choice"  # one of `choices`
    NUMBERS = "numbers"  # a list of numbers, such as moments in seconds
    LORAS = "loras"  # [{"name", "weight"?}], names among `choices`


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option. `least` and `most` bound a number, `most` also the characters of a text and the count of LoRAs."""

    kind: OptionKind
    description: str = ""
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    default: Any = None


def judged_options(
    given: Mapping[str, Any] | None, allowed: Mapping[str, Option], *, model: str, param: str
) -> dict[str, Any]:
    """Return the options with their defaults. Raises InvalidRequest that names the option and what would be right."""
    unknown = sorted((given or {}).keys() - allowed.keys())
    if unknown:
        known = f"it takes {', '.join(allowed)}" if allowed else "it takes none"
        raise InvalidRequest(f"{param}.{unknown[0][:80]} is no option of {model}; {known}.", param=param)
    settled = {name: option.default for name, option in allowed.items() if option.default is not None}
    for name, value in (given or {}).items():
        if value is None:
            continue
        fault = fault_of(value, allowed[name])
        if fault:
            raise InvalidRequest(f"{param}.{name} {fault}.", param=f"{param}.{name}")
        settled[name] = value
    return settled


def fault_of(value: Any, option: Option) -> str | None:
    """Return what the value must be instead, as the end of a sentence, or None."""
    match option.kind:
        case OptionKind.INTEGER | OptionKind.NUMBER:
            return _number_fault(value, option)
        case OptionKind.BOOLEAN:
            return None if isinstance(value, bool) else "must be true or false"
        case OptionKind.TEXT:
            most = int(option.most or 2000)
            is_right = isinstance(value, str) and len(value) <= most and value.isprintable()
            return None if is_right else f"must be a text of at most {most} printable characters"
        case OptionKind.CHOICE:
            return None if value in option.choices else f"must be one of {', '.join(option.choices)}"
        case OptionKind.NUMBERS:
            return _numbers_fault(value, option)
        case OptionKind.LORAS:
            return _loras_fault(value, option)


def schema_of(allowed: Mapping[str, Option]) -> dict[str, Any]:
    """Return the JSON schema of a model's options, for those who build a form from it."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _schema(option) for name, option in allowed.items()},
    }


def _number_fault(value: Any, option: Option) -> str | None:
    is_whole = option.kind is OptionKind.INTEGER
    kind = "a whole number" if is_whole else "a number"
    bounds = " and ".join(
        f"at {word} {bound:.15g}"
        for word, bound in (("least", option.least), ("most", option.most))
        if bound is not None
    )
    wanted = f"must be {kind}" + (f" of {bounds}" if bounds else "")
    if isinstance(value, bool) or not isinstance(value, int if is_whole else (int, float)):
        return wanted
    above = option.least is None or value >= option.least
    below = option.most is None or value <= option.most
    return None if above and below else wanted  # NaN is neither


def _numbers_fault(value: Any, option: Option) -> str | None:
    if not isinstance(value, list) or len(value) > MAX_NUMBERS:
        return f"must be a list of at most {MAX_NUMBERS} numbers"
    fault = next((fault for number in value if (fault := _number_fault(number, option))), None)
    return f"must be a list in which each {fault}" if fault else None


def _loras_fault(value: Any, option: Option) -> str | None:
    most = int(option.most or 1)
    wanted = f"must be a list of at most {most} objects with a name among {', '.join(option.choices)} and a weight"
    if not isinstance(value, list) or len(value) > most:
        return wanted
    for lora in value:
        if not isinstance(lora, dict) or lora.keys() - {"name", "weight"} or lora.get("name") not in option.choices:
            return wanted
        weight = lora.get("weight", 1.0)
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not abs(weight) <= MAX_LORA_WEIGHT:
            return f"{wanted}; a weight lies within {MAX_LORA_WEIGHT:g} of 0"
    return None


def _schema(option: Option) -> dict[str, Any]:
    bounds = {"minimum": option.least, "maximum": option.most}
    forms: dict[OptionKind, dict[str, Any]] = {
        OptionKind.INTEGER: {"type": "integer", **bounds},
        OptionKind.NUMBER: {"type": "number", **bounds},
        OptionKind.BOOLEAN: {"type": "boolean"},
        OptionKind.TEXT: {"type": "string", "maxLength": int(option.most or 2000)},
        OptionKind.CHOICE: {"type": "string", "enum": list(option.choices)},
        OptionKind.NUMBERS: {
            "type": "array",
            "maxItems": MAX_NUMBERS,
            "items": {"type": "number"} | {key: bound for key, bound in bounds.items() if bound is not None},
        },
        OptionKind.LORAS: {
            "type": "array",
            "maxItems": int(option.most or 1),
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "enum": list(option.choices)},
                    "weight": {"type": "number", "minimum": -MAX_LORA_WEIGHT, "maximum": MAX_LORA_WEIGHT},
                },
            },
        },
    }
    described = {"description": option.description or None, "default": option.default}
    return {key: value for key, value in (forms[option.kind] | described).items() if value is not None}
