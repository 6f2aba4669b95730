from ipaddress import ip_address, ip_network

import pytest

from seedbed.core.urls import UrlFault, check_url, host_of, is_public, parse_address

LOOPBACK = (ip_network("127.0.0.1/32"),)

LOOPBACK_SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f.1",
    "0x7f000001",
    "0X7F.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "①②⑦.⓪.⓪.①",
    "１２７．０．０．１",
    "127。0。0。1",
    "localhost",
    "LOCALHOST.",
    "db.localhost",
]

REFUSED_ADDRESSES = [
    "0.0.0.0",  # noqa: S104 (an address to refuse, nothing is bound)
    "0.1.2.3",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]

PUBLIC_ADDRESSES = ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "198.20.0.1"]
PUBLIC_ADDRESSES += ["223.255.255.255", "2606:4700:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888"]


@pytest.mark.parametrize("host", LOOPBACK_SPELLINGS)
def test_every_spelling_of_a_loopback_address_is_read_as_that_address(host):
    assert parse_address(host) == ip_address("127.0.0.1")


@pytest.mark.parametrize("host", [*LOOPBACK_SPELLINGS, "[::1]", "[::ffff:7f00:1]", "[::ffff:127.0.0.1]", "3232235777"])
def test_a_private_address_is_refused_however_it_is_spelled(host):
    with pytest.raises(UrlFault, match=r"private or reserved.*public internet"):
        check_url(f"https://{host}/a.jpg")


@pytest.mark.parametrize("address", REFUSED_ADDRESSES)
def test_an_address_that_is_not_ordinary_public_unicast_is_refused(address):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_a_public_address_passes(address):
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.example/a.jpg",
        "https://cdn.example:8443/a.jpg?sig=x%20y#part",
        "https://8.8.8.8/a.jpg",
        "https://[2606:4700:4700::1111]/a.jpg",
        "https://그림.example/사진.jpg",
        "HTTPS://cdn.example/a.jpg",
        "https://1.2.3.4.nip.example/a.jpg",
    ],
)
def test_an_ordinary_https_url_passes(url):
    check_url(url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://cdn.example/a.jpg", "uses http; use https"),
        ("ftp://cdn.example/a.jpg", "scheme 'ftp'; use a public https"),
        ("file:///etc/passwd", "scheme 'file'"),
        ("javascript:alert(1)", "scheme 'javascript'"),
        ("cdn.example/a.jpg", "no scheme; use a public https"),
        ("//cdn.example/a.jpg", "no scheme"),
        ("", "no scheme"),
        ("https://", "no readable host"),
        ("https://./a.jpg", "no readable host"),
        ("https:///a.jpg", "no readable host"),
        ("https://%31%32%37.0.0.1/a.jpg", "no readable host"),
        ("https://user:pass@cdn.example/a.jpg", "user name or password"),
        ("https://@cdn.example/a.jpg", "user name or password"),
        ("https://cdn.example:99999/a.jpg", "a port that is no number"),
        ("https://cdn.example:x/a.jpg", "a port that is no number"),
        ("https://cdn.example:22/a.jpg", "uses port 22; use 443 or 8443"),
        ("https://cdn.example:0/a.jpg", "uses port 0"),
        ("https://[::1/a.jpg", "is not a URL"),
        ("https://[fe80::1%25eth0]/a.jpg", "no readable host"),
        ("https://[2000::]22/a.jpg", "no readable host"),
        ("https://256.1.1.1/a.jpg", "no IPv4 address"),
        ("https://1.2.3.4.5/a.jpg", "no IPv4 address"),
        ("https://09.1.1.1/a.jpg", "no IPv4 address"),
        ("https://cdn.example.1/a.jpg", "no IPv4 address"),
        ("https://cdn.example/a b.jpg", "white space"),
        ("https://cdn.example/a\tb.jpg", "white space"),
        ("https://cdn.example/a\x00b.jpg", "control characters"),
        ("https://cdn.example/\ud800.jpg", "control characters"),
        ("https://cdn.example\\@127.0.0.1/", "backslash"),
        ("https://cdn.example/" + "a" * 2048, "2068 characters long; a URL may have 2048"),
    ],
)
def test_a_url_that_may_not_be_called_is_refused_with_the_reason(url, reason):
    with pytest.raises(UrlFault, match=reason):
        check_url(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/a.jpg", "https://127.1:9/a", "http://localhost:1/a"])
def test_an_opened_network_may_be_called_by_http_and_on_any_port(url):
    check_url(url, opened=LOOPBACK)


def test_an_opened_network_opens_nothing_but_itself():
    for url in ("http://127.0.0.2/a.jpg", "https://10.0.0.1/a.jpg", "http://8.8.8.8/a.jpg", "https://8.8.8.8:22/a"):
        with pytest.raises(UrlFault):
            check_url(url, opened=LOOPBACK)


def test_a_name_with_http_passes_where_networks_are_opened_because_dialling_judges_it():
    check_url("http://nas.lan:9000/a.jpg", opened=LOOPBACK)


def test_a_message_never_holds_the_path_or_the_query():
    with pytest.raises(UrlFault) as caught:
        check_url("https://10.0.0.1/private-path?token=secret")

    assert "secret" not in str(caught.value)
    assert "private-path" not in str(caught.value)


def test_the_host_for_a_message_is_the_name_alone():
    assert host_of("https://user:pw@cdn.example:8443/p?q=1") == "cdn.example"
    assert host_of("https://[::1") is None
