from fractions import Fraction

import pytest

from seedbed.core.errors import MediaTooLarge, MediaUnreachable
from seedbed.core.faults import FAILURES, Fault, MediaFault
from seedbed.core.formats import Format
from seedbed.core.limits import MediaLimits, Probe, check_kind, check_probe, check_totals
from seedbed.core.references import Kind
from seedbed.core.sizes import Size

LIMITS = MediaLimits()


def image(width=1000, height=1000, size_bytes=1000):
    return Probe(Format.PNG, size_bytes, size=Size(width, height))


def clip(seconds, size_bytes=1000):
    return Probe(Format.MP4, size_bytes, size=Size(640, 480), duration_s=Fraction(seconds))


def tune(seconds, size_bytes=1000):
    return Probe(Format.WAV, size_bytes, duration_s=Fraction(seconds))


@pytest.mark.parametrize(
    "probe",
    [
        image(300, 300),
        image(6000, 6000),
        image(400, 1000),
        image(1000, 400),
        image(size_bytes=30_000_000),
        clip(2),
        clip(15),
        clip("361/24"),
        clip(5, size_bytes=50_000_000),
        tune(2),
        tune("15.1"),
        tune(5, size_bytes=15_000_000),
    ],
)
def test_what_is_just_within_the_limits_passes(probe):
    check_probe(probe, LIMITS)


@pytest.mark.parametrize(
    ("probe", "fault", "reason"),
    [
        (image(299, 300), Fault.INVALID, "300 to 6000"),
        (image(6001, 6000), Fault.TOO_LARGE, "300 to 6000"),
        (image(399, 1000), Fault.INVALID, "0.4 and 2.5"),
        (image(1000, 399), Fault.INVALID, "0.4 and 2.5"),
        (image(size_bytes=30_000_001), Fault.TOO_LARGE, "30 MB"),
        (clip("1.8"), Fault.INVALID, "2 to 15 s; this one lasts 1.8 s"),
        (clip("15.2"), Fault.TOO_LARGE, "2 to 15 s"),
        (clip(5, size_bytes=50_000_001), Fault.TOO_LARGE, "50 MB"),
        (tune("15.2"), Fault.TOO_LARGE, "2 to 15 s"),
        (tune(5, size_bytes=15_000_001), Fault.TOO_LARGE, "15 MB"),
    ],
)
def test_what_breaks_a_limit_is_refused_with_the_limit(probe, fault, reason):
    with pytest.raises(MediaFault) as caught:
        check_probe(probe, LIMITS)

    assert caught.value.fault is fault
    assert reason in caught.value.reason


@pytest.mark.parametrize("make", [clip, tune])
def test_the_first_reference_beyond_the_common_length_is_named(make):
    check_totals({"[0]": make(7), "[2]": make(8)}, LIMITS)

    with pytest.raises(MediaTooLarge) as caught:
        check_totals({"[0]": make(7), "[2]": make(7), "[3]": make(2)}, LIMITS)

    assert caught.value.name == "[3]"


def test_videos_and_sounds_have_a_common_length_each():
    check_totals({"[0]": clip(15), "[1]": tune(15), "[2]": image()}, LIMITS)


def test_all_references_together_have_a_common_size():
    with pytest.raises(MediaTooLarge) as caught:
        check_totals({"[0]": clip(5, size_bytes=40_000_000), "[1]": image(size_bytes=24_000_001)}, LIMITS)

    assert caught.value.name == "[1]"


def test_a_reference_of_another_kind_than_was_promised_is_unsupported():
    check_kind(clip(5), Kind.VIDEO)

    with pytest.raises(MediaFault, match=r"a video \(mp4\) where a picture is needed: jpg") as caught:
        check_kind(clip(5), Kind.IMAGE)

    assert caught.value.fault is Fault.UNSUPPORTED


def test_every_fault_becomes_the_failure_of_the_same_code():
    assert {fault: failure.code for fault, failure in FAILURES.items()} == {fault: fault.value for fault in Fault}


def test_a_fault_gets_its_name_and_host_from_who_knows_them():
    failure = MediaFault(Fault.UNREACHABLE, "the server answered 404").at("mediaUrls[2]", host="cdn.example")

    assert isinstance(failure, MediaUnreachable)
    assert str(failure) == "mediaUrls[2] (cdn.example): the server answered 404"
