"""`seedbed env`: the lines that point a program at this service, for clients that read their environment."""

from __future__ import annotations

import shlex
from enum import StrEnum
from typing import Annotated

import typer

from seedbed.cli.signing_in import BaseUrl, Key, login


class Dialect(StrEnum):
    NATIVE = "native"
    ARK = "ark"
    OPENAI = "openai"


class Shell(StrEnum):
    BASH = "bash"
    FISH = "fish"
    POWERSHELL = "powershell"


# The Ark SDKs read their key only: the base URL has to be passed to them, from this variable or from anywhere.
NAMES = {
    Dialect.NATIVE: ("SEEDBED_CLIENT_URL", "SEEDBED_CLIENT_KEY", ""),
    Dialect.ARK: ("ARK_BASE_URL", "ARK_API_KEY", "/api/v3"),
    Dialect.OPENAI: ("OPENAI_BASE_URL", "OPENAI_API_KEY", "/v1"),
}


def env(
    dialect: Annotated[Dialect, typer.Argument(help="Whose clients.")],
    shell: Annotated[Shell, typer.Option(help="Bash means every POSIX shell.")] = Shell.BASH,
    base_url: BaseUrl = None,
    key: Key = None,
) -> None:
    """Print base URL and key as the clients of a dialect read them: eval "$(seedbed env openai)"."""
    url, api_key = login(base_url, key)
    for line in lines(dialect, shell, base_url=url, key=api_key):
        typer.echo(line)


def lines(dialect: Dialect, shell: Shell, *, base_url: str, key: str) -> list[str]:
    url_name, key_name, root = NAMES[dialect]
    values = {url_name: base_url.rstrip("/") + root, key_name: key}
    return [_exported(shell, name, value) for name, value in values.items()]


def _exported(shell: Shell, name: str, value: str) -> str:
    match shell:
        case Shell.BASH:
            return f"export {name}={shlex.quote(value)}"
        case Shell.FISH:
            escaped = value.replace("\\", "\\\\").replace("'", "\\'")
            return f"set -gx {name} '{escaped}'"
        case Shell.POWERSHELL:
            escaped = value.replace("'", "''")
            return f"$env:{name} = '{escaped}'"
