"""`seedbed settings`: every setting, its value here, and what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import Field

MASK = "***"


def settings() -> None:
    """Show every setting with its value here, secrets masked. Settings are environment variables."""
    from dataclasses import fields

    from rich.table import Table

    from seedbed.cli.console import console
    from seedbed.settings import Settings, load_settings, variable

    values, defaults = load_settings(), Settings()
    table = Table("variable", "value", "meaning", box=None, pad_edge=False)
    for setting in fields(Settings):
        value = getattr(values, setting.name)
        mark = "" if value == getattr(defaults, setting.name) else " (set)"
        table.add_row(variable(setting), shown(setting, value) + mark, str(setting.metadata["doc"]))
    out = console()
    out.soft_wrap = False
    out.print(table)


def shown(setting: Field[Any], value: object) -> str:
    """Return a value as a person may see it."""
    if value is None or value == ():
        return "-"
    if setting.metadata["secret"]:
        return MASK
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
