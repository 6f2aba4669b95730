import asyncio
import hashlib
from ipaddress import ip_network

import pytest
from sites import LOOPBACK, answer, knows, redirect, site

from seedbed.core.faults import Fault, MediaFault
from seedbed.outbound.fetch import fetch


async def download(tmp_path, url, **options):
    given = {"limit_bytes": 1000, "deadline_s": 10, "opened": LOOPBACK} | options
    return await fetch(url, tmp_path / "file", **given)


async def fault_of(tmp_path, url, **options):
    with pytest.raises(MediaFault) as caught:
        await download(tmp_path, url, **options)
    assert not (tmp_path / "file").exists(), "a failed download leaves no file"
    return caught.value


async def test_a_download_is_stored_measured_and_hashed(tmp_path):
    async with site({"/a.png": answer(b"pixels", Content_Type="image/png", Content_Length=6)}) as s:
        got = await download(tmp_path, f"{s.url}/a.png?token=x")

    assert (got.size_bytes, got.content_type) == (6, "image/png")
    assert got.sha256 == hashlib.sha256(b"pixels").hexdigest()
    assert (tmp_path / "file").read_bytes() == b"pixels"


async def test_a_request_says_who_we_are_and_nothing_of_who_sent_us(tmp_path):
    async with site({"/a": redirect("/b"), "/b": answer(b"x")}) as s:
        s.pages["/a"] = answer(status="302 Found", Location="/b", Set_Cookie="id=1", Content_Length=0)
        await download(tmp_path, f"{s.url}/a")

    last = s.requests[-1].lower()
    assert "user-agent: seedbed/" in last
    assert "accept-encoding: identity" in last
    assert "cookie" not in last
    assert "referer" not in last


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "204 No Content", "206 Partial Content", "304 Same"])
async def test_any_status_but_200_is_unreachable_and_said(tmp_path, status):
    async with site({"/a": answer(status=status)}) as s:
        fault = await fault_of(tmp_path, f"{s.url}/a")

    assert fault.fault is Fault.UNREACHABLE
    assert status[:3] in fault.reason


async def test_three_redirects_are_followed_and_a_fourth_is_not(tmp_path):
    async with site({f"/{i}": redirect(f"/{i + 1}") for i in range(4)} | {"/4": answer(b"end")}) as s:
        got = await download(tmp_path, f"{s.url}/1")
        (tmp_path / "file").unlink()
        fault = await fault_of(tmp_path, f"{s.url}/0")

    assert got.size_bytes == 3
    assert fault.fault is Fault.UNREACHABLE
    assert "3 times" in fault.reason


async def test_a_redirect_loop_ends(tmp_path):
    async with site({"/a": redirect("/b"), "/b": redirect("/a")}) as s:
        fault = await fault_of(tmp_path, f"{s.url}/a")

    assert fault.fault is Fault.UNREACHABLE
    assert len(s.requests) == 4


@pytest.mark.parametrize(
    "spelling", ["http://{0}/", "https://{0}/", "//{0}/", "http://127.2:{1}/", "http://2130706434:{1}/"]
)
async def test_a_redirect_to_a_refused_address_makes_no_connection_there(tmp_path, spelling):
    async with site(host="127.0.0.2") as target, site() as s:
        s.pages["/a"] = redirect(spelling.format(f"127.0.0.2:{target.port}", target.port))
        fault = await fault_of(tmp_path, f"{s.url}/a")

    assert fault.fault is Fault.FORBIDDEN
    assert "it redirects to" in fault.reason
    assert target.connections == 0


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/a", "data:text/plain,x", "gopher:x"])
async def test_a_redirect_to_another_scheme_is_refused(tmp_path, to):
    async with site({"/a": redirect(to)}) as s:
        fault = await fault_of(tmp_path, f"{s.url}/a")

    assert fault.fault is Fault.FORBIDDEN


async def test_a_redirect_needs_a_target_and_one_that_can_be_read(tmp_path):
    async with site({"/a": answer(status="302 Found"), "/b": redirect("http://[::1")}) as s:
        faults = [await fault_of(tmp_path, f"{s.url}/{path}") for path in ("a", "b")]

    assert [f.fault for f in faults] == [Fault.UNREACHABLE, Fault.FORBIDDEN]


async def test_tls_asks_for_the_name_although_the_number_is_dialled(tmp_path):
    hello = asyncio.get_running_loop().create_future()

    async def listen(reader, writer):
        hello.set_result(await reader.read(4096))
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        names = knows(cdn_example=[["127.0.0.1"]])
        fault = await fault_of(tmp_path, f"https://cdn.example:{port}/a", resolve=names)

    assert fault.fault is Fault.UNREACHABLE
    assert b"cdn.example" in hello.result()


@pytest.mark.parametrize("host", ["127.0.0.2", "127.2", "2130706434", "0x7f.2", "0177.0.0.2"])
async def test_a_refused_address_sees_no_connection(tmp_path, host):
    async with site(host="127.0.0.2") as target:
        fault = await fault_of(tmp_path, f"http://{host}:{target.port}/a")

    assert fault.fault is Fault.FORBIDDEN
    assert target.connections == 0


async def test_a_name_that_resolves_to_a_refused_address_sees_no_connection(tmp_path):
    async with site(host="127.0.0.2") as target:
        fault = await fault_of(
            tmp_path, f"http://cdn.example:{target.port}/a", resolve=knows(cdn_example=[["127.0.0.2"]])
        )

    assert fault.fault is Fault.FORBIDDEN
    assert target.connections == 0


