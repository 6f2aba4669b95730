"""Where a command's client finds its service, and with which key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from seedbed_client import Seedbed

BaseUrl = Annotated[
    str | None, typer.Option(envvar="SEEDBED_CLIENT_URL", help="The service. Default: `seedbed serve` here.")
]
Key = Annotated[
    str | None, typer.Option(envvar="SEEDBED_CLIENT_KEY", help="The API key. Default: that of `seedbed serve`.")
]


def login(base_url: str | None, key: str | None) -> tuple[str, str]:
    """Fill in what was not said from the service of this home folder. Its key never goes to another service."""
    from seedbed.cli.home import load_login
    from seedbed.core.errors import NotReady
    from seedbed.settings import load_settings

    if base_url and key:
        return base_url, key
    known = load_login(load_settings().home)
    if base_url and (known is None or known.base_url != base_url.rstrip("/")):
        raise NotReady(f"There is no key for {base_url}; give one with --key or SEEDBED_CLIENT_KEY.")
    if known is None:
        raise NotReady("There is no service here yet. Start `seedbed serve`, or name one with --base-url and --key.")
    return base_url or known.base_url, key or known.key


def signed_in(base_url: str | None, key: str | None) -> Seedbed:
    """Return a client of the service that the options, the environment or this home folder name. Close it."""
    from seedbed_client import Seedbed

    url, api_key = login(base_url, key)
    return Seedbed(api_key, url)
