"""What a command exits with and says, whatever comes of it, against a service on a port of the test's own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from seedbed.cli.exit_codes import ExitCode
from seedbed.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
JOB = {"requestId": "req_1", "model": "seedance-2.0", "prompt": "a\x1b[31mb", "output": None, "error": None}
CREATED = (200, {"requestId": "req_1", "status": "queued", "creditsCharged": 40})
FAILED = (200, JOB | {"status": "failed", "error": {"code": "engine_failed", "message": "no luck"}})
CANCELLED = (200, JOB | {"status": "cancelled"})
QUEUED = (200, JOB | {"status": "queued", "queue": {"position": 3, "etaSeconds": 12}})
REFUSED = (402, {"error": {"code": "insufficient_credits", "message": "40 needed"}})
BROKEN = (500, {"error": {"code": "internal_error", "message": "our fault"}})
NOTHING = (404, {"error": {"code": "not_found", "message": "There is no such path."}})

Answers = dict[str, tuple[int, dict]]


@pytest.fixture
def serving() -> Iterator[Callable[[Answers], str]]:
    """Start services that answer by the end of the path, and 404 otherwise."""
    started: list[ThreadingHTTPServer] = []

    def start(answers: Answers) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                path = self.path.split("?")[0]
                status, body = next((a for end, a in answers.items() if path.endswith(end)), NOTHING)
                sent = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            do_POST = do_GET  # noqa: N815 - the names that http.server calls

            def log_message(self, *args: object) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        started.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command as its process would, and give its exit code and all that it said."""
    for name in [name for name in os.environ if name.startswith("SEEDBED_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SEEDBED_HOME", str(tmp_path))
    monkeypatch.setenv("SEEDBED_CLIENT_KEY", "k")
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["seedbed", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    return call


@pytest.mark.parametrize(
    ("arguments", "answers", "code"),
    [
        ("generate -p x --no-wait", {"generations": CREATED}, 0),
        ("generate -p x", {"generations": CREATED, "req_1": FAILED}, 1),
        ("generate -p x", {"generations": CREATED, "req_1": CANCELLED}, 1),
        ("generate no.jpg -p x", {}, 1),
        ("get req_1", {"req_1": FAILED}, 1),
        ("generate -p x --no-wait -o clip.mp4", {}, 2),
        ("generate -p x --metadata no", {}, 2),
        ("generate -p x --lenght 5", {}, 2),
        ("generate -p x", {"generations": REFUSED}, 3),
        ("estimate -p x", {"estimate": REFUSED}, 3),
        ("get req_2", {}, 3),
        ("cancel req_1 req_2", {"req_1/cancel": CANCELLED}, 3),
        ("list", {"generations": BROKEN}, 4),
        ("get req_1 --base-url http://127.0.0.1:1", {}, 4),
        ("watch req_1 --timeout 1", {"req_1": QUEUED}, 5),
    ],
)
def test_a_command_exits_with_what_came_of_it(
    arguments: str, answers: Answers, code: int, serving: Callable[[Answers], str], run: Run
) -> None:
    at = [] if "--base-url" in arguments else ["--base-url", serving(answers)]

    exited, _, complained = run(*arguments.split(), *at)

    assert exited == code, complained
    assert "Traceback" not in complained


def started(*arguments: str, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "seedbed.cli", *arguments, "--key", "k"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"SEEDBED_HOME": str(home)},
    )


def test_ctrl_c_leaves_the_job_and_says_how_to_go_on(serving: Callable[[Answers], str], tmp_path: Path) -> None:
    url = serving({"generations": CREATED, "req_1": QUEUED})
    waiting = started("generate", "-p", "x", "--base-url", url, home=tmp_path)
    assert waiting.stdout is not None
    while "place 3 in the queue" not in waiting.stdout.readline():
        assert waiting.poll() is None

    waiting.send_signal(signal.SIGINT)
    _, complained = waiting.communicate(timeout=30)

    assert waiting.returncode == 130
    assert complained.startswith("seedbed: req_1 goes on.")
    assert "`seedbed cancel req_1`" in complained
    assert complained.count("\n") == 1


def test_ctrl_c_leaves_a_batch_where_it_is(serving: Callable[[Answers], str], tmp_path: Path) -> None:
    url = serving({"estimate": (200, {"credits": 40}), "generations": CREATED, "req_1": QUEUED})
    (tmp_path / "shots.csv").write_text("prompt\nx\n")
    manifest = tmp_path / "out" / "manifest.json"
    batch = started(
        "batch", f"{tmp_path}/shots.csv", "-o", f"{manifest.parent}", "-y", "--base-url", url, home=tmp_path
    )
    while not manifest.exists() or "ordered" not in manifest.read_text():
        assert batch.poll() is None
        time.sleep(0.02)

    batch.send_signal(signal.SIGINT)
    _, complained = batch.communicate(timeout=30)

    assert batch.returncode == 130
    assert "goes on from here and pays nothing twice" in complained
    assert json.loads(manifest.read_text())["rows"][0]["requestId"] == "req_1"


def test_json_is_all_that_stands_on_the_standard_output(serving: Callable[[Answers], str], run: Run) -> None:
    url = serving({"generations": CREATED})

    _, said, complained = run("generate", "-p", "x", "--no-wait", "--json", "--base-url", url)

    assert json.loads(said) == {
        "requestId": "req_1",
        "status": "queued",
        "model": "seedance-2.0",
        "prompt": "x",
        "creditsCharged": 40,
    }
    assert "req_1: 40 credits" in complained


def test_watching_in_json_prints_a_line_for_each_event(serving: Callable[[Answers], str], run: Run) -> None:
    url = serving({"req_1": FAILED})

    _, said, complained = run("watch", "req_1", "--json", "--base-url", url)

    assert [json.loads(line)["status"] for line in said.splitlines()] == ["failed"]
    assert "no luck" in complained


def test_other_peoples_words_do_not_reach_the_terminals_controls(serving: Callable[[Answers], str], run: Run) -> None:
    url = serving({"req_1": QUEUED})

    _, said, _ = run("get", "req_1", "--base-url", url)

    assert "\x1b" not in said
    assert "place 3 in the queue, about 12 s" in said


@pytest.mark.parametrize(
    ("dialect", "shell", "said"),
    [
        ("native", "bash", "export SEEDBED_CLIENT_URL=http://h\nexport SEEDBED_CLIENT_KEY=k\n"),
        ("ark", "fish", "set -gx ARK_BASE_URL 'http://h/api/v3'\nset -gx ARK_API_KEY 'k'\n"),
        ("openai", "powershell", "$env:OPENAI_BASE_URL = 'http://h/v1'\n$env:OPENAI_API_KEY = 'k'\n"),
    ],
)
def test_env_prints_what_the_clients_of_a_dialect_read(dialect: str, shell: str, said: str, run: Run) -> None:
    assert run("env", dialect, "--shell", shell, "--base-url", "http://h/") == (0, said, "")


def test_the_lines_of_env_are_safe_for_a_shell(run: Run, tmp_path: Path) -> None:
    code, said, _ = run("env", "native", "--base-url", "http://h", "--key", "a'; touch x; '")

    shown = subprocess.run(
        ["sh", "-c", f'{said}\nprintf %s "$SEEDBED_CLIENT_KEY"'],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )

    assert (code, shown.stdout) == (0, "a'; touch x; '")
    assert not (tmp_path / "x").exists()


def test_every_exit_code_stands_in_the_documents() -> None:
    table = (ROOT / "docs/cli.md").read_text(encoding="utf-8").split("## Exit codes")[1]

    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == set(ExitCode)


def test_every_column_of_a_table_stands_in_the_documents() -> None:
    from seedbed.cli.batch_table import COLUMNS

    text = (ROOT / "docs/cli.md").read_text(encoding="utf-8").split("## Many videos")[1].split("\n## ")[0]

    assert [name for name in COLUMNS if f"`{name}`" not in text] == []
