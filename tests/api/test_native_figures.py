"""The ledger and the usage of an account: every credit once, every ended generation once, and nobody else's."""

from __future__ import annotations

import csv
import io

import pytest
from customers import ROOT

from seedbed.core.errors import ContentRejected
from seedbed.core.keys import Mode

CREDITS = f"{ROOT}/credits"
USAGE = f"{ROOT}/usage"


async def ledger(customer, **query) -> dict:
    answer = await customer.get(CREDITS, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def used(customer, **query) -> list[dict]:
    answer = await customer.get(USAGE, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_without_asking_there_is_no_ledger(ada):
    assert set(await ledger(ada)) == {"success", "available", "held", "livemode"}


async def test_the_ledger_adds_up_to_the_balance_over_all_pages(ada, blobs):
    await ada.new_job()
    await ada.succeed(blobs)
    cancelled = await ada.new_job()
    await ada.cancel(cancelled)
    await ada.new_job()

    lines, cursor = [], {}
    while cursor is not None:
        page = await ledger(ada, limit=2, **cursor)
        lines += page["ledger"]
        cursor = {"cursor": page["cursor"]} if page["cursor"] else None

    assert [line["kind"] for line in lines] == ["hold", "release", "hold", "capture", "hold", "topup"]
    assert sum(line["availableChange"] for line in lines) == page["available"] == 920
    assert sum(line["heldChange"] for line in lines) == page["held"] == 40
    assert lines[1]["requestId"] == cancelled


async def test_the_ledger_of_one_generation_is_what_was_moved_for_it(ada, enrol):
    cancelled = await ada.new_job()
    await ada.cancel(cancelled)
    await ada.new_job()

    lines = (await ledger(ada, requestId=cancelled, limit=1))["ledger"]

    assert [(line["kind"], line["availableChange"], line["requestId"]) for line in lines] == [
        ("release", 40, cancelled),
        ("hold", -40, cancelled),
    ]
    assert (await ledger(await enrol(), requestId=cancelled))["ledger"] == []
    assert (await ada.get(CREDITS, params={"requestId": "req_1"})).status_code == 400


async def test_a_cursor_of_the_ledger_is_its_accounts_alone(ada, enrol):
    await ada.new_job()
    cursor = (await ledger(ada, limit=1))["cursor"]

    for stranger in (await enrol(), await enrol(mode=Mode.TEST, account_id=ada.account_id)):
        answer = await stranger.get(CREDITS, params={"cursor": cursor})
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "cursor")
    assert (await ada.get(f"{ROOT}/video/generations", params={"cursor": cursor})).status_code == 400


async def test_usage_counts_what_ended_by_model_key_and_project(ada, enrol, blobs):
    await ada.new_job(metadata={"projectId": "proj_1"})
    await ada.succeed(blobs)
    await ada.new_job(metadata={"projectId": "proj_1"})
    await ada.fail(ContentRejected("not allowed"))
    other = await enrol(account_id=ada.account_id)
    await other.cancel(await other.new_job(model="seedance-2.0-fast", metadata={"projectId": ["no", "text"]}))
    await ada.new_job()

    lines = await used(ada)

    first, second = sorted(lines, key=lambda line: line["model"])
    names = ("model", "keyId", "keyName", "projectId", "succeeded", "failed", "cancelled", "seconds", "credits")
    assert [first[name] for name in names] == ["seedance-2.0", ada.key_id, "test", "proj_1", 1, 1, 0, 5, 40]
    assert [second[name] for name in names] == ["seedance-2.0-fast", other.key_id, "test", None, 0, 0, 1, 0, 0]


async def test_usage_is_that_of_the_days_asked_for_and_of_nobody_else(ada, enrol):
    await ada.cancel(await ada.new_job())

    assert len(await used(ada)) == 1
    assert await used(ada, **{"from": "2020-01-01", "to": "2020-12-31"}) == []
    for stranger in (await enrol(), await enrol(mode=Mode.TEST, account_id=ada.account_id)):
        assert await used(stranger) == []


@pytest.mark.parametrize("how", [{"params": {"format": "csv"}}, {"headers": {"Accept": "text/csv"}}])
async def test_usage_comes_as_csv_that_no_spreadsheet_executes(ada, how):
    await ada.cancel(await ada.new_job(metadata={"projectId": '=HYPERLINK("http://x","a,b")'}))

    answer = await ada.get(USAGE, **how)

    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    [line] = csv.DictReader(io.StringIO(answer.text))
    assert line["projectId"] == '\'=HYPERLINK("http://x","a,b")'
    assert (line["model"], line["cancelled"]) == ("seedance-2.0", "1")


@pytest.mark.parametrize("project", ["+1", "-1", "@x", " =1", "\t=1", "\r=1"])
async def test_every_beginning_of_a_formula_is_disarmed(ada, project):
    await ada.cancel(await ada.new_job(metadata={"projectId": project}))

    [line] = csv.DictReader(io.StringIO((await ada.get(USAGE, params={"format": "csv"})).text, newline=""))

    assert line["projectId"] == f"'{project}"


@pytest.mark.parametrize(
    ("query", "param"),
    [
        *[
            ({"from": day}, "from")
            for day in ("today", "", "2026-02-30", "20260101", "0001-01-01", "9999-12-31", "\x00")
        ],
        ({"to": "2026-1-1"}, "to"),
        ({"from": "2026-02-01", "to": "2026-01-01"}, "from"),
        ({"from": "2024-01-01", "to": "2026-01-01"}, "from"),
        ({"format": "xml"}, "format"),
    ],
)
async def test_what_cannot_be_asked_of_usage_is_refused_by_name(ada, query, param):
    answer = await ada.get(USAGE, params=query)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
