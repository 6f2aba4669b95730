"""Log lines: one event each, with fields, and never a secret."""

import io
import json
import logging

import pytest
import structlog

from seedbed.telemetry.logs import start_logging


@pytest.fixture
def lines():
    stream = io.StringIO()
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    start_logging("info", as_json=True, stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = before
    logging.getLogger("seedbed").setLevel(logging.NOTSET)
    root.setLevel(logging.WARNING)
    structlog.reset_defaults()


def test_an_event_is_one_line_of_json_with_its_fields(lines):
    structlog.get_logger().info("job.finished", job_id="req_1", duration_s=1.5)

    [line] = lines()

    assert line | {"timestamp": None} == {
        "event": "job.finished",
        "job_id": "req_1",
        "duration_s": 1.5,
        "level": "info",
        "timestamp": None,
    }


def test_less_than_the_chosen_level_is_not_written(lines):
    structlog.get_logger().debug("job.claimed")

    assert lines() == []


@pytest.mark.parametrize(
    "field",
    [
        {"webhook_secret": "abc"},
        {"note": "whsec_c2VjcmV0"},
        {"header": {"x": ["Bearer sd2_live_abcDEF123"]}},
        {"url": "postgresql://seedbed:hunter2@db.example/seedbed"},
        {"url": "user=seedbed password=hunter2 dbname=seedbed"},
    ],
)
def test_a_secret_is_masked_by_name_and_by_looks(lines, field):
    structlog.get_logger().warning("thing.happened", **field)

    text = json.dumps(lines())

    assert "***" in text
    for secret in ("abc", "c2VjcmV0", "hunter2", "DEF123"):
        assert secret not in text


def test_a_traceback_is_in_the_line_and_masked_too(lines):
    fault = ValueError("postgresql://seedbed:hunter2@db")

    structlog.get_logger().error("worker.failed", exc_info=fault)

    [line] = lines()

    assert "ValueError" in line["exception"]
    assert "hunter2" not in line["exception"]


def test_other_libraries_come_out_in_the_same_form_from_warning_up(lines):
    logging.getLogger("procrastinate").info("chatter")
    logging.getLogger("procrastinate").warning("trouble with %s", "whsec_abc")

    [line] = lines()

    assert line["event"] == "trouble with whsec_***"
