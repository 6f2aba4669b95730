import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from media_makers import picture, png, sound, video
from PIL import Image

from seedbed.core.faults import Fault, MediaFault
from seedbed.core.limits import MediaLimits, Probe
from seedbed.media import sandbox
from seedbed.media.probe import probe
from seedbed.media.sandbox import poster_in_child, probe_in_child, probe_many
from seedbed.media.thumbnail import poster_jpeg, small_jpeg
from seedbed.media.wire import Order, read_answer, read_order, write_order

LIMITS = MediaLimits()
MB = 1024 * 1024


def stand_in(tmp_path, monkeypatch, script):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    monkeypatch.setattr(sandbox.sys, "executable", str(python))


async def test_the_child_finds_what_the_probe_finds(tmp_path):
    paths = [picture(tmp_path / "a.jpg"), video(tmp_path / "b.mp4", audio_rate=48_000), sound(tmp_path / "c.mp3")]

    assert await probe_many(paths, limits=LIMITS) == [probe(path, limits=LIMITS) for path in paths]


async def test_a_fault_of_the_file_comes_back_as_it_was(tmp_path):
    (tmp_path / "a.jpg").write_text("hello, this is a text")

    with pytest.raises(MediaFault, match="this is a text") as caught:
        await probe_in_child(tmp_path / "a.jpg", limits=LIMITS)

    assert caught.value.fault is Fault.UNSUPPORTED


async def test_the_limits_that_are_given_are_those_that_count(tmp_path):
    with pytest.raises(MediaFault) as caught:
        await probe_in_child(picture(tmp_path / "a.png"), limits=MediaLimits(max_side_px=399))

    assert caught.value.fault is Fault.TOO_LARGE


async def test_a_picture_bomb_is_refused_by_its_header(tmp_path):
    with pytest.raises(MediaFault) as caught:
        await probe_in_child(png(tmp_path / "a.png", width=20_000, height=20_000), limits=LIMITS)

    assert caught.value.fault is Fault.TOO_LARGE


async def test_a_child_that_wants_too_much_memory_does_not_get_it(tmp_path):
    Image.new("RGB", (6000, 6000)).save(tmp_path / "hungry.png")

    hungry, modest = await probe_many(
        [tmp_path / "hungry.png", picture(tmp_path / "modest.png")], limits=LIMITS, memory_bytes=300 * MB
    )

    assert isinstance(hungry, MediaFault)
    assert (hungry.fault, "memory" in hungry.reason) == (Fault.INVALID, True)
    assert isinstance(modest, Probe)


async def test_a_child_that_takes_too_long_is_ended(tmp_path, monkeypatch):
    """The stand-in for the interpreter would leave a mark, if it lived on."""
    stand_in(tmp_path, monkeypatch, f"sleep 1; touch {tmp_path}/mark")

    with pytest.raises(MediaFault, match="too long") as caught:
        await probe_in_child(picture(tmp_path / "a.png"), limits=LIMITS, timeout_s=0.001)

    assert caught.value.fault is Fault.INVALID
    assert not (tmp_path / "mark").exists()


async def test_a_child_that_cannot_even_start_is_a_fault_of_every_file(tmp_path):
    answers = await probe_many([picture(tmp_path / "a.png")] * 2, limits=LIMITS, memory_bytes=20 * MB)

    assert [a.fault for a in answers] == [Fault.INVALID] * 2


async def test_a_child_that_dies_costs_only_the_file_that_killed_it(tmp_path, monkeypatch):
    """The stand-in for the interpreter runs the real child, but dies of a signal where the file is called deadly."""
    stand_in(tmp_path, monkeypatch, f'case "$*" in *deadly*good.png*) kill -SEGV $$;; esac; exec {sys.executable} "$@"')
    good = picture(tmp_path / "good.png")

    deadly, sound_one = await probe_many([tmp_path / "deadly.png", good], limits=LIMITS)

    assert (deadly.fault, "broke down" in deadly.reason) == (Fault.INVALID, True)
    assert isinstance(sound_one, Probe)


async def test_the_child_sees_nothing_of_our_environment(monkeypatch):
    monkeypatch.setenv("SEEDBED_DATABASE_URL", "postgresql://secret")

    assert "SEEDBED_DATABASE_URL" not in sandbox._environment()
    assert not any("secret" in value for value in sandbox._environment().values())


async def test_a_cancelled_question_leaves_no_child(tmp_path):
    before = _children()
    asked = asyncio.create_task(probe_in_child(picture(tmp_path / "a.png"), limits=LIMITS))
    for _ in range(1000):
        if not _children() <= before:
            break
        await asyncio.sleep(0.005)
    assert not _children() <= before

    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked

    assert _children() <= before


def _children():
    listed = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    return set(listed.read_text().split())


@pytest.mark.parametrize(
    ("attempt", "error"),
    [
        ("bytearray(2_000_000_000)", "MemoryError"),
        ("open('written', 'w').write('x' * 100_000)", "OSError"),
        ("[open('/dev/null') for _ in range(100)]", "OSError"),
    ],
)
def test_the_child_is_held_by_the_system_itself(tmp_path, attempt, error):
    code = (
        "from seedbed.media.child import _limit_memory_and_files as limit\nlimit(1_000_000_000)\n"
        f"try:\n    {attempt}\nexcept {error} as exc:\n    print('held')\n"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60)

    assert done.stdout == "held\n", done.stderr


def test_the_child_loses_its_processor_time(tmp_path):
    code = "from seedbed.media.child import _limit_cpu\n_limit_cpu(1)\nwhile True: pass"

    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, timeout=60)

    assert done.returncode < 0


def test_an_order_survives_the_way_to_the_child():
    order = Order((Path("/tmp/사진 1.jpg"), Path("b")), MediaLimits(max_side_px=7), 12, memory_bytes=34, cpu_s=5)

    assert read_order(write_order(order)) == order


@pytest.mark.parametrize("line", ["", "{", "[]", "{}", '{"fault":"none","reason":""}', "null"])
def test_what_is_not_an_answer_is_not_taken_for_one(line):
    with pytest.raises((ValueError, KeyError, TypeError)):
        read_answer(line)


def test_the_parent_loads_nothing_heavy():
    code = "import sys, seedbed.media.sandbox; print(*{'av', 'cv2', 'numpy', 'PIL'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.strip() == ""


async def test_the_child_makes_a_poster(tmp_path):
    clip = video(tmp_path / "a.mp4", frames=50)

    assert await poster_in_child(clip) == poster_jpeg(clip)


@pytest.mark.parametrize("name", ["a.jpg", "a.webp", "a.bmp"])
async def test_the_child_makes_a_small_picture_of_a_picture(tmp_path, name):
    photo = picture(tmp_path / name)

    assert await poster_in_child(photo) == small_jpeg(photo)


async def test_of_what_is_neither_picture_nor_video_there_is_no_poster(tmp_path):
    (tmp_path / "a.mp4").write_text("neither")

    with pytest.raises(MediaFault, match="decoded safely"):
        await poster_in_child(tmp_path / "a.mp4")


@pytest.mark.parametrize("script", ["echo '<html>'", "head -c 2000000 /dev/zero", "kill -9 $$", "sleep 100"])
async def test_a_child_that_was_taken_over_hands_out_nothing(tmp_path, monkeypatch, script):
    stand_in(tmp_path, monkeypatch, script)

    with pytest.raises(MediaFault):
        await poster_in_child(tmp_path / "a.mp4", timeout_s=5 if script != "sleep 100" else 0.2)
