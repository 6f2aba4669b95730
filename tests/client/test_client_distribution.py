"""The SDK's own distribution: the same source, typed, and httpx alone beside it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import seedbed_client

ROOT = Path(__file__).resolve().parents[2]


def test_the_small_distribution_is_the_package_and_needs_httpx_alone(tmp_path: Path) -> None:
    source = Path(str(seedbed_client.__file__)).parent
    shutil.copytree(source, tmp_path / "src" / "seedbed_client", ignore=shutil.ignore_patterns("__pycache__"))
    for name, kept in (("pyproject.toml", "packaging/client/pyproject.toml"), ("README.md", "docs/client.md")):
        shutil.copy(ROOT / kept, tmp_path / name)

    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist"]
    subprocess.run(build, cwd=tmp_path, check=True, capture_output=True, timeout=60)

    [wheel] = (tmp_path / "dist").glob("seedbed_client-*-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as content:
        names = {name for name in content.namelist() if ".dist-info/" not in name}
        metadata = content.read(next(name for name in content.namelist() if name.endswith("METADATA"))).decode()
    assert names == {f"seedbed_client/{path.name}" for path in source.iterdir() if path.suffix in (".py", ".typed")}
    assert re.findall(r"^Requires-Dist: (\w+)", metadata, re.MULTILINE) == ["httpx"]
