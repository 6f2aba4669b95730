"""What the documents must not lack: every setting, every error, every command, every target."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from typer.main import get_command

from seedbed.api.native.errors import STATUS
from seedbed.cli.main import app
from seedbed.cli.quickstart import CANCEL, DOCUMENTED_HOST, GET, IMAGE_TO_VIDEO, MODELS
from seedbed.core import errors
from seedbed.core.errors import JobFailure, Refusal, SeedbedError
from seedbed.settings import Settings, shown, variable
from seedbed_client import ApiError, GenerationFailed

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.ko.md")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def leaves(root: type[SeedbedError]) -> list[type[SeedbedError]]:
    below = [leaf for child in root.__subclasses__() for leaf in leaves(child)]
    return below or [root]


def table_rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


def test_every_setting_stands_in_the_documents_with_its_default_and_meaning() -> None:
    text, defaults = read("docs/settings.md"), Settings()
    rows = {row[0]: row[1:] for row in table_rows(text)}

    for setting in fields(Settings):
        default, meaning = rows[f"`{variable(setting)}`"]
        assert meaning == setting.metadata["doc"]
        if setting.name != "home":  # it differs from system to system
            assert default.strip("`") == shown(setting, getattr(defaults, setting.name))


def test_the_documents_name_no_setting_that_is_not_there() -> None:
    known = {variable(setting) for setting in fields(Settings)} | {"SEEDBED_CLIENT_URL", "SEEDBED_CLIENT_KEY"}
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    named = {name for page in pages for name in re.findall(r"\bSEEDBED_[A-Z_]+[A-Z]", page.read_text(encoding="utf-8"))}

    assert named - known == set()


def test_every_refusal_stands_in_the_documents_with_its_status() -> None:
    rows = {(row[0], row[1].strip("`")) for row in table_rows(read("docs/errors.md"))}

    assert {(str(STATUS[leaf]), leaf.code) for leaf in leaves(Refusal)} <= rows  # type: ignore[index]


def test_every_failure_of_a_job_stands_in_the_documents_and_says_whether_it_is_tried_again() -> None:
    rows = {(row[0], row[1].strip("`")) for row in table_rows(read("docs/errors.md"))}

    tried_again: dict[str, bool] = {}
    for kind in (kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, JobFailure)):
        if hasattr(kind, "code"):
            tried_again[kind.code] = tried_again.get(kind.code, False) or kind.is_retryable
    assert {("yes" if is_tried else "", code) for code, is_tried in tried_again.items()} <= rows


def test_the_client_knows_every_code() -> None:
    for ours, theirs in ((Refusal, ApiError), (JobFailure, GenerationFailed)):
        known = [code for kind in theirs.__subclasses__() for code in kind.codes]
        assert {leaf.code for leaf in leaves(ours)} == set(known)
        assert len(known) == len(set(known))


def test_the_tree_in_the_docstring_of_the_errors_names_every_class() -> None:
    tree = errors.__doc__ or ""
    classes = [kind.__name__ for kind in vars(errors).values() if isinstance(kind, type)]

    assert [name for name in classes if not re.search(rf"\b{name}\b", tree)] == []


@pytest.mark.parametrize("page", READMES)
def test_every_command_stands_in_the_readme(page: str) -> None:
    text = read(page)
    group = get_command(app)

    for name, command in group.commands.items():  # type: ignore[attr-defined]
        for below in getattr(command, "commands", {"": command}):
            assert f"{name} {below}".strip() in text


@pytest.mark.parametrize("page", READMES)
def test_every_target_that_the_readme_names_is_there_and_the_other_way_round(page: str) -> None:
    named = set(re.findall(r"(?:^|`)make ([a-z0-9-]+)", read(page), re.MULTILINE))
    targets = set(re.findall(r"^([a-z0-9-]+):", read("Makefile"), re.MULTILINE)) - {"help", "install"}

    assert named == targets


@pytest.mark.parametrize("page", READMES)
def test_the_curl_lines_of_the_readme_are_those_of_the_documents_with_the_host_changed(page: str) -> None:
    blocks = re.findall(r"```sh\n(.*?)\n```", read(page), re.DOTALL)
    documented = [
        line.replace(DOCUMENTED_HOST, "http://127.0.0.1:8000") for line in (IMAGE_TO_VIDEO, GET, CANCEL, MODELS)
    ]

    assert blocks == documented


def test_both_readmes_report_the_same_number_of_features_and_platforms() -> None:
    english, korean = (table_rows(read(page)) for page in READMES)

    assert len(english) == len(korean)


@pytest.mark.parametrize("page", READMES)
def test_the_readme_says_what_must_be_said(page: str) -> None:
    text = read(page)

    assert "ByteDance" in text
    assert "seedance2.ink" in text
    assert "telemetry" in text or "수집하지 않습니다" in text
