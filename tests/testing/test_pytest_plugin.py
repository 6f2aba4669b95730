"""The pytest plug-in, as a project that has installed the wheel uses it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.server

PAGE = Path(__file__).resolve().parents[2] / "docs" / "testing.md"
QUIET = ("-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:schemathesis", "-W", "ignore")


def test_the_tests_of_the_page_pass_as_they_stand_there(pytester, monkeypatch):
    monkeypatch.setenv("SEEDBED_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/somebody-elses")
    [page] = [block for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL) if "def test" in block]
    pytester.makepyfile(page)

    result = pytester.runpytest_subprocess(*QUIET)

    result.assert_outcomes(passed=page.count("def test_"))


def test_a_run_without_these_fixtures_starts_nothing(pytester):
    pytester.makepyfile("def test_nothing():\n    import sys\n    assert 'seedbed_client' not in sys.modules")

    result = pytester.runpytest_subprocess(*QUIET, "--setup-show")

    result.assert_outcomes(passed=1)
    assert "seedbed_server" not in result.stdout.str()


def test_a_wrong_latency_says_what_would_be_right(pytester):
    result = pytester.runpytest_subprocess(*QUIET, "--seedbed-latency", "soon")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "instant, realistic or a number of seconds" in result.stderr.str()
