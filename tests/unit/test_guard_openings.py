from ipaddress import ip_address, ip_network

import pytest

from seedbed.core.openings import Opening, Proxy, opens, parse_opening, parse_proxy
from seedbed.core.urls import UrlFault, check_url


def may_call(entry, url):
    try:
        check_url(url, opened=(parse_opening(entry),))
    except UrlFault:
        return False
    return True


@pytest.mark.parametrize(
    ("entry", "called", "refused"),
    [
        ("10.0.0.0/8", ["http://10.1.2.3/", "https://10.1.2.3:22/"], ["http://11.0.0.1/", "https://192.168.0.1/"]),
        ("10.0.0.5", ["http://10.0.0.5:1/"], ["http://10.0.0.6:1/"]),
        ("10.0.0.5:9000", ["http://10.0.0.5:9000/", "https://10.0.0.5:9000/"], ["http://10.0.0.5/"]),
        ("https://10.0.0.5", ["https://10.0.0.5/"], ["http://10.0.0.5/", "https://10.0.0.5:8443/"]),
        ("https://10.0.0.5:8443", ["https://10.0.0.5:8443/"], ["http://10.0.0.5:8443/", "https://10.0.0.5/"]),
        (
            "http://192.168.1.0/24:8080",
            ["http://192.168.1.9:8080/"],
            ["https://192.168.1.9:8080/", "http://192.168.1.9/"],
        ),
        ("fd00::/8", ["http://[fd00::1]:5/"], ["http://[fe80::1]:5/"]),
        ("https://[fd00::/8]:8443", ["https://[fd12::1]:8443/"], ["https://[fd12::1]/", "http://[fd12::1]:8443/"]),
        ("[::1]:8080", ["http://[::1]:8080/"], ["http://[::1]:8081/", "http://127.0.0.1:8080/"]),
    ],
)
def test_an_opening_is_as_narrow_as_it_is_written(entry, called, refused):
    assert [url for url in called if not may_call(entry, url)] == []
    assert [url for url in refused if may_call(entry, url)] == []


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "https://10.0.0.1 ",
        *["10.0.0.1/8", "ftp://10.0.0.1", "https://nas.lan", "https://10.0.0.1/path", "10.0.0.1:0", "10.0.0.1:70000"],
        *["https://10.0.0.1:", "https://user@10.0.0.1", "http://fd00::1:80", "１0.0.0.1", "https://"],
    ],
)
def test_an_opening_that_could_be_misread_is_refused(entry):
    with pytest.raises(ValueError, match=r".*"):
        parse_opening(entry)


@pytest.mark.parametrize("text", ["10.0.0.5/32:9000", "https://10.0.0.5/32:443", "http://[fd00::/8]:80", "[::1/128]:1"])
def test_an_opening_is_shown_as_it_is_read(text):
    assert str(parse_opening(text)) == text
    assert parse_opening(str(parse_opening(text))) == parse_opening(text)


def test_a_name_may_be_called_by_http_only_where_an_opening_says_so():
    assert may_call("http://10.0.0.0/8:9000", "http://nas.lan:9000/")
    assert not may_call("http://10.0.0.0/8:9000", "http://nas.lan/")
    assert not may_call("https://10.0.0.0/8:9000", "http://nas.lan:9000/")


def test_an_opening_of_ipv4_opens_no_disguise_of_it():
    entry = Opening(ip_network("127.0.0.0/8"), "http", 80)

    assert opens(entry, ip_address("127.0.0.1"), port=80, is_plain=True)
    assert not opens(entry, ip_address("::ffff:127.0.0.1"), port=80, is_plain=True)


def test_a_proxy_is_read_with_its_user_and_password():
    assert parse_proxy("http://proxy.example:3128") == Proxy("proxy.example", 3128)
    assert parse_proxy("http://10.0.0.1:3128/").host == "10.0.0.1"
    assert parse_proxy("http://me:p%40ss@proxy.example:3128").authorization == "Basic bWU6cEBzcw=="


@pytest.mark.parametrize(
    "url",
    [
        "",
        *["proxy.example:3128", "https://proxy.example:3128", "http://proxy.example", "http://:secret@:3128"],
        *["http://p:0", "http://p:99999", "http://u:secret@proxy.example:3128/path", "socks5://proxy.example:1080"],
    ],
)
def test_a_proxy_that_cannot_be_asked_is_refused_without_its_password(url):
    with pytest.raises(ValueError, match=r".*") as caught:
        parse_proxy(url)

    assert "secret" not in str(caught.value)
