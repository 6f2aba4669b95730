"""URLs, by the guard's judgement: nothing but its own refusals, and no host that the client would read differently."""

import sys
from contextlib import suppress
from ipaddress import ip_network

import atheris

with atheris.instrument_imports(include=["seedbed.core"]):
    from seedbed.core.openings import Opening, parse_opening, parse_proxy
    from seedbed.core.urls import UrlFault, check_url, host_of, is_public, parse_address

import httpx

OPENED = (Opening(ip_network("10.0.0.0/8"), "http", 8080),)


def try_one(data: bytes) -> None:
    text = data.decode("utf-8", errors="surrogateescape")
    host_of(text)
    for parse in (parse_opening, parse_proxy):
        with suppress(ValueError):
            parse(text)
    with suppress(UrlFault):
        check_url(text, opened=OPENED)
    with suppress(UrlFault):
        check_url(text)
        judge_what_is_called(text)


def judge_what_is_called(url: str) -> None:
    """A URL that passed names a host; if the client finds a number in it, that number is public."""
    assert host_of(url)
    try:
        called = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError):
        return
    assert called.scheme == "https"
    assert called.port in (None, 443, 8443)
    address = parse_address(called.raw_host.decode("ascii").strip("[]"))
    assert address is None or is_public(address), url


if __name__ == "__main__":
    atheris.Setup(sys.argv, try_one)
    atheris.Fuzz()
