"""Clocks an hour apart change nothing: what happens in the database goes by its own clock alone."""

from __future__ import annotations

import json
import time

from clusters import DEBIAN, cluster
from journeys import PATIENCE_S, await_end, follow, order_twice, receiver, run_cli, service, skewed

from seedbed.store.migrate import migrate

SLACK_S = 60


def test_a_service_an_hour_ahead_and_a_worker_an_hour_behind_make_a_video_as_any_other() -> None:
    with cluster(DEBIAN) as server:
        migrate(server.url())
        with (
            service(server.url(), api=skewed("+1h"), worker=skewed("-1h")) as running,
            running.client() as client,
            receiver() as told,
        ):
            video = order_twice(client, webhookUrl=told.url)

            assert follow(client, video)[-1] == "succeeded"
            assert told.arrived.wait(PATIENCE_S)
            assert json.loads(told.bodies[0])["requestId"] == video
            assert abs(told.stamps_unix_s[0] - time.time()) < SLACK_S  # receivers refuse what is five minutes old
            assert {await_end(client, order_twice(client, duration=5)) for _ in range(3)} == {"succeeded"}
            audit = run_cli(running.url, "audit", home=running.home)
            assert audit.returncode == 0, audit.stdout
            assert all('"attempt": 1' in line for line in claims(running.home / "work.log"))


def claims(log) -> list[str]:
    found = [line for line in log.read_text().splitlines() if '"job.claimed"' in line]
    assert found
    return found
