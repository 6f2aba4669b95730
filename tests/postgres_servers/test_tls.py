"""TLS to the database is libpq's, by the URL: verify-full takes the right certificate and refuses every other."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from clusters import DEBIAN, Cluster, own
from clusters import cluster as new_cluster
from journeys import run_cli, service, walk


@dataclass(frozen=True, slots=True)
class Sealed:
    """A server that takes nobody without TLS; its certificate is `localhost`'s, by the authority in `ca`."""

    server: Cluster
    ca: Path
    stranger: Path

    def url(self, host: str = "localhost", **options: str) -> str:
        return self.server.url(host=host, **options)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sealed]:
    folder = tmp_path_factory.mktemp("authority")
    make_authority(folder, "ca")
    make_authority(folder, "stranger")
    with new_cluster(DEBIAN) as server:
        certify(folder, server.data)
        server.run("alter system set ssl = on")
        (server.data / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 scram-sha-256\n")
        server.run("select pg_reload_conf()")
        yield Sealed(server, folder / "ca.crt", folder / "stranger.crt")


def test_a_service_runs_over_tls_that_is_verified_in_full(sealed: Sealed) -> None:
    url = sealed.url(sslmode="verify-full", sslrootcert=str(sealed.ca))
    assert run_cli(url, "migrate").returncode == 0

    with service(url) as running:
        walk(running, jobs=2)


def test_a_certificate_of_another_authority_is_refused(sealed: Sealed) -> None:
    said = run_cli(sealed.url(sslmode="verify-full", sslrootcert=str(sealed.stranger)), "migrate", "--check")

    assert said.returncode == 1
    assert "certificate verify failed" in said.stderr


def test_a_certificate_of_another_host_is_refused(sealed: Sealed) -> None:
    url = sealed.url("127.0.0.1", sslmode="verify-full", sslrootcert=str(sealed.ca))

    said = run_cli(url, "migrate", "--check")

    assert said.returncode == 1
    assert "does not match host name" in said.stderr


def test_a_server_that_wants_tls_refuses_a_url_without_it(sealed: Sealed) -> None:
    said = run_cli(sealed.url(sslmode="disable"), "migrate", "--check")

    assert said.returncode == 1
    assert "no encryption" in said.stderr


def make_authority(folder: Path, name: str) -> None:
    openssl(
        folder,
        f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} -keyout {name}.key -out {name}.crt",
    )


def certify(folder: Path, data: Path) -> None:
    """Give the server a certificate of the authority `ca`, and the key to it."""
    (folder / "names").write_text("subjectAltName=DNS:localhost\n")
    openssl(folder, "req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr")
    openssl(
        folder,
        "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.crt",
    )
    for name in ("server.crt", "server.key"):
        (data / name).write_bytes((folder / name).read_bytes())
        (data / name).chmod(0o600)
        own(data / name)


def openssl(folder: Path, words: str) -> None:
    subprocess.run(["openssl", *words.split()], cwd=folder, check=True, capture_output=True)
