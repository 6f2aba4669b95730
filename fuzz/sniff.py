"""First bytes of files: a format that is taken, or a MediaFault that says what is."""

import sys

import atheris

with atheris.instrument_imports(include=["seedbed.media.sniff"]):
    from seedbed.core.faults import MediaFault
    from seedbed.core.formats import Format
    from seedbed.media.sniff import sniff_bytes


def try_one(data: bytes) -> None:
    try:
        found = sniff_bytes(data)
    except MediaFault:
        return
    assert isinstance(found, Format)


if __name__ == "__main__":
    atheris.Setup(sys.argv, try_one)
    atheris.Fuzz()
