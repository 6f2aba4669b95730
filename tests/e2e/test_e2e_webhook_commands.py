"""`seedbed webhooks` against a running service: what became of a webhook, and what one can do about it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from functools import partial

import pytest
from serving import Served, await_true, run_cli

from seedbed.cli import webhook_account as account

pytestmark = pytest.mark.server


@pytest.fixture
def nobody() -> Iterator[str]:
    """The URL of a port that nobody listens on and that nobody else gets meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}/hook?token=hush"


def says(served: Served, *arguments: str) -> str:
    done = run_cli(served.home, "webhooks", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_webhook_that_fails_is_looked_after_on_the_command_line(served: Served, nobody: str) -> None:
    with served.client() as client:
        job_id = client.videos.create(prompt="x", model="seedance-2.0", webhook_url=nobody).request_id
        client.videos.cancel(job_id)
        steps = partial(account.deliveries, client.service, request_id=job_id)
        await_true(lambda: client.run(steps()).items[0].attempts)
        delivery_id = client.run(steps()).items[0].id

    listed = says(served, "deliveries", "--request", job_id)
    assert delivery_id in listed
    assert "no connection could be made" in listed
    assert "hush" not in listed
    assert "no connection could be made" in says(served, "attempts", delivery_id)
    assert nobody.split("?")[0] in says(served, "endpoints")
    assert f"{delivery_id} goes to" in says(served, "redeliver", delivery_id)
    assert says(served, "switch-on", nobody) == f"{nobody.split('?')[0]} is on.\n"


def test_a_secret_is_rotated_on_the_command_line(served: Served) -> None:
    before = says(served, "secret").splitlines()

    rotated = says(served, "rotate").splitlines()

    assert rotated[1].startswith(f"{before[0].split()[0]}  retires 20")
    assert says(served, "secret").splitlines() == rotated
    assert len(says(served, "rotate", "--overlap", "0").splitlines()) == 1


def test_a_delivery_that_is_not_there_is_one_clear_line(served: Served) -> None:
    for command, code in (("redeliver", 3), ("attempts", 1)):  # the service says no; the database has none
        done = run_cli(served.home, "webhooks", command, "msg_" + "0" * 32)

        assert done.returncode == code
        assert "There is no webhook delivery" in done.stderr
        assert done.stderr.count("\n") == 1
