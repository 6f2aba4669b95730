"""The systemd units as they are read: known settings, one set of fences, an end that fits what each process does."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from seedbed.cli.listening import GRACE_S
from seedbed.fleet.local import STOPPING_S
from seedbed.settings import Settings, variable

FOLDER = Path(__file__).parents[2] / "deploy/systemd"
UNITS = sorted(FOLDER.glob("*.service"))
SETTINGS = {variable(field) for field in fields(Settings)}
FENCES = re.compile(
    r"^(CapabilityBoundingSet|NoNewPrivileges|Private\w+|Protect\w+|Restrict\w+|MemoryDeny\w+)=", re.MULTILINE
)


def keys(unit: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in unit.read_text().splitlines():
        if re.match(r"[A-Z]\w+=", line):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize("unit", [*UNITS, FOLDER / "seedbed.env.example"], ids=lambda unit: unit.name)
def test_every_setting_that_it_names_is_one(unit: Path) -> None:
    named = set(re.findall(r"\bSEEDBED_[A-Z_]+", unit.read_text()))

    assert named
    assert named - SETTINGS == set()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_every_unit_stands_behind_the_same_fences(unit: Path) -> None:
    found = keys(unit)

    assert set(FENCES.findall(unit.read_text())) == set(FENCES.findall(UNITS[0].read_text()))
    assert found["User"] == ["seedbed"]
    assert found["ProtectSystem"] == ["strict"]
    assert found["SystemCallFilter"][1] == "~@privileged"


@pytest.mark.parametrize("unit", [unit for unit in UNITS if "migrate" not in unit.name], ids=lambda unit: unit.name)
def test_landlock_is_left_to_the_child_that_opens_files(unit: Path) -> None:
    assert "landlock_restrict_self" in keys(unit)["SystemCallFilter"][0]


def test_the_password_is_in_a_file_and_in_no_setting() -> None:
    for unit in UNITS:
        assert "PGPASSFILE=/etc/seedbed/pgpass" in keys(unit)["Environment"][0]
    assert "postgresql://seedbed@" in (FOLDER / "seedbed.env.example").read_text()


@pytest.mark.parametrize(("name", "needs_s"), [("api@", GRACE_S + 5), ("worker@", 8), ("fleet", STOPPING_S)])
def test_what_is_stopped_is_given_more_time_than_it_takes(name: str, needs_s: float) -> None:
    found = keys(FOLDER / f"seedbed-{name}.service")

    assert float(found["TimeoutStopSec"][0]) > needs_s + 10
    assert found["KillMode"] == ["mixed"]
    assert found["Restart"] == ["always"]


@pytest.mark.parametrize("name", ["api@", "fleet"])
def test_what_reads_its_configuration_anew_on_sighup_can_be_reloaded(name: str) -> None:
    assert keys(FOLDER / f"seedbed-{name}.service")["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
