"""The console's files as its tests read them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from seedbed.api.console_page import ROOT

SCRIPTS = sorted(ROOT.rglob("*.js"))
STYLES = sorted(ROOT.rglob("*.css"))
WORDS = sorted((ROOT / "words").glob("*.js"))
_ENTRY = re.compile(r'^\s+"([\w.]+)":\s*"((?:[^"\\]|\\.)*)",$', re.MULTILINE)


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def words(path: Path) -> dict[str, dict[str, str]]:
    """Return what a file of words says, by language and key."""
    english, korean = text(path).split("export const ko = {")
    return {"en": dict(_ENTRY.findall(english)), "ko": dict(_ENTRY.findall(korean))}
