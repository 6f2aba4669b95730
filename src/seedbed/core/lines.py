"""Short texts that people write: names, notes, reasons. Of one line, so that they stand whole in lists and in logs."""

from __future__ import annotations

from seedbed.core.errors import InvalidRequest

MAX_NAME_CHARACTERS = 200
MAX_NOTE_CHARACTERS = 500


def line_of(text: str, *, most: int, param: str) -> str:
    """Return a text of one line, trimmed: 1 to `most` printable characters. Raises InvalidRequest."""
    line = text.strip()
    if not line or len(line) > most or not line.isprintable():
        raise InvalidRequest(f"{param} must be 1 to {most} printable characters on one line.", param=param)
    return line
