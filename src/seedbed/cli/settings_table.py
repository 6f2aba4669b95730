"""`seedbed settings`: every setting, its value here, and what it means."""

from __future__ import annotations


def settings() -> None:
    """Show every setting with its value here, secrets masked. Settings are environment variables."""
    from rich.table import Table

    from seedbed.cli.console import console
    from seedbed.settings import described, load_settings

    table = Table("variable", "value", "meaning", box=None, pad_edge=False)
    for setting in described(load_settings()):
        table.add_row(setting.variable, setting.value + (" (set)" if setting.is_set else ""), setting.doc)
    out = console()
    out.soft_wrap = False
    out.print(table)
