"""The units on a Debian that systemd has booted: with all their fences, from the first migration to a clip and back."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from boxes import await_true
from images import ROOT, Image, run
from machines import Machine, booted

pytestmark = pytest.mark.server
UNITS = ROOT / "deploy/systemd"
NAMES = sorted(path.name for path in UNITS.glob("*.service"))
PASSWORD = "3f0a9c"
EXPOSED_AT_MOST = 2.0
ALONE = ("systemd-run", "--pipe", "--wait", "--quiet")


@pytest.fixture(scope="module")
def machine(machine_image: Image) -> Iterator[Machine]:
    """A server, set up as docs/deploy.md says."""
    etc = machine_image.root / "etc"
    for folder in ("seedbed", "sysusers.d"):
        (etc / folder).mkdir(exist_ok=True)
    for name in NAMES:
        shutil.copy(UNITS / name, etc / "systemd/system")
    shutil.copy(UNITS / "seedbed.sysusers.conf", etc / "sysusers.d/seedbed.conf")
    example = (UNITS / "seedbed.env.example").read_text()
    (etc / "seedbed/seedbed.env").write_text(example.replace("https://videos.example.com", "http://127.0.0.1:8000"))
    (etc / "seedbed/pgpass").write_text(f"127.0.0.1:5432:seedbed:seedbed:{PASSWORD}\n")
    for name in ("seedbed.env", "pgpass"):
        (etc / "seedbed" / name).chmod(0o600)
    run("chroot", machine_image.root, "systemd-sysusers")
    run("chroot", machine_image.root, "chown", "seedbed:", "/etc/seedbed/pgpass")
    with booted(machine_image) as machine:
        await_true(lambda: machine.try_run("runuser", "-u", "postgres", "--", "pg_isready")[0] == 0)
        for statement in (f"CREATE ROLE seedbed LOGIN PASSWORD '{PASSWORD}'", "CREATE DATABASE seedbed OWNER seedbed"):
            machine.run("runuser", "-u", "postgres", "--", "psql", "-c", statement)
        yield machine


@pytest.fixture(scope="module")
def service(machine: Machine) -> Machine:
    """The service at work: migrated, two API processes, one worker."""
    machine.run("systemctl", "start", "seedbed-migrate")
    machine.run("systemctl", "start", "seedbed-api@8000", "seedbed-api@8001", "seedbed-worker@1")
    await_true(lambda: asked(machine, "8000", "/readyz")[0] == 0 and asked(machine, "8001", "/readyz")[0] == 0)
    return machine


def asked(machine: Machine, port: str, path: str) -> tuple[int, str]:
    script = f"import urllib.request as u; print(u.urlopen('http://127.0.0.1:{port}{path}', timeout=5).read())"
    return machine.try_run("python3", "-c", script)


def as_service(machine: Machine, *command: str) -> str:
    """Run a command of ours as docs/deploy.md says: under the service's user, with its settings."""
    properties = ("EnvironmentFile=/etc/seedbed/seedbed.env", "Environment=PGPASSFILE=/etc/seedbed/pgpass")
    options = ["--uid=seedbed", "--setenv=SEEDBED_HOME=/var/lib/seedbed", *(f"--property={one}" for one in properties)]
    return machine.run(*ALONE, *options, "/opt/seedbed/bin/seedbed", *command)


@pytest.mark.parametrize("name", NAMES)
def test_systemd_finds_nothing_amiss_in_a_unit(machine: Machine, name: str) -> None:
    status, said = machine.try_run("systemd-analyze", "verify", f"/etc/systemd/system/{name}")

    assert (status, said) == (0, "")


@pytest.mark.parametrize("name", NAMES)
def test_a_unit_is_little_exposed(machine: Machine, name: str) -> None:
    said = machine.run("systemd-analyze", "security", "--offline=true", f"/etc/systemd/system/{name}")

    assert float(re.findall(r"Overall exposure level.*: ([\d.]+)", said)[0]) < EXPOSED_AT_MOST


