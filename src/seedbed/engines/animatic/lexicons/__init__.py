"""The phrases of each language as data files, which a speaker can mend without knowing the program."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from seedbed.core.shotplan.lexicon import Lexicon, parse_lexicon


@cache
def load_lexicons() -> tuple[Lexicon, ...]:
    """Return every language's lexicon, in order of file name. Raises ValueError that names a file's fault."""
    files = sorted((f for f in resources.files(__name__).iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    return tuple(parse_lexicon(tomllib.loads(f.read_text(encoding="utf-8"))) for f in files)
