"""A file fits in one reading, a function on one screen, and both have names that say what they are."""

from __future__ import annotations

import ast
import re

from sources import EVERY, PACKAGES, Source

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 60
BANNED = {"utils", "helpers", "common", "misc", "base", "manager", "handler", "processor"}


def words(name: str) -> set[str]:
    """Split snake_case and CamelCase into lower-case words."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)}


def banned_words(name: str) -> set[str]:
    found = words(name)
    return (found | {f"{word}s" for word in found} | {word.removesuffix("s") for word in found}) & BANNED


def functions(source: Source) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return source.nodes(ast.FunctionDef, ast.AsyncFunctionDef)  # type: ignore[return-value]


def test_no_file_is_longer_than_one_reading() -> None:
    too_long = {s.name: n for s in EVERY if (n := len(s.text.splitlines())) > MAX_FILE_LINES}

    assert too_long == {}


def test_no_function_is_longer_than_one_screen() -> None:
    too_long = {
        f"{source.name}:{function.name}": length
        for source in EVERY
        for function in functions(source)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > MAX_FUNCTION_LINES
    }

    assert too_long == {}


def test_no_module_or_class_hides_behind_a_name_that_says_nothing() -> None:
    modules = {s.name: found for s in PACKAGES for part in s.path.parts if (found := banned_words(_stem(part)))}
    classes = {
        f"{source.name}:{node.name}": found
        for source in PACKAGES
        for node in source.nodes(ast.ClassDef)
        if isinstance(node, ast.ClassDef) and (found := banned_words(node.name))
    }

    assert modules | classes == {}


def _stem(part: str) -> str:
    return part.removesuffix(".py")


def test_the_name_check_sees_words_inside_names() -> None:
    assert banned_words("JobManager") == {"manager"}
    assert banned_words("http_helper") == {"helpers"}
    assert banned_words("base62") == set()
    assert banned_words("Database") == set()


def test_every_module_says_what_it_is_for() -> None:
    silent = [s.name for s in PACKAGES if s.text.strip() and not ast.get_docstring(s.tree)]

    assert silent == []
