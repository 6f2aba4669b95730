"""Compiles the renderer's kernel while the package is installed, where there is a C compiler, and is silent where not.

An editable install gets the library beside its source; a wheel carries it and is tagged for this kind of machine.
Without a compiler the wheel is a pure one, and OpenCV draws.
"""

from __future__ import annotations

import importlib.util
import shutil
import sysconfig
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

KERNEL = Path("seedbed") / "engines" / "animatic" / "kernel"


class KernelHook(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        folder = Path(self.root) / "src" / KERNEL
        compiling = _load(folder / "compiling.py")
        if version == "editable":
            compiling.compile_into(folder)
            return
        self._folder = Path(tempfile.mkdtemp(prefix="seedbed-kernel-"))
        library = compiling.compile_into(self._folder)
        if library is not None:
            build_data["force_include"][str(library)] = (KERNEL / library.name).as_posix()
            build_data["pure_python"] = False
            # The library knows nothing of Python, so it goes with every version of it.
            build_data["tag"] = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        if version != "editable":
            shutil.rmtree(self._folder, ignore_errors=True)


def _load(path: Path) -> ModuleType:
    """Load one file of a package that is not installed yet."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
