"""`seedbed route`: what it says of a request, and what it exits with."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from seedbed.cli.exit_codes import ExitCode
from seedbed.cli.main import main

CONFIGURATION = """
[engines.studio]
kind = "videos_api"
base_url = "http://gpu:8091/v1"

[models."seedance-2.0"]
chain = [
  { engine = "studio", modes = ["text_to_video"], resolutions = ["480p", "720p"], max_duration = 10 },
  { engine = "animatic", max_duration = 12 },
]
"""
ASKED = {"model": "seedance-2.0", "prompt": "A red fox.", "duration": 5, "resolution": "720p"}

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Ask by a file with this body, or by the standard input, and give the exit code and all that was said."""
    for name in [name for name in os.environ if name.startswith("SEEDBED_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SEEDBED_HOME", str(tmp_path))
    (tmp_path / "seedbed.toml").write_text(CONFIGURATION)

    def call(body: bytes | dict | None, *options: str, by_stdin: bool = False) -> tuple[int, str, str]:
        text = json.dumps(body).encode() if isinstance(body, dict) else body
        path = tmp_path / "request.json"
        if text is not None:
            path.write_bytes(text)
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
        monkeypatch.setattr(sys, "argv", ["seedbed", "route", "-" if by_stdin else str(path), *options])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    return call


@pytest.mark.parametrize("by_stdin", [False, True])
def test_the_engines_that_take_a_request_are_named_in_order_with_the_price(run: Run, by_stdin: bool) -> None:
    code, said, complained = run(ASKED, "--explain", by_stdin=by_stdin)

    assert (code, complained) == (ExitCode.OK, "")
    assert said.splitlines() == [
        "1. studio (pool studio): takes it",
        "2. animatic (pool default): takes it",
        "Price: 40 credits",
    ]


def test_every_objection_of_an_engine_is_explained_and_otherwise_it_is_left_out(run: Run) -> None:
    asked = ASKED | {"resolution": "1080p", "duration": 11}

    _, explained, _ = run(asked, "--explain")
    code, plain, _ = run(asked)

    assert explained.splitlines()[0] == (
        "1. studio (pool studio): makes 480p, 720p only; makes no more than 10 s"
    )  # fmt: skip
    assert (code, plain.splitlines()) == (0, ["1. animatic (pool default): takes it", "Price: 220 credits"])


def test_a_request_that_nobody_takes_is_refused_after_its_explanation(run: Run) -> None:
    code, said, complained = run(ASKED | {"duration": 15}, "--explain")

    assert code == ExitCode.REFUSED
    assert said.splitlines()[1] == "2. animatic (pool default): makes no more than 12 s"
    assert "Price" not in said
    assert complained.startswith("seedbed: No engine of seedance-2.0 takes this request here: studio makes no more")


def test_a_request_of_test_mode_goes_to_the_embedded_engine(run: Run) -> None:
    code, said, _ = run(ASKED | {"duration": 15}, "--explain", "--test")

    assert (code, said.splitlines()[0]) == (0, "1. animatic (pool default): takes it")


def test_what_the_service_would_warn_of_is_told(run: Run) -> None:
    _, said, _ = run(ASKED | {"prompt": "@Image1 runs.", "lenght": 5})

    assert "Warning: ignored unknown field 'lenght'" in said
    assert "Warning: the prompt points at @Image1, but only 0 reference(s) of that kind were sent" in said


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"duration": 99}, "duration must be 4 to 15 seconds for seedance-2.0; got 99."),
        ({"duration": "5"}, "duration"),
        ({"model": "sora"}, "model 'sora' does not exist; use one of seedance-2.0,"),
        ({"mediaUrls": ["http://10.0.0.1/a.jpg"]}, "mediaUrls[0]"),
        ({"prompt": "\x00"}, "prompt"),
    ],
)
def test_a_request_that_the_service_would_refuse_is_refused_with_its_words(run: Run, change, sentence) -> None:
    code, said, complained = run(ASKED | change)

    assert (code, said) == (ExitCode.REFUSED, "")
    assert complained.startswith("seedbed: ")
    assert sentence in complained
    assert complained.count("\n") == 1


@pytest.mark.parametrize("by_stdin", [False, True])
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"{", "not valid JSON"),
        (b"[]", "must be a JSON object"),
        (b'{"a": NaN}', "NaN"),
        (b"\xff", "UTF-8"),
        (b"[" * 20_000, "deep"),
    ],
)
def test_what_is_no_json_object_is_misuse(run: Run, body: bytes, words: str, by_stdin: bool) -> None:
    code, said, complained = run(body, by_stdin=by_stdin)

    assert (code, said) == (ExitCode.MISUSED, "")
    assert words in complained
    assert "Traceback" not in complained


def test_a_file_that_is_not_there_is_named(run: Run, tmp_path: Path) -> None:
    code, _, complained = run(None)

    assert code == ExitCode.FAILED
    assert complained == f"seedbed: No such file or directory: {tmp_path / 'request.json'}\n"


def test_a_wrong_configuration_is_told_with_its_place(run: Run, tmp_path: Path) -> None:
    (tmp_path / "seedbed.toml").write_text(CONFIGURATION.replace('"animatic"', '"attic"'))

    code, said, complained = run(ASKED)

    assert (code, said) == (ExitCode.FAILED, "")
    assert (
        f"{tmp_path / 'seedbed.toml'}: models.\"seedance-2.0\".chain[1].engine: there is no engine 'attic'"
        in complained
    )
    assert complained.count("\n") == 1
