"""The phrases of each language as data files, which a speaker can mend without knowing the program."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from seedbed.core.shotplan.lexicon import parse_lexicon
from seedbed.core.shotplan.phrasebook import Phrasebook


@cache
def load_lexicons() -> Phrasebook:
    """Return every language's lexicon in one book. Raises ValueError that names a file and its fault."""
    files = sorted((f for f in resources.files(__name__).iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    lexicons = []
    for file in files:
        try:
            lexicons.append(parse_lexicon(tomllib.loads(file.read_text(encoding="utf-8"))))
        except ValueError as error:
            raise ValueError(f"{file.name}: {error}") from error
    return Phrasebook(lexicons)
