"""Files that mean harm: each is judged, within the limits, and none costs more than the child that looked at it."""

import asyncio

import hostile_makers as hostile
import pytest

from seedbed.core.faults import Fault, MediaFault
from seedbed.core.limits import MediaLimits, Probe
from seedbed.media.sandbox import KILLED, TOO_SLOW, probe_in_child, probe_many

LIMITS = MediaLimits()


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return hostile.good_files(tmp_path_factory.mktemp("good"))


async def judged(folder, files, **options):
    """Write the files and return what is said of each, by name."""
    paths = [folder / f"file-{number}" for number in range(len(files))]
    for path, data in zip(paths, files.values(), strict=True):
        path.write_bytes(data)
    answers = await probe_many(paths, limits=LIMITS, **options)
    assert all(isinstance(answer, Probe | MediaFault) for answer in answers)
    return dict(zip(files, answers, strict=True))


def refusals(answers):
    return {name: answer for name, answer in answers.items() if isinstance(answer, MediaFault)}


def broke_the_child(answers):
    return [name for name, fault in refusals(answers).items() if fault.reason in (KILLED, TOO_SLOW)]


async def test_a_file_that_is_cut_anywhere_is_refused_without_harm(tmp_path, good):
    files = hostile.truncated(good)

    answers = await judged(tmp_path, files)

    assert broke_the_child(answers) == []
    assert set(files) - set(refusals(answers)) == set(), "no half of a file is a whole one"


async def test_flipped_bits_end_in_an_answer(tmp_path, good):
    answers = await judged(tmp_path, hostile.flipped(good, times=6))

    assert broke_the_child(answers) == []
    assert len(refusals(answers)) > len(answers) // 4


async def test_bombs_do_not_go_off(tmp_path):
    answers = await judged(tmp_path, hostile.bombs(tmp_path))

    assert broke_the_child(answers) == []
    sound = set(answers) - set(refusals(answers))
    assert sound <= {
        "png with a text of 200 MB",
        "png with a profile of 200 MB",
        "gif of a million frames",
        "jpg whose exif bites its tail",
        "jpg whose exif claims 4 GB",
    }
    for name in ("png of 60000 x 60000", "webp of 16384 x 16384", "jpg of 65535 x 65535", "gif of 65535 x 65535"):
        assert answers[name].fault is Fault.TOO_LARGE, name


async def test_an_index_that_lies_ends_in_an_answer(tmp_path, good):
    answers = await judged(tmp_path, hostile.lying_movies(good["a.mp4"]))

    assert broke_the_child(answers) == []
    assert len(refusals(answers)) > len(answers) // 3, "the other fields are read by nobody"


async def test_a_sound_that_lies_ends_in_an_answer(tmp_path):
    answers = await judged(tmp_path, hostile.lying_sounds())

    assert broke_the_child(answers) == []
    assert answers["wav of no channel"].fault is Fault.INVALID


async def test_a_file_that_is_two_things_is_the_one_that_its_beginning_says(tmp_path, good):
    answers = await judged(tmp_path, hostile.polyglots(good))

    assert broke_the_child(answers) == []
    assert {n: a.format for n, a in answers.items() if isinstance(a, Probe)}.items() >= {
        "png and zip": "png",
        "mp4 and page": "mp4",
        "mp3 and page": "mp3",
        "jpg and mp4": "jpg",
    }.items()
    assert answers["page that was an mp4"].fault is Fault.UNSUPPORTED
    assert answers["mp4 that was a jpg"].fault is Fault.INVALID


async def test_what_is_not_taken_is_not_taken_under_another_name(tmp_path):
    answers = await judged(tmp_path, hostile.disguised())

    assert {name for name, answer in answers.items() if not isinstance(answer, MediaFault)} == set()
    assert {fault.fault for fault in refusals(answers).values()} <= {Fault.UNSUPPORTED, Fault.INVALID}


async def test_a_picture_that_takes_for_ever_is_left(tmp_path):
    slow = hostile.many_scans(tmp_path, scans=20_000)

    with pytest.raises(MediaFault) as caught:
        await probe_in_child(slow, limits=LIMITS, timeout_s=1)

    assert caught.value.reason in (KILLED, TOO_SLOW)


@pytest.mark.parametrize("start", [b"", b"\0\0\0\x18ftypisom\0\0\2\0isommp41\n", b"GIF89a\n", b"ID3\x04\0\0\0\0\0\0\n"])
async def test_a_playlist_in_disguise_reads_nothing_and_calls_nobody(tmp_path, start):
    heard = []

    async def hear(_, writer):
        heard.append("somebody")
        writer.close()

    (tmp_path / "secret").write_text("password")
    async with await asyncio.start_server(hear, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/a.ts"
        secret = tmp_path / "secret"
        playlists = {
            "hls": f"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:5,\n{url}\n#EXTINF:5,\nfile://{secret}\n#EXT-X-ENDLIST\n",
            "hls concat": f"#EXTM3U\n#EXTINF:5,\nconcat:{url}|file://{secret}\n#EXT-X-ENDLIST\n",
            "hls subfile": f"#EXTM3U\n#EXTINF:5,\nsubfile,,start,0,end,9,,:{secret}\n#EXT-X-ENDLIST\n",
            "concat": f"ffconcat version 1.0\nfile '{url}'\nfile '{secret}'\n",
            "dash": f"<?xml version='1.0'?><MPD><Period><BaseURL>{url}</BaseURL></Period></MPD>",
            "sdp": f"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video {url.split(':')[2][:5]} RTP/AVP 96\n",
        }
        answers = await judged(tmp_path, {name: start + text.encode() for name, text in playlists.items()})

    assert heard == []
    assert len(refusals(answers)) == len(playlists)
    assert not any("password" in fault.reason for fault in refusals(answers).values())
