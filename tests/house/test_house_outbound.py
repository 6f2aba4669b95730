"""What goes out goes through `outbound`: nobody else holds the means to open a connection to somebody's address."""

from __future__ import annotations

import ast

from sources import PACKAGES, Source

MEANS = {
    "aiohttp", "anyio", "ftplib", "http.client", "httpcore", "httpx", "requests", "smtplib", "socket", "socketserver",
    "ssl", "telnetlib", "urllib.request", "urllib3", "websockets", "xmlrpc",
}  # fmt: skip
# What each other module does with it; none of these connects to an address that a stranger chose.
OTHER_USES = {
    "src/seedbed/cli/contract/answers.py": "asks the server that whoever runs it has named",
    "src/seedbed/cli/demo.py": "asks the service that it has started itself",
    "src/seedbed/cli/forwarding.py": "hands what it has heard to the address that its user has typed",
    "src/seedbed/cli/listening.py": "opens the port that is listened on",
    "src/seedbed/store/embedded/server.py": "finds a free name for the database's own socket",
    "src/seedbed/worker/loop.py": "asks for the name of this machine",
}
CALLS = {"open_connection", "open_unix_connection", "create_connection", "connect_tcp", "urlopen"}


def means_of(source: Source) -> set[str]:
    plain = [alias.name for node in source.nodes(ast.Import) if isinstance(node, ast.Import) for alias in node.names]
    chosen = [
        name
        for node in source.nodes(ast.ImportFrom)
        if isinstance(node, ast.ImportFrom) and node.module
        for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
    ]
    return {name for name in plain + chosen if name in MEANS or name.split(".")[0] in MEANS}


def is_ours(source: Source) -> bool:
    return source.name.startswith("src/seedbed/") and not source.name.startswith("src/seedbed/outbound/")


def test_only_the_door_holds_the_means_to_go_out() -> None:
    found = {s.name: means for s in PACKAGES if is_ours(s) and s.name not in OTHER_USES and (means := means_of(s))}

    assert found == {}


def test_every_exception_is_still_one() -> None:
    assert {s.name for s in PACKAGES if is_ours(s) and means_of(s)} == set(OTHER_USES)


def test_nobody_opens_a_connection_by_other_words() -> None:
    found = [
        f"{source.name}:{node.lineno}"
        for source in PACKAGES
        if is_ours(source)
        for node in source.nodes(ast.Attribute)
        if isinstance(node, ast.Attribute) and node.attr in CALLS
    ]

    assert found == []


def test_the_check_sees_every_form_of_import() -> None:
    seen = {line: _means_in(line) for line in ("import httpx", "from http import client", "import urllib.request as u")}

    assert all(seen.values())
    assert not _means_in("from urllib.parse import urlsplit")


def _means_in(line: str) -> set[str]:
    source = Source(PACKAGES[0].path)
    vars(source)["tree"] = ast.parse(line)
    return means_of(source)
