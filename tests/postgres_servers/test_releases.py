"""API and workers one release apart: the release before this one works on this one's schema, beside it, in either part.

`PREVIOUS` names that release by tag or commit. Without it, it is the last tag, or, until there is any, the commit
before the tables of operators (migrations 0016 and later). Its files are taken out of git: a clone needs its history.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from clusters import DEBIAN, cluster
from journeys import of_release, service, walk

from seedbed.store.migrate import migrate

ROOT = Path(__file__).resolve().parents[2]
BEFORE_TAGS = "d440017"
NEW, OLD = "this release", "the one before"


@pytest.fixture(scope="module")
def previous(tmp_path_factory) -> Iterator[str]:
    """The search path of Python by which the previous release is found before this one."""
    folder = tmp_path_factory.mktemp("previous")
    name = os.environ.get("PREVIOUS") or _last_tag() or BEFORE_TAGS
    packed = subprocess.run(["git", "archive", name, "src"], cwd=ROOT, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    kernel = Path("src/seedbed/engines/animatic/kernel")
    for built in (ROOT / kernel).glob("*.so"):
        shutil.copy(built, folder / kernel)
    found = subprocess.run(
        [sys.executable, "-c", "import seedbed; print(seedbed.__path__[0])"],
        env=os.environ | {"PYTHONPATH": str(folder / "src")},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert Path(found.strip()).is_relative_to(folder)
    yield str(folder / "src")
    shutil.rmtree(folder)


def _last_tag() -> str:
    return subprocess.run(
        ["git", "describe", "--tags", "--abbrev=0"], cwd=ROOT, check=False, capture_output=True, text=True
    ).stdout.strip()


@pytest.mark.parametrize(("api", "worker"), [(OLD, NEW), (NEW, OLD), (OLD, OLD), (NEW, NEW)])
def test_api_and_worker_of_two_releases_make_videos_together(previous: str, api: str, worker: str) -> None:
    release = {OLD: of_release(previous), NEW: {}}
    with cluster(DEBIAN) as server:
        migrate(server.url())

        with service(server.url(), api=release[api], worker=release[worker]) as running:
            walk(running)
