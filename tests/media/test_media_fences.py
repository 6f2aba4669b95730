import errno
import json
import os
import platform
import struct
import subprocess
import sys

import pytest
from media_makers import picture, sound, video

from seedbed.cli.doctor import _fences
from seedbed.core.limits import MediaLimits, Probe
from seedbed.media import sandbox
from seedbed.media.sandbox import probe_many, standing_fences
from seedbed.media.seccomp import ALLOW, ARCHITECTURES, CLONE_THREAD, KILL, REFUSE, build_filter
from seedbed.media.syscalls import MACHINES, judged, refused
from seedbed.settings import Settings

HAS_SECCOMP = sys.platform == "linux" and platform.machine() in MACHINES
NO = PermissionError.__name__


TRIAL = """
import ctypes, json, os, pathlib, socket, subprocess, sys, threading
from seedbed.media.landlock import may_only_read
from seedbed.media.seccomp import forbid_calls
given, secret = sys.argv[1:3]
stands = {fence}
said = {{}}
for attempt in {attempts}:
    try:
        exec(attempt)
    except BaseException as exc:
        said[attempt] = type(exc).__name__
    else:
        said[attempt] = "none"
print(json.dumps(said if stands else None), flush=True)
os._exit(0)
"""


def behind(fence, attempts, *arguments):
    """Raise the fence in a process of its own, try everything, and return each attempt's error; None: no fence."""
    command = [sys.executable, "-c", TRIAL.format(fence=fence, attempts=attempts), *map(str, arguments)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout)


def test_a_decoder_may_read_and_start_threads_and_nothing_else(tmp_path):
    (tmp_path / "file").write_text("mine")
    refused_ones = [
        "socket.socket()",
        "socket.socket(socket.AF_UNIX)",
        "socket.socketpair()",
        "os.fork()",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "os.execv('/bin/true', ['true'])",
        "subprocess.run(['/bin/true'])",
        "os.kill(os.getppid(), 0)",
        "open(given, 'a')",
        "open(given + '.new', 'w')",
        "os.truncate(given, 0)",
        "os.remove(given)",
        "os.rename(given, given + 'x')",
        "os.chmod(given, 0o777)",
        "os.symlink('/etc/passwd', given + 'x')",
        "os.memfd_create('x')",
    ]
    harmless = ["pathlib.Path(given).read_text()", "t = threading.Thread(target=len, args=([],)); t.start(); t.join()"]

    said = behind("forbid_calls()", refused_ones + harmless, tmp_path / "file", "")

    expected = dict.fromkeys(refused_ones, NO) | dict.fromkeys(harmless, "none")
    assert said == (expected if HAS_SECCOMP else None)
    assert (tmp_path / "file").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_decoder_reads_what_it_was_given_and_no_secret(tmp_path):
    given, secret = tmp_path / "given", tmp_path / "secret"
    given.write_text("picture")
    secret.write_text("password")
    expected = {
        "open(given).read()": "none",
        "import xml.dom.minidom": "none",
        "open(secret).read()": NO,
        "open('/etc/passwd').read()": NO,
        "open('/proc/self/environ').read()": NO,
        "os.listdir(os.path.dirname(given))": NO,
        "open(given, 'a')": NO,
    }

    said = behind("may_only_read([pathlib.Path(given)])", list(expected), given, secret)

    assert said == (expected if standing_fences()["files"] else None)


def test_the_fences_that_stand_are_told():
    assert set(standing_fences()) == {"calls", "files"}
    assert standing_fences()["calls"] is HAS_SECCOMP


def test_a_child_that_does_not_survive_its_fences_is_told_as_having_none(monkeypatch):
    monkeypatch.setattr(sandbox.sys, "executable", "/bin/false")

    assert standing_fences() == {"calls": False, "files": False}


async def test_behind_the_fences_every_kind_of_file_is_still_understood(tmp_path):
    """Each alone as well, because what one needs loads the libraries of another."""
    paths = [
        *(picture(tmp_path / name) for name in ("a.jpg", "a.png", "a.webp", "a.gif", "a.bmp")),
        *(video(tmp_path / name, audio_rate=44_100) for name in ("a.mp4", "a.mov")),
        *(sound(tmp_path / name) for name in ("a.mp3", "a.wav")),
    ]

    together = await probe_many(paths, limits=MediaLimits())
    alone = [(await probe_many([path], limits=MediaLimits()))[0] for path in paths]

    assert all(isinstance(answer, Probe) for answer in together)
    assert alone == together


@pytest.mark.parametrize("machine", MACHINES)
class TestFilter:
    """The filter of both machines, run by a small interpreter, since only one of them is here."""

    def judge(self, machine, number, *arguments, architecture=None):
        program = build_filter(machine, own_pid=77)
        steps = [struct.unpack_from("<HBBI", program, at) for at in range(0, len(program), 8)]
        data = struct.pack("<II8x6Q", number, architecture or ARCHITECTURES[machine], *(arguments + (0,) * 6)[:6])
        at, held = 0, 0
        while True:
            code, yes, no, value = steps[at]
            at += 1
            match code:
                case 0x20:
                    held = struct.unpack_from("<I", data, value)[0]
                case 0x06:
                    return value
                case 0x15 | 0x35 | 0x45:
                    is_so = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[code]
                    at += yes if is_so else no

    def test_what_is_refused_is_refused_and_the_rest_is_allowed(self, machine):
        named = {*refused(machine), *judged(machine).values()}
        others = [number for number in range(500) if number not in named]

        assert {self.judge(machine, number) for number in refused(machine)} == {REFUSE | errno.EPERM}
        assert {self.judge(machine, number) for number in others} == {ALLOW}
        assert len(refused(machine)) > 60

    def test_calls_are_judged_by_what_they_ask_for(self, machine):
        calls = judged(machine)

        assert self.judge(machine, calls["openat"], 0, 0, os.O_RDONLY | os.O_CLOEXEC) == ALLOW
        for flags in (os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_TRUNC):
            assert self.judge(machine, calls["openat"], 0, 0, flags) == REFUSE | errno.EPERM
        assert self.judge(machine, calls["clone"], CLONE_THREAD | 0xF00) == ALLOW
        assert self.judge(machine, calls["clone"], 17) == REFUSE | errno.EPERM
        assert self.judge(machine, calls["tgkill"], 77) == ALLOW
        assert self.judge(machine, calls["tgkill"], 78) == REFUSE | errno.EPERM
        assert self.judge(machine, calls["prlimit64"], 1) == REFUSE | errno.EPERM
        assert self.judge(machine, calls["clone3"]) == REFUSE | errno.ENOSYS
        assert self.judge(machine, calls["openat2"]) == REFUSE | errno.ENOSYS

    def test_another_machines_numbers_end_the_process(self, machine):
        assert self.judge(machine, 0, architecture=0x40000003) == KILL


def test_a_reason_from_the_child_is_bounded():
    line = json.dumps({"fault": "media_invalid", "reason": "secret" * 1000})

    assert len(sandbox.read_answer(line).reason) == 400


def test_the_doctor_says_what_holds_the_decoder(tmp_path):
    found = _fences(Settings(home=tmp_path))

    assert ("seccomp" in found.says) is standing_fences()["calls"]
    assert ("Landlock" in found.says) is standing_fences()["files"]
    assert found.remedy == ""
