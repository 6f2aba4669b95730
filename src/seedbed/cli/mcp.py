"""`seedbed mcp`: a server of the Model Context Protocol, so that an assistant can make videos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seedbed.cli.signing_in import BaseUrl, Key


def mcp(
    base_url: BaseUrl = None,
    key: Key = None,
    http_port: Annotated[
        int | None,
        typer.Option("--http", min=1, max=65535, help="Serve streamable HTTP at 127.0.0.1:PORT/mcp, not stdio."),
    ] = None,
    files: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="A folder whose files an assistant may send to the service."),
    ] = None,
) -> None:
    """Let an assistant make videos: tools to generate, look, cancel, list models and ask the price."""
    from seedbed.core.errors import NotReady

    try:
        from seedbed.mcp_server.server import make_server
    except ModuleNotFoundError as exc:
        raise NotReady("The MCP server needs a package more: pip install 'seedbed[mcp]'.") from exc
    from seedbed.cli.signing_in import login
    from seedbed_client import AsyncSeedbed

    url, api_key = login(base_url, key)
    server = make_server(AsyncSeedbed(api_key, url), files=files)
    if http_port is None:
        server.run("stdio")
    else:
        # Only this machine may call: whoever calls spends the key's credits. The package turns away foreign Host and
        # Origin headers there, so that no web page can call either.
        server.run("streamable-http", host="127.0.0.1", port=http_port)
