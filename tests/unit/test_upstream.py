"""Asking a server that the operator has named: what is repeated, what is not, and what it is never trusted with."""

from __future__ import annotations

import asyncio
import gc
import gzip
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from sites import LOOPBACK, answer, redirect, site

from seedbed.core.engine import Stop
from seedbed.core.errors import UpstreamFailed
from seedbed.outbound import upstream as module
from seedbed.outbound.upstream import Holding, Unanswered, Upstream, beside, pause

KEY = {"Authorization": "Bearer secret"}


def unheard():
    """A beat of somebody who never stops."""


def stop_at(number):
    """A beat that stops the work at its nth call."""
    left = iter(range(number))

    def beat():
        if next(left, None) is None:
            raise Stop

    return beat


async def with_upstream(url, work, **options):
    """Do the work in a thread, as an engine does, with an Upstream."""
    server = Upstream(base_url=url, headers=KEY, **options)
    try:
        return await asyncio.to_thread(work, server)
    finally:
        server.close()


def json_answer(body=b"{}", **headers):
    return answer(body, Content_Type="application/json", Content_Length=len(body), **headers)


async def test_an_answer_is_returned_whatever_its_status_and_sees_the_key():
    async with site({"/a": json_answer(b'{"x": 1}', status="418 Teapot", X_Id="7")}) as s:
        reply = await with_upstream(s.url, lambda up: up.send("POST", "/a", beat=unheard, json={}))

    assert (reply.status, reply.is_ok, reply.headers["x-id"], reply.members()) == (418, False, "7", {"x": 1})
    assert "authorization: bearer secret" in s.requests[0].lower()
    assert "user-agent: seedbed/" in s.requests[0].lower()


@pytest.mark.parametrize("page", [b"<html>hello</html>", b"[1]", b"", b'"x"'])
async def test_a_web_page_and_json_that_is_no_object_are_failures(page):
    async with site({"/a": answer(page, Content_Type="text/html; charset=utf-8", Content_Length=len(page))}) as s:
        reply = await with_upstream(s.url, lambda up: up.send("GET", "/a", beat=unheard))

    with pytest.raises(UpstreamFailed, match="JSON"):
        reply.members()


