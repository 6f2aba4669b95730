"""Core is the standard library without its doors to the world: no clock, no chance, no files, no network, no logs."""

from __future__ import annotations

import ast
import sys

from sources import CORE, Source

DOORS = {
    "asyncio", "ctypes", "http", "io", "logging", "multiprocessing", "os", "random", "secrets", "select",
    "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "tempfile", "threading", "time", "uuid",
}  # fmt: skip
CALLS_OUT = {"open", "read_text", "read_bytes", "write_text", "input", "print", "now", "utcnow", "today", "urandom"}


def imported(source: Source) -> set[str]:
    plain = [alias.name for node in source.nodes(ast.Import) if isinstance(node, ast.Import) for alias in node.names]
    chosen = [n.module or "" for n in source.nodes(ast.ImportFrom) if isinstance(n, ast.ImportFrom)]
    return set(plain + chosen)


def test_core_imports_only_itself_and_the_pure_part_of_the_standard_library() -> None:
    allowed = set(sys.stdlib_module_names) - DOORS
    foreign = {
        source.name: outside
        for source in CORE
        if (
            outside := {
                name
                for name in imported(source)
                if name.split(".")[0] not in allowed and name != "seedbed.core" and not name.startswith("seedbed.core.")
            }
        )
    }

    assert foreign == {}


def test_core_asks_no_clock_and_opens_nothing() -> None:
    calls = [
        f"{source.name}:{node.lineno} {_called(node)}"
        for source in CORE
        for node in source.nodes(ast.Call)
        if isinstance(node, ast.Call) and _called(node) in CALLS_OUT
    ]

    assert calls == []


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
