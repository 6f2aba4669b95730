"""The project's own Python files, read and parsed once for all house tests."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Source:
    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    def nodes(self, *kinds: type[ast.AST]) -> list[ast.AST]:
        return [node for node in ast.walk(self.tree) if isinstance(node, kinds)]


PACKAGES = [Source(path) for path in sorted((ROOT / "src").rglob("*.py"))]
TESTS = [Source(path) for path in sorted((ROOT / "tests").rglob("*.py"))]
EVERY = PACKAGES + TESTS + [Source(path) for path in sorted((ROOT / "bench").rglob("*.py"))]
CORE = [source for source in PACKAGES if source.name.startswith("src/seedbed/core/")]
