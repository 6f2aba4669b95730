"""What the command line says: its errors, its first words, its progress, its languages."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from seedbed.cli.console import speaks_korean
from seedbed.cli.home import Login, load_login, login_file, save_login
from seedbed.cli.listening import client_host
from seedbed.cli.progress import Estimate, overall
from seedbed.cli.quickstart import ENGLISH, KOREAN, TEXT_TO_VIDEO, filled, welcome
from seedbed.cli.understanding import understood
from seedbed_client import Generation, Progress, QueuePlace, Status

KEY = "sd2_live_zJQ9YxLN646fcfS51Q9AS8MZYmaraZ2btcSg"


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SEEDBED_")}
    return subprocess.run(
        [sys.executable, "-m", "seedbed.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=clean | environ,
        stdin=subprocess.DEVNULL,
    )


def generation(status: Status = Status.PROCESSING, **facts: object) -> Generation:
    return Generation(request_id="req_1", status=status, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "environ", "says"),
    [
        (["serve"], {"SEEDBED_PROT": "1"}, "SEEDBED_PROT"),
        (["serve"], {"SEEDBED_PORT": "many"}, "SEEDBED_PORT"),
        (["work"], {}, "SEEDBED_DATABASE_URL"),
        (["migrate"], {"SEEDBED_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x"}, "SEEDBED_DATABASE_URL"),
        (["generate", "-p", "x", "--base-url", "http://127.0.0.1:1"], {}, "--key"),
        (["generate", "-p", "x", "--base-url", "http://127.0.0.1:1", "--key", KEY], {}, "http://127.0.0.1:1"),
        (["generate", "no.jpg", "-p", "x", "--base-url", "http://127.0.0.1:1", "--key", KEY], {}, "no.jpg"),
    ],
)
def test_an_error_is_one_clear_line_and_an_exit_code(
    arguments: list[str], environ: dict[str, str], says: str, tmp_path: Path
) -> None:
    done = run(*arguments, SEEDBED_HOME=str(tmp_path / "home"), **environ)

    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr.startswith("seedbed: ")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_traceback_comes_on_request() -> None:
    done = run("work", SEEDBED_LOG_LEVEL="debug")

    assert done.returncode != 0
    assert "Traceback" in done.stderr


def test_help_loads_nothing_heavy() -> None:
    code = "import sys, seedbed.cli.main; print(sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    loaded = set(eval(done.stdout))  # noqa: S307 - our own list of names
    assert (
        loaded & {"av", "cv2", "numpy", "PIL", "psycopg", "starlette", "uvicorn", "httpx", "obstore", "rich"} == set()
    )


def test_settings_are_shown_without_secrets() -> None:
    done = run("settings", SEEDBED_DATABASE_URL="postgresql://me:hidden@host/db", SEEDBED_PORT="8123")

    assert done.returncode == 0
    assert "hidden" not in done.stdout
    assert "8123 (set)" in done.stdout


@pytest.mark.parametrize(
    ("environ", "is_korean"),
    [
        ({}, False),
        ({"LANG": "ko_KR.UTF-8"}, True),
        ({"LANG": "en_US.UTF-8"}, False),
        ({"LC_ALL": "ko_KR", "LANG": "en_US"}, True),
        ({"LC_ALL": "C", "LANG": "ko_KR"}, False),
        ({"LC_ALL": "", "LC_MESSAGES": "ko", "LANG": "C"}, True),
    ],
)
def test_the_locale_decides_the_language(environ: dict[str, str], is_korean: bool) -> None:
    assert speaks_korean(environ) is is_korean


@pytest.mark.parametrize("words", [ENGLISH, KOREAN])
def test_the_first_words_hold_lines_to_paste_with_host_and_key(words: object, tmp_path: Path) -> None:
    link = "http://127.0.0.1:8000/sign-in#ticket=t"
    text = welcome(
        words,  # type: ignore[arg-type]
        base_url="http://127.0.0.1:8000",
        console_link=link,
        key=KEY,
        home=tmp_path,
        key_file=tmp_path / "k",
    )

    assert link in text.splitlines()
    assert text.count("curl ") == 5
    assert text.count(f"Bearer {KEY}") == 4
    assert "seedance2.ink" not in text
    assert "sd2_live_your_api_key" not in text
    assert str(tmp_path) in text


def test_only_host_key_and_id_of_a_documented_line_change() -> None:
    line = filled(TEXT_TO_VIDEO, base_url="http://h", key="k", request_id="r")

    assert line.replace("http://h", "https://www.seedance2.ink").replace(
        "Bearer k'", "Bearer sd2_live_your_api_key'"
    ) == (TEXT_TO_VIDEO)


def test_the_login_is_private_from_the_start(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        save_login(tmp_path, Login("http://127.0.0.1:8000", KEY))
    finally:
        os.umask(before)

    assert load_login(tmp_path) == Login("http://127.0.0.1:8000", KEY)
    assert stat.S_IMODE(login_file(tmp_path).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["developer.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"key": "x"}'])
def test_a_damaged_login_counts_as_none(content: str, tmp_path: Path) -> None:
    login_file(tmp_path).write_text(content)

    assert load_login(tmp_path) is None


@pytest.mark.parametrize(
    ("listens_on", "called"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104 - nothing listens in this test
        ("::", "[::1]"),
        ("::1", "[::1]"),
        ("localhost", "localhost"),
        ("box.lan", "box.lan"),
    ],
)
def test_a_client_on_this_machine_knows_where_to_call(listens_on: str, called: str) -> None:
    assert client_host(listens_on) == called


def test_progress_only_grows_from_stage_to_stage() -> None:
    stages = ("fetching", "preparing", "rendering", "finishing", "storing")
    done = [overall(generation(progress=Progress(stage, f))) for stage in stages for f in (0.0, 0.5, 1.0)]

    assert done == sorted(done)
    assert done[0] == 0.0
    assert done[-1] == pytest.approx(1.0)
    assert overall(generation(Status.SUCCEEDED)) == 1.0
    assert overall(generation(progress=Progress("unheard of", 0.5))) == 0.0


def test_the_queue_and_the_time_left_are_told_in_words() -> None:
    estimate = Estimate()
    half = generation(progress=Progress("rendering", 0.5))

    assert estimate.text(generation(Status.QUEUED, queue=QueuePlace(3, 12.0)), now_s=0) == (
        "place 3 in the queue, about 12 s"
    )
    assert estimate.text(half, now_s=10) == ""
    assert estimate.text(half, now_s=14) == "about 3 s left"


def test_a_shot_plan_is_told_in_words() -> None:
    plan = {
        "moves": [
            {"move": "push_in", "speed": 0.6, "fromSeconds": 0.0, "toSeconds": 5.04, "strength": 1.0, "said": "push in"}
        ],
        "effects": [{"effect": "dust", "fromSeconds": 0.0, "toSeconds": 5.04, "strength": 1.0, "chosen": True}],
        "timeOfDay": "golden_hour",
        "refused": ["rain"],
    }

    assert understood(plan) == [
        'push in, 0 to 5.04 s, speed 0.6, from "push in"',
        "dust, 0 to 5.04 s, chosen from the picture",
        "time of day: golden hour",
        "not wanted: rain",
    ]
    assert understood(None) == []


def test_several_shots_are_told_in_words() -> None:
    shots = [
        {"fromSeconds": 0.0, "toSeconds": 2.5},
        {"fromSeconds": 2.5, "toSeconds": 5.0, "framing": "close", "timeOfDay": "golden_hour", "said": "cut to"},
    ]

    assert understood({"moves": [], "effects": [], "shots": shots}) == [
        "shot 1, 0 to 2.5 s",
        'shot 2, 2.5 to 5 s, close, golden hour, from "cut to"',
    ]
