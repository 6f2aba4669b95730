"""The Containerfile as it is read: what its last stage promises, and what reaches it from the checkout."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from seedbed.settings import Settings, variable

FOLDER = Path(__file__).parents[2] / "deploy/container"
TEXT = (FOLDER / "Containerfile").read_text()
LAST_STAGE = TEXT.rsplit("\nFROM ", 1)[1]


def test_it_runs_as_a_user_by_number_with_one_volume_and_our_command() -> None:
    assert re.findall(r"^USER (.*)$", LAST_STAGE, re.MULTILINE) == ["10001:10001"]
    assert re.findall(r"^VOLUME (.*)$", LAST_STAGE, re.MULTILINE) == ["/data"]
    assert 'ENTRYPOINT ["seedbed"]' in LAST_STAGE
    assert "STOPSIGNAL SIGTERM" in LAST_STAGE


def test_it_names_no_host_and_no_unknown_setting() -> None:
    assert "://" not in TEXT
    assert set(re.findall(r"SEEDBED_[A-Z_]+", TEXT)) <= {variable(field) for field in fields(Settings)}


def test_every_install_keeps_to_the_constraints() -> None:
    installs = re.findall(r"pip install [^\n]*", TEXT)

    assert len(installs) == 2
    assert all("--constraint constraints.txt" in line for line in installs)


def test_only_what_it_copies_is_sent_to_the_build() -> None:
    copied = {name for names in re.findall(r"^COPY (?!--from)(.*) \S+$", TEXT, re.MULTILINE) for name in names.split()}
    sent = set(re.findall(r"^!(.*)$", (FOLDER / "Containerfile.dockerignore").read_text(), re.MULTILINE))

    assert copied == sent
