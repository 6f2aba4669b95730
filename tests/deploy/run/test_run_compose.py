"""The compose file through the program that reads it, and the site that its nginx makes through nginx itself."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from images import ROOT, Image, run

DEPLOY = ROOT / "deploy"
INSIDE = "/tmp/deploy"


@pytest.fixture(scope="module")
def folder(machine_image: Image) -> Path:
    """The folder deploy/ in the machine, with an .env as docs/deploy.md says."""
    folder = machine_image.root / INSIDE.strip("/")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(DEPLOY, folder)
    example = (folder / "compose.env.example").read_text()
    (folder / ".env").write_text(example.replace("POSTGRES_PASSWORD=", "POSTGRES_PASSWORD=5d1f"))
    return folder


def compose(image: Image, *arguments: str) -> str:
    return run("chroot", image.root, "docker-compose", "--file", f"{INSIDE}/compose.yaml", *arguments)


def test_compose_reads_the_file_and_fills_it_in(machine_image: Image, folder: Path) -> None:
    read = json.loads(compose(machine_image, "config", "--format", "json"))["services"]

    assert read["api-1"]["environment"]["SEEDBED_DATABASE_URL"] == "postgresql://seedbed:5d1f@postgres/seedbed"
    assert read["api-2"]["command"] == ["serve", "--workers", "0"]
    assert all(service["read_only"] and service["cap_drop"] == ["ALL"] for service in read.values())
    assert read["migrate"]["restart"] == "no"


def test_compose_asks_for_the_password(machine_image: Image, folder: Path) -> None:
    (folder / ".env").rename(folder / "away")
    try:
        with pytest.raises(AssertionError, match=r"write it into \.env"):
            compose(machine_image, "config")
    finally:
        (folder / "away").rename(folder / ".env")


def test_a_misspelt_key_would_be_refused(machine_image: Image, folder: Path) -> None:
    text = (folder / "compose.yaml").read_text()
    (folder / "wrong.yaml").write_text(text.replace("  read_only: true", "  readonly: true"))

    with pytest.raises(AssertionError, match="readonly"):
        run("chroot", machine_image.root, "docker-compose", "--file", f"{INSIDE}/wrong.yaml", "config")


def test_nginx_takes_the_site_that_its_service_makes(machine_image: Image, folder: Path) -> None:
    read = json.loads(compose(machine_image, "config", "--format", "json"))["services"]["nginx"]
    etc = machine_image.root / "etc"
    shutil.copy(folder / "nginx/seedbed.conf", etc / "nginx/seedbed.conf")
    (etc / "ssl/seedbed").mkdir(parents=True, exist_ok=True)
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=videos.example.com",
        "-keyout", etc / "ssl/seedbed/key.pem", "-out", etc / "ssl/seedbed/fullchain.pem")  # fmt: skip
    (etc / "hosts").write_text("127.0.0.1 localhost api-1 api-2\n")

    script = read["command"][2].replace("$$", "$").replace('exec nginx -g "daemon off;"', "exec nginx -t")
    script = script.replace("/dev/stdout", "/tmp/access.log")  # a chroot has no devices
    done = run("chroot", machine_image.root, "env", "SEEDBED_NAME=videos.example.com", "sh", "-euc", script)

    assert done == ""
    assert "api-2:8000" in (etc / "nginx/conf.d/seedbed.conf").read_text()
