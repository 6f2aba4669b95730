"""deploy/compose.yaml as it is read: known settings, no rights, no secret in the file, and the site that nginx gets."""

from __future__ import annotations

import re
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from seedbed.settings import Settings, variable

DEPLOY = Path(__file__).parents[2] / "deploy"
TEXT = (DEPLOY / "compose.yaml").read_text()
SERVICES = yaml.safe_load(TEXT)["services"]
OURS = ["migrate", "api-1", "api-2", "worker"]
SETTINGS = {variable(field) for field in fields(Settings)}


def test_every_setting_of_the_compose_file_is_one() -> None:
    named = {name for service in OURS for name in SERVICES[service]["environment"] if name.startswith("SEEDBED_")}

    assert len(named) > 2
    assert named - SETTINGS == set()


def test_every_variable_of_the_compose_file_stands_in_the_example() -> None:
    asked_for = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", TEXT))
    given = set(re.findall(r"^([A-Z_]+)=", (DEPLOY / "compose.env.example").read_text(), re.MULTILINE))

    assert asked_for == given


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_runs_without_rights_on_a_root_that_is_read_only(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("cap_add") or name not in OURS


def test_only_nginx_is_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]


@pytest.mark.parametrize("name", OURS)
def test_nothing_of_ours_starts_before_its_schema_is_there(name: str) -> None:
    awaited = SERVICES[name]["depends_on"]

    if name == "migrate":
        assert awaited == {"postgres": {"condition": "service_healthy"}}
    else:
        assert awaited["migrate"] == {"condition": "service_completed_successfully"}


def test_an_api_process_is_given_longer_than_its_drain_and_its_last_requests() -> None:
    drain_s, last_requests_s = float(SERVICES["api-1"]["environment"]["SEEDBED_DRAIN_S"]), 5

    assert float(SERVICES["api-1"]["stop_grace_period"].removesuffix("s")) > drain_s + last_requests_s + 5


def test_the_shipped_site_gets_both_servers_and_the_name() -> None:
    script = SERVICES["nginx"]["command"][2].replace("$$", "$").split("exec nginx")[0]
    script = script.replace("/etc/nginx/seedbed.conf", str(DEPLOY / "nginx/seedbed.conf")).replace(
        "> /etc/nginx/conf.d/seedbed.conf", ""
    )

    done = subprocess.run(
        ["sh", "-euc", script], capture_output=True, text=True, env={"SEEDBED_NAME": "v.test"}, timeout=10, check=True
    )

    shipped = (DEPLOY / "nginx/seedbed.conf").read_text()
    site = done.stdout
    assert len(site.splitlines()) == len(shipped.splitlines())
    assert site.count("server_name v.test;") == shipped.count("server_name")
    assert "server api-1:8000; server api-2:8000;" in site
    assert "access_log /dev/stdout" in site
    assert not re.search(r"127\.0\.0\.1:8000|example\.com|/var/log", site)
