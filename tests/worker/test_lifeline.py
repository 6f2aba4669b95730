"""A program that is run through the lifeline goes with its parent, and takes along what it has started itself."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from workbench import NAP, until

from seedbed import lifeline

# A worker's part: it starts the guarded program, says which, and waits to be killed.
PARENT = """
import subprocess, sys, time
from seedbed.lifeline import guarded
program = subprocess.Popen(guarded([sys.executable, "-c", sys.argv[1]]), stdin=subprocess.PIPE, start_new_session=True)
program.wait()
"""
# An engine's part: it has a child of its own, hears no signal but one, and never looks at its input.
PROGRAM = f"""
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
own = subprocess.Popen([sys.executable, "-c", {NAP!r}])
print(os.getpid(), own.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def family():
    """The parent, the program and the program's own child."""
    parent = subprocess.Popen([sys.executable, "-c", PARENT, PROGRAM], stdout=subprocess.PIPE, text=True)
    with parent:
        program, own = (psutil.Process(int(word)) for word in parent.stdout.readline().split())
        yield parent, program, own
        parent.kill()


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def group_of(pid: int) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == pid and not gone(process):
                found.append(process)
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return found


async def test_a_killed_parent_takes_the_program_and_its_child_along(family):
    parent, program, own = family

    parent.kill()

    await until(lambda: gone(program) and gone(own))
    await until(lambda: not group_of(program.pid))


async def test_a_frozen_program_goes_with_its_parent_too(family):
    parent, program, own = family
    program.suspend()

    parent.kill()

    await until(lambda: gone(program) and gone(own))


async def test_a_program_that_died_alone_leaves_its_group_to_its_parent(family):
    parent, program, own = family

    program.kill()
    await until(lambda: parent.poll() is not None)

    await until(lambda: gone(own) and not group_of(program.pid))


def test_a_program_whose_parent_died_before_it_began_does_not_begin(tmp_path):
    begun = tmp_path / "begun"
    command = [sys.executable, "-c", f"open({str(begun)!r}, 'w')"]

    ended = subprocess.run([*lifeline.guarded(command)[:4], "1", *command], stdin=subprocess.DEVNULL, timeout=30)

    assert ended.returncode == 1
    assert not begun.exists()


def test_the_program_keeps_its_number_its_input_and_its_exit_status():
    command = [sys.executable, "-c", "import os, sys; print(os.getpid(), sys.stdin.readline()); sys.exit(7)"]
    program = subprocess.Popen(
        lifeline.guarded(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )

    with program:
        program.stdin.write("word\n")
        program.stdin.flush()
        said = program.stdout.read().split()

        assert said == [str(program.pid), "word"]
        assert program.wait(timeout=30) == 7
        os.killpg(program.pid, signal.SIGKILL)  # the watcher, which only the end of the input would end


def test_every_tie_in_the_package_is_made_by_the_lifeline():
    package = Path(lifeline.__file__).parent
    tying = [path.relative_to(package).as_posix() for path in package.rglob("*.py") if "PDEATHSIG" in path.read_text()]

    # The database is tied by a gentler signal, in a script that runs as another user and may import nothing of ours.
    assert sorted(tying) == ["lifeline.py", "store/embedded/tied.py"]
