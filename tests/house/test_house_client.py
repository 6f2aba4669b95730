"""The SDK stays small enough to be read in one sitting, by whoever wonders what it does with their key."""

from __future__ import annotations

import ast

from sources import PACKAGES, Source

MAX_CODE_LINES = 800


def code_lines(source: Source) -> int:
    """Count the lines that hold code: not those that are blank, a comment alone, or part of a docstring."""
    described = source.nodes(ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        line
        for node in described
        if ast.get_docstring(node) is not None  # type: ignore[arg-type]
        for line in range(node.body[0].lineno, node.body[0].end_lineno + 1)  # type: ignore[attr-defined]
    }
    lines = enumerate(map(str.strip, source.text.splitlines()), start=1)
    return sum(bool(line) and not line.startswith("#") and number not in docstrings for number, line in lines)


def test_the_client_is_under_eight_hundred_lines_of_code() -> None:
    counted = {s.name: code_lines(s) for s in PACKAGES if s.name.startswith("src/seedbed_client/")}

    assert counted
    assert sum(counted.values()) < MAX_CODE_LINES, counted


def test_the_count_leaves_out_what_is_no_code(tmp_path) -> None:
    path = tmp_path / "sample.py"
    path.write_text(
        '"""One.\n\nTwo.\n"""\n\n# Why.\nx = (\n    1,  # counted\n)\n\ndef f():\n    """Say."""\n    return 1\n'
    )

    assert code_lines(Source(path)) == 5
