"""A batch pays once for each row, wherever it is killed and whatever is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pretended import PRICE, VIDEO, Killed, Service

from seedbed.cli.batch_manifest import NAME, Manifest, RowState, resumed
from seedbed.cli.batch_run import Run, price, to_order, unfinished
from seedbed.cli.batch_table import read_table
from seedbed.cli.exit_codes import ExitCode
from seedbed_client import AsyncSeedbed

BASE = "http://127.0.0.1:1"
SIX = "prompt,images\none,a.png\ntwo,a.png|b.png\nthree,b.png\nfour,\nfive,\nfive,\n"
REQUESTS = 6 + 2 + 6 * 3  # prices, uploads, and for each row: order, look, download


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "a.png").write_bytes(b"a")
    (tmp_path / "b.png").write_bytes(b"b")
    (tmp_path / "shots.csv").write_text(SIX)
    return tmp_path / "shots.csv"


async def carry_out(service: Service, table: Path, *, take: int = 1, retries_failed: bool = False) -> ExitCode:
    read = read_table(table, take=take)
    manifest = manifest_of(table, take=take, retries_failed=retries_failed)
    async with service.client() as http:
        client = AsyncSeedbed("k", BASE, http_client=http, max_retries=0)
        priced = await price(client, read.shots, to_order(manifest))
        assert all(one.refusal is None for one in priced)
        return await Run(client, manifest, read.shots, 2, 60.0, lambda _: None).go()


def manifest_of(table: Path, *, take: int = 1, retries_failed: bool = False) -> Manifest:
    read = read_table(table, take=take)
    assert read.faults == ()
    return resumed(
        table.parent / "out", read.shots, service=BASE, source=table, sha256=read.sha256, retries_failed=retries_failed
    )


async def killed(service: Service, table: Path) -> None:
    try:
        await carry_out(service, table)
    except (Killed, BaseExceptionGroup):
        service.killed_at = None
    else:
        pytest.fail("nothing killed it")


def change(file: Path, content: str) -> None:
    file.write_text(content)


def states(table: Path) -> list[RowState]:
    return [row.state for row in manifest_of(table).rows]


async def test_six_rows_cost_six_times_and_each_file_is_uploaded_once(table: Path) -> None:
    service = Service()

    code = await carry_out(service, table)

    assert (code, service.charged, len(service.uploads)) == (ExitCode.OK, 6 * PRICE, 2)
    assert len(service.asked) == REQUESTS
    assert [path.read_bytes() for path in (table.parent / "out").glob("*.mp4")] == [VIDEO] * 6
    assert unfinished(manifest_of(table)) == []


@pytest.mark.parametrize("killed_at", range(1, REQUESTS + 1))
async def test_a_run_that_was_killed_at_any_request_goes_on_without_a_second_charge(
    table: Path, killed_at: int
) -> None:
    service = Service(killed_at=killed_at)
    await killed(service, table)

    code = await carry_out(service, table)

    assert (code, service.charged) == (ExitCode.OK, 6 * PRICE)
    assert states(table) == [RowState.SUCCEEDED] * 6


async def test_even_a_run_that_lost_its_manifest_pays_once(table: Path) -> None:
    service = Service(killed_at=15)
    await killed(service, table)
    (table.parent / "out" / NAME).unlink()

    assert await carry_out(service, table) == ExitCode.OK
    assert service.charged == 6 * PRICE


async def test_a_second_run_asks_for_nothing(table: Path) -> None:
    service = Service()
    await carry_out(service, table)
    service.asked.clear()

    assert await carry_out(service, table) == ExitCode.OK
    assert service.asked == []


async def test_a_video_that_was_deleted_is_fetched_again_and_not_paid_again(table: Path) -> None:
    service = Service()
    await carry_out(service, table)
    lost = next((table.parent / "out").glob("003*.mp4"))
    lost.unlink()

    await carry_out(service, table)

    assert lost.read_bytes() == VIDEO
    assert service.charged == 6 * PRICE


async def test_a_changed_row_and_a_changed_picture_are_new_videos_and_the_others_stay(table: Path) -> None:
    service = Service()
    await carry_out(service, table)
    change(table, SIX.replace("four", "quatre"))
    change(table.parent / "a.png", "another")

    await carry_out(service, table)

    assert service.charged == (6 + 3) * PRICE


async def test_another_take_is_paid_anew(table: Path) -> None:
    service = Service()
    await carry_out(service, table)

    await carry_out(service, table, take=2)

    assert service.charged == 12 * PRICE


async def test_an_order_whose_answer_was_lost_is_sent_again_word_for_word_after_its_uploads_ended(table: Path) -> None:
    service = Service(killed_at=6 + 2 + 1)  # the first order
    await killed(service, table)
    manifest = manifest_of(table)
    manifest.uploads.clear()
    manifest.save()
    service.uploads.clear()

    code = await carry_out(service, table)

    assert (code, service.charged) == (ExitCode.OK, 6 * PRICE)


async def test_an_order_that_never_arrived_and_whose_upload_is_gone_names_a_fresh_one(table: Path) -> None:
    service, manifest = Service(gone={"asset://of_yesterday"}), manifest_of(table)
    manifest.rows[0].state, manifest.rows[0].media = RowState.ORDERING, ("asset://of_yesterday",)
    manifest.save()

    code = await carry_out(service, table)

    assert (code, service.charged) == (ExitCode.OK, 6 * PRICE)


async def test_an_upload_that_ends_soon_is_made_anew(table: Path) -> None:
    service = Service(expires_at="2000-01-01T00:00:00Z")

    await carry_out(service, table)

    assert len(service.uploads) == 4


async def test_failed_rows_stay_failed_until_they_are_ordered_anew(table: Path) -> None:
    service = Service(fails=True)
    assert await carry_out(service, table) == ExitCode.FAILED
    service.fails = False

    assert await carry_out(service, table) == ExitCode.OK
    assert states(table) == [RowState.FAILED] * 6
    await carry_out(service, table, retries_failed=True)

    assert states(table) == [RowState.SUCCEEDED] * 6
    assert service.charged == 12 * PRICE


async def test_a_refused_price_belongs_to_its_row(table: Path) -> None:
    change(table, "prompt,duration\ngood,4\nbad,3\n")
    read, manifest = read_table(table, take=1), manifest_of(table)

    async with Service().client() as http:
        priced = await price(AsyncSeedbed("k", BASE, http_client=http), read.shots, manifest.rows)

    assert [one.refusal is None for one in priced] == [True, False]


async def test_no_more_rows_run_at_a_time_than_were_asked_for(table: Path) -> None:
    service = Service()

    await carry_out(service, table)

    assert service.most_at_once == 2


def test_the_manifest_is_a_report_too(table: Path) -> None:
    manifest = manifest_of(table)
    manifest.save()

    facts = json.loads((table.parent / "out" / NAME).read_text())

    assert [row["prompt"] for row in facts["rows"]] == ["one", "two", "three", "four", "five", "five"]
    assert len({row["idempotencyKey"] for row in facts["rows"]}) == 6
    assert all(len(row["idempotencyKey"]) < 255 for row in facts["rows"])
