"""A picture, video or sound as it stands on a command line or in a table: a file or a URL, with or without a role.

A role is said to the service only where one is needed, because the documents know none: a plain list of URLs works with
every service that speaks them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from seedbed.core.references import EXTENSIONS, REFERENCE_ROLE, Kind, Role

if TYPE_CHECKING:
    from seedbed_client import Reference

URL_SCHEMES = ("http://", "https://", "asset://", "data:")
ROLES = tuple(role.value for role in Role)


def reference_of(source: str, *, kind: Kind | None = None, role: str | None = None, folder: Path = Path()) -> Reference:
    """Return a reference; a relative path begins in `folder`.

    Raises BadParameter if its name says another kind, and FileNotFoundError.
    """
    from seedbed.core.references import guess_kind
    from seedbed_client import Reference

    wanted = Role(role).kind if role else kind
    named = _named_kind(source)
    if wanted and named and named is not wanted:
        raise typer.BadParameter(f"'{source[:80]}' is {_article(named)} by its name, not {_article(wanted)}.")
    # What is no file is sent as a URL, whose kind is guessed again at submit; a role says it where the guess is wrong.
    if kind and role is None and guess_kind(source) is not kind:
        role = REFERENCE_ROLE[kind].value
    if source.startswith(URL_SCHEMES):
        return Reference(source, role)
    path = folder / Path(source).expanduser()
    if not path.is_file():
        raise FileNotFoundError(2, "No such file", str(path))
    return Reference(path, role)


def role_and_source(text: str) -> tuple[str, str]:
    """Return the two parts of ROLE=FILE_OR_URL. Raises BadParameter."""
    role, _, source = text.partition("=")
    if role not in ROLES or not source:
        raise typer.BadParameter(f"'{text[:80]}' must be ROLE=FILE_OR_URL, with one of {', '.join(ROLES)}.")
    return role, source


def _named_kind(source: str) -> Kind | None:
    """Return what the name says, or None if it says nothing."""
    if source.startswith("data:"):
        return None
    path = source.split("?")[0].lower()
    return next((kind for extension, kind in EXTENSIONS.items() if path.endswith(extension)), None)


def _article(kind: Kind) -> str:
    return {Kind.IMAGE: "a picture", Kind.VIDEO: "a video", Kind.AUDIO: "a sound"}[kind]
