"""Repeats what another service said, as a job's owner may read it: short, plain, and with nothing secret in it."""

from __future__ import annotations

import re
from typing import Any

MAX_QUOTED_CHARACTERS = 300
_QUERY = re.compile(r"(https?://[^\s?#\"'<>]+)[?#][^\s\"'<>]*", re.IGNORECASE)
_CREDENTIAL = re.compile(r"\b(?:bearer\s+\S+|sk[-_][\w*-]{6,}|sd2_\w+)", re.IGNORECASE)
_MARKUP = re.compile(r"<[a-zA-Z!/][^>]*>")


def quoted(text: Any, *, secret: str = "") -> str:
    """Return the text on one line, without the queries of its URLs, `secret` and what looks like a key.

    Empty if it is no plain text; a web page is none.
    """
    if not isinstance(text, str) or _MARKUP.search(text):
        return ""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if secret:
        line = line.replace(secret, "***")
    line = _CREDENTIAL.sub("***", _QUERY.sub(r"\1", line))
    return line if len(line) <= MAX_QUOTED_CHARACTERS else line[: MAX_QUOTED_CHARACTERS - 1] + "…"
