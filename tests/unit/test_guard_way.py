import asyncio
from ipaddress import ip_address, ip_network

import pytest
from sites import CERTIFICATE, LOOPBACK, answer, knows, proxy, redirect, site

from seedbed.core.errors import NotReady
from seedbed.core.faults import Fault, MediaFault
from seedbed.core.openings import Opening, Proxy
from seedbed.outbound.crowd import Crowd
from seedbed.outbound.fetch import fetch
from seedbed.outbound.guard import Way, tls_with
from seedbed.outbound.webhooks import post_webhook

PUBLIC = knows(cdn_example=[["8.8.8.8"]], six_example=[["2606:4700::1"]], other_example=[["8.8.4.4"]])


def through(running, **options):
    return Way(proxy=Proxy("127.0.0.1", running.port), tls=tls_with(CERTIFICATE), **options)


async def fault_of(tmp_path, url, way, **options):
    given = {"limit_bytes": 1000, "deadline_s": 5, "resolve": PUBLIC} | options
    with pytest.raises(MediaFault) as caught:
        await fetch(url, tmp_path / "file", way=way, **given)
    return caught.value


async def test_a_proxy_is_asked_for_the_number_that_was_judged_and_never_for_the_name(tmp_path):
    async with site({"/a": answer(b"x")}, is_secure=True) as s, proxy(s.port) as p:
        got = await fetch(
            "https://cdn.example/a", tmp_path / "f", limit_bytes=9, deadline_s=5, resolve=PUBLIC, way=through(p)
        )

    assert got.size_bytes == 1
    assert p.asked == ["CONNECT 8.8.8.8:443 HTTP/1.1\r\nHost: 8.8.8.8:443\r\n\r\n"]
    assert "host: cdn.example\r\n" in s.requests[0].lower()


async def test_a_webhook_goes_through_the_proxy_too():
    async with site({"/hook": answer(b"thanks")}, is_secure=True) as s, proxy(s.port) as p:
        told = await post_webhook(
            "https://cdn.example:8443/hook", body=b"{}", headers={}, timeout_s=5, resolve=PUBLIC, way=through(p)
        )

    assert (told.status, told.excerpt) == (200, "thanks")
    assert p.asked[0].startswith("CONNECT 8.8.8.8:8443 ")


async def test_a_proxy_gets_its_password_and_ipv6_in_brackets(tmp_path):
    async with proxy(reply=b"HTTP/1.1 407 No\r\n\r\n") as p:
        way = Way(proxy=Proxy("127.0.0.1", p.port, authorization="Basic abc"))
        await fault_of(tmp_path, "https://six.example/a", way)

    assert p.asked == [
        "CONNECT [2606:4700::1]:443 HTTP/1.1\r\nHost: [2606:4700::1]:443\r\nProxy-Authorization: Basic abc\r\n\r\n"
    ]


async def test_a_name_that_the_certificate_does_not_hold_is_unreachable_through_a_proxy(tmp_path):
    async with site({"/a": answer(b"x")}, is_secure=True) as s, proxy(s.port) as p:
        fault = await fault_of(tmp_path, "https://six.example/a", through(p))

    assert fault.fault is Fault.UNREACHABLE
    assert s.requests == []


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "fd00::1"])
async def test_a_proxy_never_hears_of_a_refused_address(tmp_path, address):
    async with proxy() as p:
        fault = await fault_of(tmp_path, "https://cdn.example/a", through(p), resolve=knows(cdn_example=[[address]]))

    assert fault.fault is Fault.FORBIDDEN
    assert p.asked == []


async def test_an_opened_network_is_dialled_straight(tmp_path):
    async with site({"/a": answer(b"x")}) as s, proxy() as p:
        await fetch(f"{s.url}/a", tmp_path / "f", limit_bytes=9, deadline_s=5, opened=LOOPBACK, way=through(p))

    assert p.asked == []


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 403 Forbidden\r\nX-Reason: internal-secret\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nbytes of its own",
        b"SSH-2.0-OpenSSH_9.2 internal-secret\r\n\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 9000,
    ],
    ids=["refuses", "talks first", "is none", "hangs up", "does not end"],
)
async def test_a_proxy_that_gives_no_tunnel_is_unreachable_and_not_quoted(tmp_path, reply):
    async with proxy(reply=reply) as p:
        fault = await fault_of(tmp_path, "https://cdn.example/a", through(p))

    assert (fault.fault, fault.reason) == (
        Fault.UNREACHABLE,
        "the outgoing proxy of this service did not let the request through",
    )


