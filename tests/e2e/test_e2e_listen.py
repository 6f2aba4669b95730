"""`seedbed listen` with the example receiver behind it, each a process of its own, as on a developer's laptop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from serving import Served, await_true, clean_environment

from seedbed.cli import webhook_account as account

pytestmark = pytest.mark.server

RECEIVER = Path(__file__).resolve().parents[2] / "examples" / "webhook_receiver.py"
JOB = {"prompt": "a quiet lake", "model": "seedance-2.0", "duration": 4, "resolution": "480p", "aspect_ratio": "16:9"}


class Program:
    """A program that runs beside the test. What it prints goes to a file."""

    def __init__(self, log: Path, arguments: list[str], environ: dict[str, str]) -> None:
        self._log = log
        with log.open("wb") as out:
            command = [sys.executable, "-u", *arguments]
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=environ
            )

    def said(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def interrupt(self) -> int:
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(timeout=30)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def program(log: Path, *arguments: str, **environ: str) -> Iterator[Program]:
    running = Program(log, list(arguments), environ)
    try:
        yield running
    finally:
        running.stop()


def test_a_listener_hands_every_final_job_to_the_example_receiver(served: Served, tmp_path: Path) -> None:
    with served.client() as client:
        secret = client.run(account.secret(client.service)).secrets[0]
        with program(
            tmp_path / "receiver.log", str(RECEIVER), "0", **os.environ | {"WEBHOOK_SECRET": secret}
        ) as receiver:
            await_true(lambda: "Listening on port" in receiver.said())
            hook = f"http://127.0.0.1:{receiver.said().split()[-1]}/hook"
            listening = ("-m", "seedbed.cli", "listen", "--forward-to", hook)
            environ = clean_environment(served.home)
            with program(tmp_path / "listen.log", *listening, **environ) as listener:
                await_true(lambda: "Ctrl-C" in listener.said())
                plain = client.videos.create(**JOB, webhook_url="https://your-app.com/hook").request_id  # a placeholder
                client.videos.cancel(plain)
                hooked = client.videos.create(
                    **JOB, webhook_url=hook
                ).request_id  # told twice, by the service and by us
                client.videos.wait(hooked)
                await_true(lambda: all(f"{job_id}  204" in listener.said() for job_id in (plain, hooked)))
                steps = partial(account.deliveries, client.service, request_id=hooked)
                await_true(lambda: client.run(steps()).items[0].state == "delivered")

                assert listener.interrupt() == 0

    told = listener.said().splitlines()
    assert told[0] == f"Secret: {secret}"
    assert len(told) == 4  # the secret, that it listens, and a line a job: nothing about the end
    assert f"{plain} cancelled" in receiver.said()
    assert receiver.said().count(f"{hooked} succeeded") == 1  # two deliveries, one webhook-id


def test_the_example_receiver_turns_away_what_does_not_verify(tmp_path: Path) -> None:
    import httpx

    environ = os.environ | {"WEBHOOK_SECRET": "whsec_" + "A" * 44}
    with program(tmp_path / "receiver.log", str(RECEIVER), "0", **environ) as receiver:
        await_true(lambda: "Listening on port" in receiver.said())
        url = f"http://127.0.0.1:{receiver.said().split()[-1]}/"
        forged = {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "v1,eA=="}
        answers = [httpx.post(url, content=b"{}", headers=headers, trust_env=False) for headers in ({}, forged)]

    assert [answer.status_code for answer in answers] == [401, 401]
