"""Settings: defaults that work, clear words for what cannot be read."""

from decimal import Decimal
from ipaddress import ip_network
from pathlib import Path

import pytest

from seedbed.core.errors import NotReady
from seedbed.core.sizes import Resolution
from seedbed.settings import ResultAccess, load_settings


def test_without_any_variable_the_service_is_embedded_and_local():
    settings = load_settings({"PATH": "/bin"})

    assert settings.is_embedded
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.rules.has_samples
    assert settings.rules.opened == ()


def test_values_are_read_by_their_types():
    settings = load_settings(
        {
            "SEEDBED_PORT": "9000",
            "SEEDBED_HOME": "/srv/seedbed",
            "SEEDBED_OPEN_NETWORKS": "127.0.0.0/8, 10.1.0.0/16",
            "SEEDBED_RESULTS": "key",
            "SEEDBED_SAMPLES": "off",
            "SEEDBED_LEASE_S": "2.5",
            "SEEDBED_PUBLIC_URL": "https://video.example.org/",
        }
    )

    assert (settings.port, settings.home, settings.lease_s) == (9000, Path("/srv/seedbed"), 2.5)
    assert settings.open_networks == (ip_network("127.0.0.0/8"), ip_network("10.1.0.0/16"))
    assert settings.results is ResultAccess.KEY
    assert not settings.rules.has_samples
    assert settings.base_url == "https://video.example.org"


def test_an_external_database_switches_the_samples_off():
    assert not load_settings({"SEEDBED_DATABASE_URL": "postgresql://db/x"}).rules.has_samples


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SEEDBED_PORT", "http"),
        ("SEEDBED_OPEN_NETWORKS", "10.0.0.1/8"),
        ("SEEDBED_SAMPLES", "maybe"),
        ("SEEDBED_RESULTS", "secret"),
    ],
)
def test_a_value_that_cannot_be_read_is_named(name, text):
    with pytest.raises(NotReady, match=name):
        load_settings({name: text})


def test_a_misspelt_variable_is_an_error():
    with pytest.raises(NotReady, match="SEEDBED_PROT"):
        load_settings({"SEEDBED_PROT": "1"})


TARIFF = "media_factor = '2'\n" + "\n".join(
    f'[prices."{model}"]\n480p = "1"\n720p = "2.5"\n1080p = "4"'
    for model in ("seedance-2.0", "seedance-2.0-fast", "seedance-1.5-pro")
)


def test_a_tariff_file_replaces_the_prices(tmp_path):
    file = tmp_path / "tariff.toml"
    file.write_text(TARIFF)

    tariff = load_settings({"SEEDBED_TARIFF_FILE": str(file)}).tariff()

    assert tariff.media_factor == Decimal(2)
    assert tariff.price(model="seedance-2.0", resolution=Resolution.P720, duration_s=5, has_media=True) == 25


@pytest.mark.parametrize("text", ["", "media_factor = '2'", "not toml", TARIFF.replace('"2.5"', '"dear"')])
def test_an_incomplete_tariff_is_refused_by_its_path(tmp_path, text):
    file = tmp_path / "tariff.toml"
    file.write_text(text)

    with pytest.raises(NotReady, match=r"tariff\.toml"):
        load_settings({"SEEDBED_TARIFF_FILE": str(file)}).tariff()


def test_the_way_out_is_read_with_its_proxy_and_its_openings():
    settings = load_settings(
        {
            "SEEDBED_OPEN_NETWORKS": "https://10.0.0.5:8443, 192.168.0.0/16",
            "SEEDBED_OUTBOUND_PROXY": "http://me:secret@proxy.example:3128",
            "SEEDBED_CA_BUNDLE": "/etc/ssl/house.pem",
        }
    )

    assert [str(entry) for entry in settings.open_networks] == ["https://10.0.0.5/32:8443", "192.168.0.0/16"]
    assert (settings.outbound_proxy.host, settings.outbound_proxy.port) == ("proxy.example", 3128)
    assert settings.ca_bundle == Path("/etc/ssl/house.pem")


def test_a_proxy_that_cannot_be_read_is_named_without_its_password():
    with pytest.raises(NotReady, match="SEEDBED_OUTBOUND_PROXY") as caught:
        load_settings({"SEEDBED_OUTBOUND_PROXY": "socks5://me:secret@proxy.example:1080"})

    assert "secret" not in str(caught.value)