def test_a_clip_is_made_behind_all_fences(service: Machine) -> None:
    made = as_service(service, "keys", "create", "--name", "first")
    key, account = re.findall(r"sd2_live_\w+", made)[0], re.findall(r"account (\d+)", made)[0]
    as_service(service, "credits", "grant", account, "1000")
    shutil.copy(Path(__file__).parents[2] / "e2e/photographs/rocket.jpg", service.root / "srv/rocket.jpg")
    options = ["--key", key, "--base-url", "http://127.0.0.1:8001", "-d", "4", "-r", "480p", "-o", "/srv/clip.mp4"]

    said = service.run("seedbed", "generate", "/srv/rocket.jpg", "-p", "slow push in", *options, timeout_s=180)

    assert "97 frames" in said
    assert (service.root / "srv/clip.mp4").stat().st_size > 50_000
    assert as_service(service, "audit")


def test_the_password_is_in_no_environment_and_no_log(service: Machine) -> None:
    for unit in ("seedbed-api@8000", "seedbed-worker@1"):
        pid = service.state(unit, "MainPID")["MainPID"]
        assert PASSWORD not in service.run("cat", f"/proc/{pid}/environ")
    assert PASSWORD not in service.run("journalctl", "--no-pager", "-u", "seedbed-*")


def test_strangers_files_are_fenced_in_behind_the_fences_of_the_unit(service: Machine) -> None:
    pid = service.state("seedbed-api@8000", "MainPID")["MainPID"]
    status = service.run("cat", f"/proc/{pid}/status")
    fences = [line for name in NAMES[:1] for line in (UNITS / name).read_text().splitlines() if fences_in(line)]
    properties = [f"--property={line}" for line in fences]

    ask = ["/opt/seedbed/bin/python", "-B", "-P", "-m", "seedbed.media.child", "--fences"]
    said = service.run(*ALONE, "--uid=seedbed", *properties, *ask)

    assert "Seccomp:\t2" in status
    assert "NoNewPrivs:\t1" in status
    assert "CapBnd:\t0000000000000000" in status
    assert '"calls": true' in said
    assert '"files": true' in said


def fences_in(line: str) -> bool:
    return bool(re.match(r"(Capab|Ambient|NoNew|Lock|Memory|Private|Proc|Protect|Restrict|SystemCall)\w+=", line))


@pytest.mark.parametrize("unit", ["seedbed-api@8001", "seedbed-worker@1"])
def test_a_stop_is_an_orderly_end_and_leaves_nobody(service: Machine, unit: str) -> None:
    service.run("systemctl", "stop", unit)

    assert service.state(unit, "ActiveState")["ActiveState"] == "inactive"
    last = service.run("journalctl", "--no-pager", "--lines=4", "--unit", unit)
    assert f"{unit}.service: Deactivated successfully." in last
    assert "remains running" not in last
    service.run("systemctl", "start", unit)


def test_a_killed_worker_is_started_again(service: Machine) -> None:
    before = service.state("seedbed-worker@1", "MainPID")["MainPID"]

    service.run("systemctl", "kill", "--kill-whom=main", "--signal=KILL", "seedbed-worker@1")

    await_true(lambda: service.state("seedbed-worker@1", "ActiveState", "MainPID")["MainPID"] not in (before, "0"))


def status_of(machine: Machine, unit: str) -> str:
    return machine.run("systemctl", "status", "--full", "--no-pager", unit)


def test_the_fleet_keeps_a_worker_and_is_reloaded(service: Machine) -> None:
    home = service.root / "var/lib/seedbed"
    (home / "seedbed.toml").write_text("[pools.default]\nworkers = 1\n")
    (home / "seedbed.toml").chmod(0o644)

    service.run("systemctl", "start", "seedbed-fleet")
    await_true(lambda: "seedbed.fleet.process" in status_of(service, "seedbed-fleet"), within_s=20)
    (home / "seedbed.toml").write_text("[pools.default]\nworkers = 2\n")
    service.run("systemctl", "reload", "seedbed-fleet")
    await_true(lambda: status_of(service, "seedbed-fleet").count("seedbed.fleet.process") == 2)
    service.run("systemctl", "stop", "seedbed-fleet")

    assert service.state("seedbed-fleet", "Result", "ExecMainStatus") == {"Result": "success", "ExecMainStatus": "0"}
