"""`seedbed engine`: what it lists, which engine a name means, and how it leaves."""

import json
import os
import subprocess
import sys

import pytest

TIMEOUT_S = 120  # generous, because it bounds failing tests only
CONFIGURATION = """
[engines.card]
kind = "testcard@instant"
slots = 3

[engines.studio]
kind = "open_api"
base_url = "http://127.0.0.1:9"
key_env = "STUDIO_KEY"
"""


@pytest.fixture
def engine(tmp_path):
    """Run the command line with a configuration of two engines. `key` is the studio's."""
    (tmp_path / "seedbed.toml").write_text(CONFIGURATION)

    def run(*arguments: str, key: str | None = None) -> subprocess.CompletedProcess:
        known = {name: value for name, value in os.environ.items() if not name.startswith("SEEDBED_")}
        return subprocess.run(
            [sys.executable, "-m", "seedbed.cli", "engine", *arguments],
            env={**known, "SEEDBED_HOME": str(tmp_path), **({"STUDIO_KEY": key} if key else {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_S,
        )

    return run


def test_the_engines_of_the_deployment_and_the_kinds_are_listed_without_loading_one(engine):
    told = engine("list")
    listed = json.loads(engine("list", "--json").stdout)

    assert "kind testcard@instant, pool card, slots 3" in told.stdout
    assert [one["name"] for one in listed["engines"]] == ["animatic", "card", "studio"]
    assert {"kind": "videos_api", "from": "seedbed"} in listed["kinds"]


def test_a_name_is_first_that_of_an_engine_of_the_configuration(engine):
    checked = engine("check", "card", "--only", "video", "--json")

    report = json.loads(checked.stdout)
    assert (checked.returncode, report["ok"], report["engine"]) == (0, True, "card")
    assert report["capabilities"]["name"] == "testcard"
    assert {finding["group"] for finding in report["findings"]} == {"loads", "video"}


def test_a_broken_fact_is_named_and_ends_the_command_with_one(engine):
    checked = engine("check", "testcard", "--only", "seed")

    assert checked.returncode == 1
    assert "BROKEN  seed        makes something else of another seed" in checked.stdout
    assert "1 broken" in checked.stdout


def test_an_engine_that_is_not_there_is_answered_with_those_that_are(engine):
    checked = engine("check", "warp-drive")

    assert checked.returncode == 1
    assert "There is no engine 'warp-drive'; installed are animatic," in checked.stdout
    assert "Traceback" not in checked.stdout + checked.stderr


def test_a_remote_engine_is_asked_with_its_key_and_nothing_is_ordered(engine):
    without = engine("check", "studio")
    answered = engine("check", "studio", key="sd2_live_none")

    assert "needs its key in the environment variable STUDIO_KEY" in without.stderr
    assert without.returncode == answered.returncode == 1
    assert "BROKEN  loads       its server answers" in answered.stdout
    assert "--spend allows it" in answered.stdout


@pytest.mark.parametrize("option", ["pitch", "=440"])
def test_an_option_without_a_name_or_a_value_is_misuse(engine, option):
    checked = engine("check", "testcard", "--option", option)

    assert checked.returncode == 2
    assert "is not KEY=VALUE" in " ".join(checked.stderr.split())
