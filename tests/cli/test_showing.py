"""Bars for people, silence for logs, and the names of the API in JSON."""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime

import pytest
from rich.console import Console
from typer.testing import CliRunner

from seedbed.cli.main import app, main
from seedbed.cli.progress import shown_bytes, shown_progress
from seedbed.cli.showing import details, line_of, printable, wire_form
from seedbed_client import Event, Failure, Generation, Output, QueuePlace, Status

GENERATION = Generation(
    request_id="req_1",
    status=Status.FAILED,
    model="seedance-2.0",
    prompt="one\ntwo \x1b[31m",
    duration_s=5,
    charged_credits=40,
    refunded_credits=40,
    error=Failure("engine_failed", "no luck"),
    created_at=datetime(2026, 11, 22, 12, tzinfo=UTC),
)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_transfers_have_a_bar_in_a_terminal_and_are_silent_in_a_log(
    is_terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    out = io.StringIO()

    with shown_bytes(Console(file=out, force_terminal=is_terminal), "uploading a.png") as tell:
        tell(1_000_000, 2_000_000)

    assert ("uploading a.png" in out.getvalue()) is is_terminal


def test_a_log_of_a_build_gets_lines_even_if_it_says_that_it_is_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    out = io.StringIO()

    with shown_progress(Console(file=out, force_terminal=True, highlight=False)) as tell:
        tell(Event(status=Status.QUEUED, queue=QueuePlace(2, 7.0)))
        tell(Event(status=Status.QUEUED, queue=QueuePlace(1, 3.0)))
        tell(Event(status=Status.SUCCEEDED))

    assert out.getvalue() == "  queued       0% place 2 in the queue, about 7 s\n  succeeded  100%\n"


def test_json_has_the_names_of_the_api_and_leaves_out_what_was_not_said() -> None:
    shown = wire_form(
        Generation(request_id="r", status=Status.SUCCEEDED, output=Output("u", width_px=864), is_live=True)
    )

    assert shown == {
        "requestId": "r",
        "status": "succeeded",
        "output": {"url": "u", "width": 864},
        "livemode": True,
    }
    assert wire_form(GENERATION)["createdAt"] == "2026-11-22T12:00:00Z"
    assert wire_form(GENERATION)["creditsRefunded"] == 40


def test_a_generation_is_one_line_or_all_that_a_person_wants_to_know() -> None:
    told = "\n".join(details(GENERATION))

    assert line_of(GENERATION).startswith("req_1  failed      2026-11-22")
    assert line_of(GENERATION).endswith("one two [31m")
    assert "40 charged, 40 given back" in told
    assert "no luck (engine_failed)" in told
    assert "\x1b" not in told


def test_long_text_is_cut_and_other_scripts_are_left_alone() -> None:
    assert printable("느린 줌\r\n인") == "느린 줌 인"
    assert printable("x" * 99, longest=10) == "xxxxxxxxx…"


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("generate --model seedance-1", "seedance-1.5-pro"),
        ("generate --reference first", "first_frame="),
        ("list --status can", "cancelled"),
        ("wat", "watch"),
    ],
)
def test_a_shell_completes_commands_and_values(
    words: str, offered: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["seedbed"])
    monkeypatch.setenv("_SEEDBED_COMPLETE", "complete_fish")
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", f"seedbed {words}")

    with pytest.raises(SystemExit):
        main()

    assert [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()] == [offered]


def test_help_says_every_option_of_an_order_for_both_commands_that_take_one() -> None:
    for command in ("generate", "estimate"):
        said = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"}).stdout

        assert all(option in said for option in ("--image", "--first-frame", "--reference", "--no-sound", "--seed"))
