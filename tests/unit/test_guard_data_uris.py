import base64

import pytest

from seedbed.core.data_uris import decode_data_uri
from seedbed.core.faults import Fault, MediaFault


def uri_of(content: bytes, header: str = "data:image/png;base64,") -> str:
    return header + base64.b64encode(content).decode()


@pytest.mark.parametrize("size_bytes", [1, 2, 3, 100])
def test_a_data_uri_gives_back_its_bytes_and_its_type(size_bytes):
    media = decode_data_uri(uri_of(b"\x00" * size_bytes, "data:Image/PNG;charset=x;base64,"))

    assert media.content == b"\x00" * size_bytes
    assert media.media_type == "image/png"


def test_a_data_uri_may_be_exactly_as_large_as_the_limit():
    assert len(decode_data_uri(uri_of(b"x" * 10), limit_bytes=10).content) == 10


@pytest.mark.parametrize("size_bytes", [11, 12, 13, 1000])
def test_a_data_uri_over_the_limit_is_too_large(size_bytes):
    with pytest.raises(MediaFault) as caught:
        decode_data_uri(uri_of(b"x" * size_bytes), limit_bytes=10)

    assert caught.value.fault is Fault.TOO_LARGE


@pytest.mark.parametrize(
    "uri",
    [
        "data:image/png;base64",
        "data:image/png,plain",
        "data:image/png;base64,",
        "data:image/png;base64,AAA",
        "data:image/png;base64,AA=A",
        "data:image/png;base64,AA AA",
        "data:image/png;base64,AA-_",
        "data:image/png;base64,가나다라",
    ],
)
def test_a_data_uri_that_is_not_strict_base64_is_invalid(uri):
    with pytest.raises(MediaFault) as caught:
        decode_data_uri(uri)

    assert caught.value.fault is Fault.INVALID
