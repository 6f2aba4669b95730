"""Builds images by buildah, without a container engine, from a base that debootstrap makes of Debian's packages.

No registry of images is asked: the base stands in for the one that the Containerfile names. Everything lies in
`build/deploy`; what is mounted there is taken away again at the end of a run.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
WORKPLACE = ROOT / "build/deploy"
CONTAINERFILE = ROOT / "deploy/container/Containerfile"
BASE = "localhost/python:3.13-slim-trixie"
SERVICE, NEXT_SERVICE, MACHINE = "localhost/seedbed", "localhost/seedbed:next", "localhost/seedbed-machine"
# Names and certificates as on this machine, for what a step installs; no part of the image.
LENT = ("/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt")


def run(*command: str | Path, timeout_s: float = 60) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=timeout_s, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-6000:]}{done.stderr[-6000:]}"
    return done.stdout


def buildah(*arguments: str | Path, timeout_s: float = 120) -> str:
    storage = ("--storage-driver", "overlay", "--root", WORKPLACE / "storage", "--runroot", WORKPLACE / "run")
    return run("buildah", *storage, *arguments, timeout_s=timeout_s).strip()


@dataclass(frozen=True, slots=True)
class Image:
    """What an engine would do with the image: its root as a folder, and the configuration."""

    root: Path
    config: dict

    def environment(self, **settings: str) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self.config["Env"]) | settings


def ensure_base() -> None:
    """Make the base image, unless an earlier run did."""
    if BASE in buildah("images", "--format", "{{.Name}}:{{.Tag}}").split():
        return
    folder = WORKPLACE / "base"
    run("rm", "-rf", folder)
    packages = "--include=python3,python3-venv,python3-pip,ca-certificates"
    run("debootstrap", "--variant=minbase", packages, "trixie", folder, timeout_s=900)
    container = buildah("from", "scratch")
    buildah("copy", "--quiet", container, folder, "/", timeout_s=300)
    buildah("commit", "--quiet", "--rm", container, BASE, timeout_s=300)
    run("rm", "-rf", folder)


def build(name: str, containerfile: Path, context: Path, *options: str | Path) -> None:
    """Build an image by its file, each step in a chroot. Takes a minute and more."""
    lent = [word for path in LENT for word in ("--volume", f"{path}:{path}:ro")]
    command = ("build", "--isolation", "chroot", "--pull-never", "--tag", name, "--file", containerfile)
    buildah(*command, *lent, *options, context, timeout_s=1200)


@contextmanager
def opened(name: str) -> Iterator[Image]:
    """Mount a fresh container of the image until the end of the block."""
    container = buildah("from", "--pull-never", name)
    try:
        described = json.loads(buildah("inspect", container))
        yield Image(Path(buildah("mount", container)), described["OCIv1"]["config"])
    finally:
        buildah("rm", container)