async def test_certificates_of_the_operator_count_besides_the_public_ones(tmp_path):
    opened = (Opening(ip_network("127.0.0.1/32"), "https"),)
    async with site({"/a": answer(b"x")}, is_secure=True) as s:
        url, names = f"https://cdn.example:{s.port}/a", knows(cdn_example=[["127.0.0.1"]])
        unknown = await fault_of(tmp_path, url, Way(), resolve=names, opened=opened)
        trusting = Way(tls=tls_with(CERTIFICATE))
        await fetch(url, tmp_path / "f", limit_bytes=9, deadline_s=5, resolve=names, opened=opened, way=trusting)

    assert unknown.fault is Fault.UNREACHABLE
    assert trusting.tls.cert_store_stats()["x509_ca"] > 50


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_certificates_that_cannot_be_read_are_said_at_the_start(tmp_path, content):
    if content:
        (tmp_path / "ca.pem").write_text(content)

    with pytest.raises(NotReady, match=r"SEEDBED_CA_BUNDLE.*ca\.pem"):
        tls_with(tmp_path / "ca.pem")


async def test_one_address_never_gets_more_connections_than_allowed_whatever_its_names(tmp_path):
    now, most, let_go = 0, 0, asyncio.Event()

    async def serve(reader, writer):
        nonlocal now, most
        now, most = now + 1, max(most, now + 1)
        await reader.readuntil(b"\r\n\r\n")
        if most == 2:
            let_go.set()
        await let_go.wait()
        await asyncio.sleep(0.02)
        now -= 1
        writer.write(answer(b"x")[0])
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        names, way = knows(a_example=[["127.0.0.1"]], b_example=[["127.0.0.1"]]), Way(crowd=Crowd(2))
        options = {"limit_bytes": 9, "deadline_s": 10, "opened": LOOPBACK, "resolve": names, "way": way}
        urls = [f"http://{name}.example:{port}/" for name in "ababab"]
        await asyncio.gather(*(fetch(url, tmp_path / str(i), **options) for i, url in enumerate(urls)))

    assert most == 2


async def test_every_end_of_a_connection_gives_its_place_back(tmp_path):
    """One place only: a bad certificate, a deadline and a refused connection in turn, and still the next one enters."""
    crowd, opened = Crowd(1), (ip_network("127.0.0.0/8"),)
    options = {"opened": opened, "resolve": knows(bad_example=[["127.0.0.1"]])}
    async with site(is_secure=True) as s:
        await fault_of(
            tmp_path, f"https://bad.example:{s.port}/a", Way(tls=tls_with(CERTIFICATE), crowd=crowd), **options
        )
    async with site({"/slow": [60.0]}) as s:
        await fault_of(tmp_path, f"{s.url}/slow", Way(crowd=crowd), deadline_s=0.1, **options)
        closed = s.url
    await fault_of(tmp_path, closed, Way(crowd=crowd), **options)

    leave = await asyncio.wait_for(crowd.enter(ip_address("127.0.0.1")), 5)
    leave()
    leave()

    assert (crowd._there, crowd._lines) == ({}, {})


async def test_an_open_and_a_closed_internal_port_look_alike(tmp_path):
    async with site() as s:
        faults = [await fault_of(tmp_path, f"https://127.0.0.1:{port}/", Way()) for port in (s.port, 1)]

    assert faults[0].reason == faults[1].reason
    assert s.connections == 0


async def test_where_a_redirect_leads_is_not_told(tmp_path):
    async with site({"/a": redirect("https://intranet.lan/"), "/b": redirect("secret.scheme:x")}) as s:
        names = knows(intranet_lan=[["10.0.0.1"]])
        faults = [await fault_of(tmp_path, f"{s.url}/{p}", Way(), opened=LOOPBACK, resolve=names) for p in "ab"]

    assert [f.fault for f in faults] == [Fault.FORBIDDEN] * 2
    assert not any("intranet" in f.reason or "secret" in f.reason for f in faults)
