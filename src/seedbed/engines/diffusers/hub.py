"""The hub's cache on this machine, as its own tools lay it out. Nothing here, or anywhere in the engine, calls the hub.

A repository is a folder with `refs` (a branch or tag, and the commit that it meant when it was fetched) and `snapshots`
(the files of each commit).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from seedbed.core.errors import NotReady


def cache_folder(environ: Mapping[str, str]) -> Path:
    if folder := environ.get("HF_HUB_CACHE"):
        return Path(folder).expanduser()
    return _home(environ) / "hub"


def has_token(environ: Mapping[str, str]) -> bool:
    """Say whether this machine is signed in at the hub, which gated repositories ask for."""
    return bool(environ.get("HF_TOKEN")) or Path(environ.get("HF_TOKEN_PATH", _home(environ) / "token")).is_file()


def find_snapshot(repository: str, revision: str, *, is_gated: bool, environ: Mapping[str, str]) -> Path:
    """Return the folder of that commit, tag or branch. Whether all of its files are there is not looked at.

    Raises NotReady, with the command that fetches it.
    """
    folder = cache_folder(environ) / f"models--{repository.replace('/', '--')}"
    commit = _commit_of(folder, revision)
    if commit and (folder / "snapshots" / commit).is_dir():
        return folder / "snapshots" / commit
    here = _revisions_in(folder)
    what = (
        f"The hub's cache has {repository}, but not its revision {revision}; there is {', '.join(here)}."
        if here
        else f"{repository} is not in the hub's cache ({cache_folder(environ)})."
    )
    raise NotReady(f"{what} {how_to_get(repository, revision, is_gated=is_gated, environ=environ)}")


def how_to_get(repository: str, revision: str, *, is_gated: bool, environ: Mapping[str, str]) -> str:
    """Say in a sentence or two how to fetch it."""
    command = f"Get it with: hf download {repository} --revision {revision}"
    if is_gated and not has_token(environ):
        return f"It is gated, and there is no token: accept its licence on its page, then `hf auth login`. {command}"
    return command


def _home(environ: Mapping[str, str]) -> Path:
    if folder := environ.get("HF_HOME"):
        return Path(folder).expanduser()
    return Path(environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "huggingface"


def _commit_of(folder: Path, revision: str) -> str | None:
    try:
        return (folder / "refs" / revision).read_text().strip()
    except OSError:
        return revision if (folder / "snapshots" / revision).is_dir() else None


def _revisions_in(folder: Path) -> list[str]:
    refs = folder / "refs"
    named = [str(file.relative_to(refs)) for file in sorted(refs.rglob("*")) if file.is_file()]
    return named or sorted(file.name for file in (folder / "snapshots").glob("*"))
