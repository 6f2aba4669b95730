"""The corpus of `ssrf_corpus.txt` by every way that a URL can take, against listeners that must hear nothing."""

from contextlib import asynccontextmanager
from ipaddress import ip_address, ip_network
from pathlib import Path

import httpx
from sites import redirect, site

from seedbed.core import urls
from seedbed.core.faults import Fault, MediaFault
from seedbed.core.openings import Opening
from seedbed.core.urls import UrlFault
from seedbed.outbound.fetch import fetch
from seedbed.outbound.guard import guarded_client
from seedbed.outbound.webhooks import post_webhook

CORPUS = Path(__file__).parent / "ssrf_corpus.txt"
CHARACTERS = {"<TAB>": "\t", "<LF>": "\n", "<CR>": "\r", "<NUL>": "\0"}
NAMES = {
    "six.example": ["::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "sixtofour.example": ["2002:7f00:1::1"],
    "teredo.example": ["2001:0:7f00:1::"],
    "private.example": ["10.0.0.1"],
    "mixed.example": ["127.0.0.1", "8.8.8.8"],
    "mixed-late.example": ["8.8.8.8", "2606:4700::1", "127.0.0.1"],
    "scoped.example": ["fe80::1%1"],
    "multicast.example": ["224.0.0.1"],
    "zero.example": ["0.0.0.0"],  # noqa: S104 (an address to refuse, nothing is bound)
}


def corpus(port):
    lines = [line for line in CORPUS.read_text(encoding="utf-8").split("\n") if line and not line.startswith("#")]
    for mark, character in CHARACTERS.items():
        lines = [line.replace(mark, character) for line in lines]
    return [line.replace("{port}", str(port)) for line in lines]


async def resolve(host, port):
    """A name server in the attacker's hand: whatever it is asked, the answer is an address of ours."""
    return [ip_address(a) for a in NAMES.get(host.rstrip("."), ["127.0.0.1"])]


@asynccontextmanager
async def listening(monkeypatch):
    """Listen on one port of three loopback addresses. It counts as a public port, so that only addresses protect it."""
    async with site() as four, site(host="127.0.0.2", port=four.port) as other, site(host="::1", port=four.port) as six:
        monkeypatch.setattr(urls, "PUBLIC_PORTS", (443, 8443, four.port))
        yield four.port
    assert (four.connections, other.connections, six.connections) == (0, 0, 0)


async def fault_of(url, tmp_path, **options):
    try:
        await fetch(url, tmp_path / "file", limit_bytes=9, deadline_s=5, resolve=resolve, **options)
    except MediaFault as fault:
        return fault.fault
    return None


def test_the_corpus_is_large_and_says_nothing_twice():
    assert len(corpus(1)) == len(set(corpus(1))) >= 200


async def test_no_url_of_the_corpus_is_fetched(tmp_path, monkeypatch):
    async with listening(monkeypatch) as port:
        passed = [url for url in corpus(port) if await fault_of(url, tmp_path) is not Fault.FORBIDDEN]

    assert passed == []


async def test_no_redirect_to_a_url_of_the_corpus_is_followed(tmp_path, monkeypatch):
    """The redirecting site is opened, by its port: the listener on the same address is not."""
    async with listening(monkeypatch) as port, site() as s:
        opened = (Opening(ip_network("127.0.0.1/32"), "http", s.port),)
        # A line end cannot be said in a header, and what has no scheme would lead back to the site itself.
        said = [url for url in corpus(port) if not {"\r", "\n", "\0"} & set(url) and "://" in url.strip("\t")]
        passed = []
        for url in said:
            s.pages["/a"] = redirect(url)
            if await fault_of(f"{s.url}/a", tmp_path, opened=opened) is not Fault.FORBIDDEN:
                passed.append(url)

    assert passed == []
    assert s.connections == len(said)


async def test_no_webhook_goes_to_a_url_of_the_corpus(monkeypatch):
    async with listening(monkeypatch) as port:
        passed = []
        for url in corpus(port):
            told = await post_webhook(url, body=b"{}", headers={}, timeout_s=5, resolve=resolve)
            if told.status is not None or told.error is None:
                passed.append(url)

    assert passed == []


async def test_the_dialler_refuses_the_corpus_even_where_nobody_looked_at_the_url(monkeypatch):
    async with listening(monkeypatch) as port, guarded_client(resolve=resolve) as client:
        passed = []
        for url in corpus(port):
            try:
                await client.get(url)
            except (UrlFault, httpx.InvalidURL, httpx.UnsupportedProtocol):
                continue
            passed.append(url)

    assert passed == []