async def test_one_refused_address_among_good_ones_refuses_the_name(tmp_path):
    async with site({"/a": answer(b"x")}) as s:
        names = knows(cdn_example=[["127.0.0.1", "10.0.0.1"]])
        fault = await fault_of(tmp_path, f"http://cdn.example:{s.port}/a", resolve=names)

    assert fault.fault is Fault.FORBIDDEN
    assert s.connections == 0


async def test_the_address_that_was_judged_is_the_one_that_is_dialled(tmp_path):
    """A rebinding name: the first answer is allowed, every later one is not."""
    async with site({"/a": answer(b"good")}) as s, site(host="127.0.0.2") as target:
        names = knows(cdn_example=[["127.0.0.1"], ["127.0.0.2"]])
        got = await download(tmp_path, f"http://cdn.example:{s.port}/a", resolve=names)

    assert got.size_bytes == 4
    assert f"host: cdn.example:{s.port}" in s.requests[0].lower()
    assert target.connections == 0


async def test_a_name_that_is_rebound_between_redirects_is_refused(tmp_path):
    async with site(host="127.0.0.2") as target, site() as s:
        s.pages["/a"] = redirect(f"http://cdn.example:{target.port}/a")
        names = knows(cdn_example=[["127.0.0.1"], ["127.0.0.2"]])
        fault = await fault_of(tmp_path, f"http://cdn.example:{s.port}/a", resolve=names)

    assert fault.fault is Fault.FORBIDDEN
    assert target.connections == 0


async def test_plain_http_is_refused_for_a_name_outside_the_opened_networks(tmp_path):
    fault = await fault_of(tmp_path, "http://cdn.example/a", resolve=knows(cdn_example=[["8.8.8.8"]]))

    assert fault.fault is Fault.FORBIDDEN
    assert "use https" in fault.reason


async def test_the_next_address_is_dialled_when_the_first_refuses_the_connection(tmp_path):
    async with site({"/a": answer(b"x")}) as s:
        opened = (ip_network("127.0.0.0/8"),)
        names = knows(cdn_example=[["127.0.0.3", "127.0.0.1"]])
        got = await download(tmp_path, f"http://cdn.example:{s.port}/a", resolve=names, opened=opened)

    assert got.size_bytes == 1


async def test_an_unknown_name_and_a_closed_port_are_unreachable(tmp_path):
    async with site() as s:
        closed = s.url
    unknown = await fault_of(tmp_path, "https://no.example/a", resolve=knows())
    refused = await fault_of(tmp_path, closed)

    assert (unknown.fault, refused.fault) == (Fault.UNREACHABLE, Fault.UNREACHABLE)
    assert "cannot be resolved" in unknown.reason


async def test_an_endless_body_is_cut_at_the_limit(tmp_path):
    async with site({"/a": [*answer(), *[b"x" * 500] * 1000, 60.0]}) as s:
        fault = await fault_of(tmp_path, f"{s.url}/a")

    assert fault.fault is Fault.TOO_LARGE


async def test_a_body_that_announces_too_much_is_refused_before_it_is_read(tmp_path):
    async with site({"/a": [*answer(Content_Length=1001), 60.0]}) as s:
        fault = await fault_of(tmp_path, f"{s.url}/a")

    assert fault.fault is Fault.TOO_LARGE


async def test_a_body_of_exactly_the_limit_passes(tmp_path):
    async with site({"/a": answer(b"x" * 1000)}) as s:
        assert (await download(tmp_path, f"{s.url}/a")).size_bytes == 1000


async def test_a_body_that_drips_ends_with_the_deadline(tmp_path):
    async with site({"/a": [*answer(), *[b"x", 0.02] * 500]}) as s:
        fault = await fault_of(tmp_path, f"{s.url}/a", deadline_s=0.3)

    assert fault.fault is Fault.UNREACHABLE
    assert "0.3 s" in fault.reason


async def test_a_server_that_says_nothing_ends_with_the_deadline(tmp_path):
    async with site({"/a": [60.0]}) as s:
        fault = await fault_of(tmp_path, f"{s.url}/a", deadline_s=0.2)

    assert fault.fault is Fault.UNREACHABLE


@pytest.mark.parametrize(
    "raw",
    [[b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort"], [b"no http\r\n\r\n"], [b""]],
    ids=["short", "not", "nil"],
)
async def test_a_broken_answer_is_unreachable(tmp_path, raw):
    async with site({"/a": raw}) as s:
        fault = await fault_of(tmp_path, f"{s.url}/a")

    assert fault.fault is Fault.UNREACHABLE


async def test_a_compressed_body_is_refused_and_never_unpacked(tmp_path):
    async with site({"/a": answer(b"\x1f\x8b" + b"x" * 50, Content_Encoding="gzip")}) as s:
        fault = await fault_of(tmp_path, f"{s.url}/a")

    assert fault.fault is Fault.INVALID


async def test_a_proxy_in_the_environment_is_not_asked(tmp_path, monkeypatch):
    async with site() as proxy, site({"/a": answer(b"x")}) as s:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        await download(tmp_path, f"{s.url}/a")

    assert proxy.connections == 0


async def test_no_message_holds_the_path_or_the_query(tmp_path):
    async with site({"/a": redirect("http://10.0.0.1/private-path?token=secret"), "/b": answer(status="404 No")}) as s:
        faults = [await fault_of(tmp_path, f"{s.url}/{path}?key=secret") for path in ("a", "b")]

    assert all("secret" not in f.reason and "private-path" not in f.reason for f in faults)
    assert all("10.0.0.1" not in f.reason for f in faults)


async def test_an_existing_file_is_never_overwritten(tmp_path):
    (tmp_path / "file").write_text("mine")
    async with site({"/a": answer(b"x")}) as s:
        with pytest.raises(FileExistsError):
            await download(tmp_path, f"{s.url}/a")

    assert (tmp_path / "file").read_text() == "mine"
