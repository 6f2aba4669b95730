"""Workers audit by themselves, one of them in an hour, and warn of what they find."""

import pytest
from structlog.testing import capture_logs

from seedbed.worker.auditing import audit_once

pytestmark = pytest.mark.server


async def test_a_worker_warns_of_damage_once_an_hour_and_mends_nothing(world):
    await world.submit()
    await world.execute("update lane set queued = 5")

    with capture_logs() as said:
        await audit_once(world.pool, world.blobs)
        await audit_once(world.pool, world.blobs)

    assert [(line["event"], line["log_level"]) for line in said] == [
        ("audit.finished", "warning"),
        ("audit.found", "warning"),
    ]
    assert said[0]["lane_miscounted"] == 1
    assert said[1]["kind"] == "lane_miscounted"


async def test_a_sound_service_is_said_to_be_so(world):
    await world.submit()

    with capture_logs() as said:
        await audit_once(world.pool, world.blobs)

    assert said == [{"event": "audit.finished", "log_level": "info", "findings": 0}]