async def test_a_request_is_never_repeated_by_send_and_its_fate_is_said():
    async with site({"/a": [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"]}) as s:
        with pytest.raises(Unanswered) as broken:
            await with_upstream(s.url, lambda up: up.send("POST", "/a", beat=unheard))
    with pytest.raises(Unanswered) as closed:
        await with_upstream(s.url, lambda up: up.send("POST", "/a", beat=unheard))

    assert len(s.requests) == 1
    assert (broken.value.was_sent, closed.value.was_sent) == (True, False)


async def test_silence_is_unanswered_and_may_have_been_heard():
    async with site({"/a": [3.0]}) as s:
        with pytest.raises(Unanswered) as caught:
            await with_upstream(s.url, lambda up: up.send("GET", "/a", beat=unheard), timeout_s=0.2)

    assert caught.value.was_sent


async def test_an_answer_that_trickles_for_ever_has_a_deadline():
    async with site({"/a": [b"HTTP/1.1 200 OK\r\n\r\n", *[b" ", 0.1] * 100]}) as s:
        with pytest.raises(Unanswered):
            await with_upstream(s.url, lambda up: up.send("GET", "/a", beat=unheard, deadline_s=0.4))


@pytest.mark.parametrize("is_packed", [False, True])
async def test_an_oversized_answer_is_broken_off(monkeypatch, is_packed):
    monkeypatch.setattr(module, "MAX_ANSWER_BYTES", 1000)
    body = gzip.compress(b" " * 100_000) if is_packed else b" " * 100_000
    packed = {"Content_Encoding": "gzip"} if is_packed else {}
    async with site({"/a": answer(body, Content_Length=len(body), **packed)}) as s:
        with pytest.raises(UpstreamFailed, match="larger than 1000 bytes"):
            await with_upstream(s.url, lambda up: up.send("GET", "/a", beat=unheard))


async def test_what_may_be_repeated_is_asked_until_it_is_answered():
    async with site({"/a": json_answer(status="503 Busy")}) as s:

        def ask(up):
            threading.Timer(0.7, lambda: s.pages.update({"/a": json_answer(b'{"x": 2}')})).start()
            return up.ask("GET", "/a", beat=unheard)

        reply = await with_upstream(s.url, ask)

    assert reply.members() == {"x": 2}
    assert len(s.requests) >= 2


async def test_what_will_not_pass_by_itself_is_not_asked_again():
    async with site({"/a": json_answer(status="404 Not Found")}) as s:
        reply = await with_upstream(s.url, lambda up: up.ask("GET", "/a", beat=unheard))

    assert (reply.status, len(s.requests)) == (404, 1)


async def test_when_patience_is_over_the_last_answer_is_returned_or_there_is_none():
    async with site({"/a": json_answer(status="500 Oops")}) as s:
        reply = await with_upstream(s.url, lambda up: up.ask("GET", "/a", beat=unheard, patience_s=0.1))
    with pytest.raises(UpstreamFailed, match="no connection could be made"):
        await with_upstream(s.url, lambda up: up.ask("GET", "/a", beat=unheard, patience_s=0.1))

    assert reply.status == 500


async def test_a_retry_after_longer_than_our_patience_is_not_waited_for():
    async with site({"/a": json_answer(status="429 Slow", Retry_After=50)}) as s:
        reply = await with_upstream(s.url, lambda up: up.ask("GET", "/a", beat=unheard, patience_s=5))

    assert (reply.status, reply.retry_after_s, len(s.requests)) == (429, 50.0, 1)


@pytest.mark.parametrize(
    ("said", "wait_s"),
    [("3", 3), ("0.5", 0.5), ("-4", 0), ("99999", 120), ("inf", 120), ("nan", 0), ("soon", None), ("", None)],
)
def test_retry_after_is_read_and_bounded(said, wait_s):
    assert module.Reply(429, {"retry-after": said}, b"").retry_after_s == wait_s


def test_retry_after_may_be_a_date():
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)

    assert 25 < module.Reply(429, {"retry-after": date}, b"").retry_after_s <= 30


async def test_a_stop_in_the_middle_of_an_answer_is_heard_at_once():
    async with site({"/a": [5.0]}) as s:
        with pytest.raises(Stop):
            await with_upstream(s.url, lambda up: up.ask("GET", "/a", beat=stop_at(3)))


async def test_a_stop_ends_a_wait_between_two_questions():
    async with site({"/a": json_answer(status="503 Busy", Retry_After=50)}) as s:
        with pytest.raises(Stop):
            await with_upstream(s.url, lambda up: up.ask("GET", "/a", beat=stop_at(6), patience_s=100))

    assert len(s.requests) == 1


async def test_a_held_stop_waits_for_the_answer_and_comes_with_the_release():
    async with site({"/a": [0.3, *json_answer(b'{"id": 7}')]}) as s:

        def order(up):
            holding = Holding(stop_at(1))
            reply = up.send("POST", "/a", beat=holding)
            with pytest.raises(Stop):
                holding.release()
            return reply.members()

        found = await with_upstream(s.url, order)

    assert found == {"id": 7}


def test_a_release_without_a_stop_is_nothing():
    holding = Holding(unheard)
    holding()
    holding.release()


def test_work_beside_a_beat_gives_back_its_fault_and_what_it_is_left_with_ends_by_itself():
    done = threading.Event()

    def slow():
        time.sleep(0.3)
        done.set()

    with pytest.raises(Stop):
        beside(slow, stop_at(1))
    with pytest.raises(UpstreamFailed, match="broken"):
        beside(lambda: (_ for _ in ()).throw(UpstreamFailed("broken")), unheard)

    assert done.wait(5)


def test_a_pause_beats():
    with pytest.raises(Stop):
        pause(60, stop_at(2))


async def download(s, tmp_path, url="/v", **options):
    given = {"beat": unheard, "limit_bytes": 1000} | options
    await with_upstream(s.url, lambda up: up.download(url, tmp_path / "out", **given), opened=LOOPBACK)
    return (tmp_path / "out").read_bytes()


async def fault_of(s, tmp_path, url="/v", **options):
    with pytest.raises(UpstreamFailed) as caught:
        await download(s, tmp_path, url, **options)
    assert not (tmp_path / "out").exists(), "a failed download leaves no file"
    return str(caught.value)


async def test_a_result_is_brought_from_a_path_of_the_server(tmp_path):
    async with site({"/v": answer(b"pixels", Content_Length=6)}) as s:
        assert await download(s, tmp_path) == b"pixels"

    assert "authorization: bearer secret" in s.requests[0].lower()


async def test_a_result_that_redirects_to_another_origin_is_fetched_without_our_headers(tmp_path):
    async with site({"/v": answer(b"pixels", Content_Length=6)}) as other, site() as s:
        s.pages["/v"] = redirect(f"{other.url}/v?signature=x")
        assert await download(s, tmp_path) == b"pixels"

    assert "authorization" not in other.requests[0].lower()


async def test_a_result_elsewhere_goes_through_the_guard(tmp_path):
    async with site(host="127.0.0.2") as target, site() as s:
        s.pages["/v"] = redirect(f"{target.url}/v")
        faults = [await fault_of(s, tmp_path), await fault_of(s, tmp_path, f"{target.url}/v")]

    assert target.connections == 0
    assert all("cannot be fetched" in fault for fault in faults)


async def test_a_redirect_on_the_same_origin_keeps_the_key_and_too_many_end(tmp_path):
    async with site({"/v": redirect("/w"), "/w": answer(b"p", Content_Length=1), "/l": redirect("/l")}) as s:
        assert await download(s, tmp_path) == b"p"
        assert "redirects more than 3 times" in await fault_of(s, tmp_path, "/l")

    assert "authorization: bearer secret" in s.requests[1].lower()


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/v", "http://[::1", "data:text/plain,x"])
async def test_a_redirect_to_what_is_no_address_to_call_is_a_failure(tmp_path, to):
    async with site({"/v": redirect(to)}) as s:
        await fault_of(s, tmp_path)


async def test_an_address_that_is_none_is_a_failure(tmp_path):
    async with site() as s:
        await fault_of(s, tmp_path, "http://[::1/v")


async def test_a_result_over_the_limit_is_broken_off_even_if_it_says_less(tmp_path):
    async with site({"/v": answer(b"x" * 5000)}) as s:
        assert "larger than 1000 bytes" in await fault_of(s, tmp_path)


async def test_a_body_that_breaks_off_is_a_failure_and_with_patience_is_asked_for_again(tmp_path):
    async with site({"/v": [b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npix"]}) as s:
        assert "broke off" in await fault_of(s, tmp_path)

        def mend():
            s.pages["/v"] = answer(b"pixels", Content_Length=6)

        threading.Timer(0.3, mend).start()
        assert await download(s, tmp_path, patience_s=20) == b"pixels"


@pytest.mark.parametrize("status", ["404 Not yet", "503 Busy"])
async def test_a_result_that_is_not_there_yet_is_asked_for_as_long_as_patience_lasts(tmp_path, status):
    async with site({"/v": answer(status=status)}) as s:
        fault = await fault_of(s, tmp_path, patience_s=0.7)

    assert status[:3] in fault
    assert len(s.requests) == 2


async def test_a_refused_result_is_not_asked_for_again(tmp_path):
    async with site({"/v": answer(status="403 No")}) as s:
        assert "403 instead of its video" in await fault_of(s, tmp_path, patience_s=20)

    assert len(s.requests) == 1


async def test_a_result_that_trickles_has_a_deadline(tmp_path):
    async with site({"/v": [b"HTTP/1.1 200 OK\r\n\r\n", *[b"x", 0.1] * 100]}) as s:
        assert "took too long" in await fault_of(s, tmp_path, deadline_s=0.4)


async def test_a_stop_breaks_a_download_off(tmp_path):
    async with site({"/v": [b"HTTP/1.1 200 OK\r\n\r\n", *[b"x", 0.1] * 100]}) as s:
        with pytest.raises(Stop):
            await download(s, tmp_path, beat=stop_at(3))
        with suppress(FileNotFoundError):
            assert len((tmp_path / "out").read_bytes()) < 100


def test_one_that_is_let_go_closes_its_connections():
    server = Upstream(base_url="http://127.0.0.1:9")
    client = server._client

    del server
    gc.collect()

    assert client.is_closed
