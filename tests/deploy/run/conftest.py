"""One build of each image for all tests that run what is in deploy/. They need root, and Debian's packages."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from images import (
    CONTAINERFILE,
    MACHINE,
    NEXT_SERVICE,
    ROOT,
    SERVICE,
    WORKPLACE,
    Image,
    build,
    buildah,
    ensure_base,
    opened,
)


@pytest.fixture(scope="session")
def built() -> None:
    """The image of the service, built from the checkout by the file that we ship."""
    WORKPLACE.mkdir(parents=True, exist_ok=True)
    buildah("rm", "--all")  # what a run that was killed left mounted
    ensure_base()
    ignored = CONTAINERFILE.with_name("Containerfile.dockerignore")
    build(SERVICE, CONTAINERFILE, ROOT, "--ignorefile", ignored)


@pytest.fixture(scope="session")
def image(built: None) -> Iterator[Image]:
    with opened(SERVICE) as image:
        yield image


@pytest.fixture(scope="session")
def next_image(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """Another image, as that of the next version would be: all its layers below are its own."""
    file = tmp_path_factory.mktemp("next") / "Containerfile"
    file.write_text(f"FROM {SERVICE}\nENV SEEDBED_REQUESTS_PER_MINUTE=601\n")
    build(NEXT_SERVICE, file, file.parent)
    with opened(NEXT_SERVICE) as image:
        yield image


@pytest.fixture(scope="session")
def machine_image(built: None) -> Iterator[Image]:
    """A whole Debian with systemd and PostgreSQL, and the service where the units look for it."""
    here = Path(__file__).parent
    build(MACHINE, here / "machine.Containerfile", here)
    with opened(MACHINE) as image:
        yield image


@pytest.fixture
def volume() -> Iterator[Path]:
    """A folder as a new volume is one: owner and mode of the folder in the image."""
    with tempfile.TemporaryDirectory(prefix="seedbed-volume-") as name:
        folder = Path(name)
        folder.chmod(0o700)
        os.chown(folder, 10001, 10001)
        yield folder
