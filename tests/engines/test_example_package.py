"""The example package is installed and passes the check; a variation with one thing wrong is caught at that thing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from seedbed.cli.engine_check.asking import ask
from seedbed.cli.engine_check.bench import Bench
from seedbed.cli.engine_check.findings import Group, Verdict
from seedbed.worker.host import EngineLimits

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "examples" / "engine-package"
TIMEOUT_S = 300  # generous, because it bounds failing tests only


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> str:
    """A search path with the package, as pip installs it, and the variations of its engine."""
    target = tmp_path_factory.mktemp("site")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", str(target), str(PACKAGE)],
        check=True,
        timeout=TIMEOUT_S,
    )
    return os.pathsep.join([str(target), str(Path(__file__).parent)])


@pytest.fixture
def command(installed, tmp_path):
    """The command line, in a process that knows the package."""

    def run(*arguments: str) -> subprocess.CompletedProcess:
        known = {name: value for name, value in os.environ.items() if not name.startswith("SEEDBED_")}
        return subprocess.run(
            [sys.executable, "-m", "seedbed.cli", "engine", *arguments],
            env={**known, "PYTHONPATH": installed, "SEEDBED_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_S,
        )

    return run


@pytest.fixture
def broken_facts(installed, tmp_path, monkeypatch):
    """Ask a variation one group of questions, on clips of two seconds, and return the facts that are broken."""
    monkeypatch.setenv("PYTHONPATH", installed)
    monkeypatch.setenv("ELSEWHERE", str(tmp_path / "elsewhere"))

    async def run(variation: str, group: Group, *, may_spend: bool = True) -> list[str]:
        folder = tmp_path / "bench"
        folder.mkdir()
        # A busy machine must not make an engine that goes on look like one that hangs.
        limits = EngineLimits(grace_s=0.2 if variation == "Lingers" else 30)
        bench = Bench(f"aurora_variations:{variation}", None, folder=folder, limits=limits, usual_s=2)
        try:
            findings = [finding async for finding in ask(bench, only=[group], may_spend=may_spend)]
        finally:
            await bench.close()
        return [f"{finding.fact}: {finding.says}" for finding in findings if finding.verdict is Verdict.BROKEN]

    return run


def test_the_installed_package_offers_its_engine_and_the_engine_passes(command):
    listed = json.loads(command("list", "--json").stdout)
    checked = command("check", "aurora", "--option", "pitch_hz=440", "--json")

    assert {"kind": "aurora", "from": "seedbed-aurora 1.0.0"} in listed["kinds"]
    report = json.loads(checked.stdout)
    broken = {finding["fact"] for finding in report["findings"] if finding["verdict"] == "broken"}
    assert broken <= {"reports every second"}  # the one fact of which a busy machine decides
    assert checked.returncode == (1 if broken else 0)
    assert {finding["group"] for finding in report["findings"]} == set(Group)


def test_an_option_that_is_wrong_is_said_in_the_words_of_the_engine(command):
    checked = command("check", "aurora", "--option", "pitch_hz=high")

    assert checked.returncode == 1
    assert "engines.aurora: pitch_hz must be a number from 20 to 2000." in checked.stdout
    assert checked.stderr == ""


@pytest.mark.parametrize(
    ("variation", "group", "fact", "words"),
    [
        (
            "BreaksAtItsStart",
            Group.LOADS,
            "loads",
            "'aurora_variations:BreaksAtItsStart' does not start: ValueError: the",
        ),
        ("NeverReports", Group.PROGRESS, "reports every second", "never called report"),
        ("NeverReports", Group.CANCEL, "stops when it is told to", "never reports"),
        ("FallsBack", Group.PROGRESS, "reports in order", "falls"),
        ("SwallowsStop", Group.CANCEL, "stops halfway", "swallowed the Stop"),
        ("TurnsStopIntoFailure", Group.CANCEL, "stops halfway", "'EngineFailed'"),
        ("Lingers", Group.CANCEL, "stops at its first report", "had to be killed"),
        ("IsMute", Group.SOUND, "has sound where it is wanted", "is silent"),
        ("IsNeverQuiet", Group.SOUND, "has none where none is wanted", "not silent"),
        ("IgnoresSeed", Group.SEED, "makes something else of another seed", "the same frames"),
        ("NeverRepeats", Group.SEED, "repeats by its seed", "levels apart"),
        ("IsShort", Group.VIDEO, "makes it as long as was asked", "frames short"),
        ("MakesNoVideo", Group.VIDEO, "makes a video", "HTML"),
        ("WritesElsewhere", Group.FOLDER, "writes nothing outside its folder", "elsewhere"),
        ("WritesBesideItsFolder", Group.FOLDER, "writes nothing outside its folder", "left.txt"),
        ("ClaimsTheMark", Group.WATERMARK, "draws the visible mark", "nothing changes"),
        ("ClaimsRoles", Group.REFERENCES, "takes a reference_audio", "hears nothing"),
        ("ContradictsItself", Group.LOADS, "describes itself without contradiction", "reference_image"),
        ("HidesWantOfMemory", Group.MEMORY, "out of memory is a failure with a name", "EngineFailed"),
        ("NeverRecovers", Group.MEMORY, "makes the next video after that", "memory is full"),
        ("OfTomorrow", Group.LOADS, "loads", "protocol 2"),
    ],
)
async def test_an_engine_with_one_thing_wrong_is_caught_at_that_thing(broken_facts, variation, group, fact, words):
    broken = await broken_facts(variation, group)

    assert [said for said in broken if said.startswith(fact) and words in said] != [], broken


@pytest.mark.parametrize(
    ("fault", "broken"), [("", []), ("It has no credits.", ["its server answers: It has no credits."])]
)
async def test_a_remote_engine_is_only_asked_whether_its_server_answers(broken_facts, tmp_path, fault, broken):
    (tmp_path / "elsewhere").write_text(fault)

    found = await broken_facts("IsRemote", Group.VIDEO, may_spend=False)

    assert found == broken
    assert not (tmp_path / "billed").exists()


async def test_a_remote_engine_makes_videos_for_those_who_pay(broken_facts, tmp_path):
    (tmp_path / "elsewhere").write_text("")

    assert await broken_facts("IsRemote", Group.VIDEO, may_spend=True) == []
    assert (tmp_path / "billed").exists()
