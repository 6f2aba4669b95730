"""SQL stands in the store and nowhere else, so that whoever changes a table finds every reader in one folder."""

from __future__ import annotations

import ast
import re

from sources import PACKAGES, Source

STATEMENT = re.compile(
    r"^\s*(SELECT\s.+\sFROM\s|SELECT\s+\w+\s*\(|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|WITH\s+\w+\s+AS\s*\("
    r"|CREATE\s+(TABLE|INDEX|ROLE|DATABASE|TYPE|SCHEMA)\b|ALTER\s+\w+\s|DROP\s+\w+\s|NOTIFY\s+\w+|LISTEN\s+\w+|SET\s+LOCAL\s)",
    re.IGNORECASE | re.DOTALL,
)


def statements(source: Source) -> list[int]:
    docstrings = {id(node.value) for node in source.nodes(ast.Expr) if isinstance(node, ast.Expr)}
    return [
        node.lineno
        for node in source.nodes(ast.Constant)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
        and STATEMENT.match(node.value)
    ]


def test_sql_stands_in_the_store_alone() -> None:
    outside = {s.name: lines for s in PACKAGES if "/store/" not in s.name and (lines := statements(s))}

    assert outside == {}


def test_the_sql_check_finds_sql_and_leaves_prose_alone() -> None:
    assert STATEMENT.match("\n  SELECT id FROM jobs")
    assert STATEMENT.match("update jobs set state = 'queued'")
    assert not STATEMENT.match("Select a folder from the list.".replace(" from ", " in "))
    assert not STATEMENT.match("with the embedded database")
