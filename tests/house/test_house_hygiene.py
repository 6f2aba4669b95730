"""What may not stay in tracked files: paths of one machine, opt-outs without a reason, tests that do not run."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib

from sources import EVERY, PACKAGES, ROOT

TEXT = {".py", ".md", ".toml", ".txt", ".sql", ".yml", ".yaml", ".cfg", ".ini", ""}
HOME = re.compile(r"(?<![\w.])/(?:home|Users)/\w+/|(?<![\w.])/root/\w")
# Put together here so that this file does not hold what it looks for.
LEFTOVER = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3)) + r")\b")
OPT_OUT = re.compile(r"#\s*(noqa|type:\s*ignore|fmt:\s*skip)(\[[\w\-, ]+\]|:\s*[A-Z0-9, ]+)?\s*(?P<reason>.*)")


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
    )
    # Outside a repository (an unpacked archive) every file of the tree stands for the tracked ones.
    names = listed.stdout.split("\0") if listed.returncode == 0 else [s.name for s in EVERY]
    return [name for name in names if name and (ROOT / name).is_file()]


def lines_of(name: str) -> list[str]:
    path = ROOT / name
    return path.read_text(encoding="utf-8").splitlines() if path.suffix in TEXT else []


def test_no_tracked_file_names_a_path_of_one_machine() -> None:
    found = [f"{name}:{i}" for name in tracked() for i, line in enumerate(lines_of(name), 1) if HOME.search(line)]

    assert found == []


def test_nothing_is_left_for_later_in_the_code() -> None:
    found = [f"{s.name}:{i}" for s in EVERY for i, line in enumerate(s.text.splitlines(), 1) if LEFTOVER.search(line)]

    assert found == []


def test_every_tracked_file_is_small_enough_to_clone() -> None:
    large = {name: size for name in tracked() if (size := (ROOT / name).stat().st_size) > 5_000_000}

    assert large == {}


def test_no_test_is_switched_off() -> None:
    off = re.compile(r"mark\.(skip|xfail)|pytest\.(skip|xfail)\(|unittest\.skip")
    found = [s.name for s in EVERY if off.search(s.text) and s.path.name != "test_house_hygiene.py"]

    assert found == []


def test_every_opt_out_in_the_code_has_its_reason() -> None:
    bare = [
        f"{source.name}:{number}"
        for source in PACKAGES
        for number, line in enumerate(source.text.splitlines(), 1)
        if (match := OPT_OUT.search(line)) and not match["reason"].strip(" -:#")
    ]

    assert bare == []


def test_every_opt_out_in_the_configuration_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    ignored = tomllib.loads(text)["tool"]["ruff"]["lint"]["ignore"]
    explained = {code for line in text.splitlines() if "#" in line for code in re.findall(r'"([A-Z]+\d+)"', line)}

    assert set(ignored) - explained == set()


def test_only_the_worker_loop_and_the_request_edge_catch_everything() -> None:
    """Elsewhere a wide net hides the fault that somebody needs to see."""
    wide = [
        source.name
        for source in PACKAGES
        for node in source.nodes(ast.ExceptHandler)
        if isinstance(node, ast.ExceptHandler) and _is_wide(node.type)
    ]

    assert [name for name in wide if not name.startswith(("src/seedbed/worker/", "src/seedbed/api/"))] == []


def _is_wide(caught: ast.expr | None) -> bool:
    return caught is None or (isinstance(caught, ast.Name) and caught.id in {"Exception", "BaseException"})
