"""Engines that misbehave on purpose. The child loads them by their dotted path, `fake_engines:Name`."""

import functools
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from workbench import NAP

from seedbed.core.engine import Capabilities, Made, Stage, Stop
from seedbed.core.errors import ContentRejected, EngineFailed, EngineUnavailable, MediaInvalid, UpstreamFailed
from seedbed.core.references import Role
from seedbed.worker import child
from seedbed.worker.selftest import TASK as SELF_TEST

FAKE = Capabilities("fake", "An engine for tests.", frozenset({Role.FIRST_FRAME}), False, "test")
CLIP = Path(os.environ.get("FAKE_CLIP", "/nonexistent"))


class Fast:
    """Copies the clip that the tests made."""

    def describe(self):
        return FAKE

    def make(self, task, out, report):
        report(Stage.RENDERING, 0.5)
        self.work(task, report)
        out.write_bytes(CLIP.read_bytes())
        return Made(out, {"camera": "still"}, ("a warning",))

    def work(self, _task, _report):
        pass


class Endless(Fast):
    """Reports for ever, as an engine should."""

    def work(self, _task, report):
        while True:
            report(Stage.RENDERING, 0.5)
            time.sleep(0.01)


class EndlessOnce(Endless):
    """Endless, but for prompts that ask for the next job."""

    def work(self, task, report):
        if task.prompt != "next":
            super().work(task, report)


class Gated(Fast):
    """Reports until a file called `gate` stands beside the folder of bytes; FAKE_GATE names it."""

    def work(self, _task, report):
        while not Path(os.environ["FAKE_GATE"]).exists():
            report(Stage.RENDERING, 0.5)
            time.sleep(0.01)


class Shows(Gated):
    """Gated, and shows a preview first: a JPEG's first bytes, or FAKE_PREVIEW, as hexadecimal bytes and a length."""

    def work(self, task, report):
        start, _, length = os.environ.get("FAKE_PREVIEW", b"\xff\xd8\xff one".hex()).partition("*")
        preview = bytes.fromhex(start)
        report(Stage.RENDERING, 0.5, preview=preview.ljust(int(length or 0), b"\0"))
        time.sleep(child.REPORT_EVERY_S)
        super().work(task, report)
        report(Stage.FINISHING, 0.0)


class Slow(Fast):
    """Takes two seconds, and reports."""

    def work(self, _task, report):
        for step in range(200):
            report(Stage.RENDERING, step / 200)
            time.sleep(0.01)


class Deaf(Fast):
    """Never reports again, so that it cannot be told to stop. It has a child of its own."""

    def work(self, _task, _report):
        subprocess.run([sys.executable, "-c", NAP], check=True)


class Frozen(Fast):
    """Hangs without a child of its own."""

    def work(self, _task, _report):
        time.sleep(600)


class DeafOnce(Deaf):
    """Deaf to prompts that ask for it."""

    def work(self, task, report):
        if task.prompt == "deaf":
            super().work(task, report)


class Killed(Fast):
    def work(self, _task, _report):
        os.kill(os.getpid(), signal.SIGKILL)


class Exits(Fast):
    """Ends its process over every job, but for the worker's own."""

    def work(self, task, _report):
        if task.prompt != SELF_TEST.prompt:
            os._exit(3)


class Raises(Fast):
    def work(self, _task, _report):
        raise RuntimeError(f"secret path {__file__}")


class Hungry(Fast):
    """Takes more memory than it may have, but for the worker's own jobs."""

    def work(self, task, report):
        if task.prompt == SELF_TEST.prompt:
            return
        # Zeroed pages that nobody touches: it takes address space, which is what is limited, and no time.
        hoard = [bytes(1024**3) for _ in range(8)]
        report(Stage.RENDERING, len(hoard) / 8)


class Chatty(Fast):
    """Prints to the standard output in every way there is, and reads the standard input."""

    def work(self, _task, _report):
        print('{"say":"done"}', flush=True)
        os.write(1, b"\x00\xff garbage\n" * 20000)
        subprocess.run(["/bin/echo", "from a child"], check=True)
        assert sys.stdin.read() == ""


class Rejects(Fast):
    def work(self, _task, _report):
        raise ContentRejected("The prompt asks for something that is not allowed.")


class Picky(Fast):
    def work(self, _task, _report):
        raise MediaInvalid("the picture is upside down", name="mediaUrls[2]", host="cdn.example")


class Breakable(Fast):
    """Fails while a file stands at the place that FAKE_SWITCH names; dies of prompts that say so."""

    def work(self, task, _report):
        if task.prompt == "poison":
            os.kill(os.getpid(), signal.SIGKILL)
        if Path(os.environ["FAKE_SWITCH"]).exists():
            raise EngineFailed("The card fell off the bus.")


class Worn(Breakable):
    """Makes three videos in each process, and fails from then on."""

    made = 0

    def work(self, task, report):
        super().work(task, report)
        self.made += 1
        if self.made > 3:
            raise EngineFailed("The memory of the card is full.")


class Unloadable:
    def __init__(self):
        raise ImportError("the weights are missing")


class NeverFinishes(Fast):
    """Hands in a pipe that nobody writes to, so that reading its file takes for ever."""

    def make(self, _task, out, report):
        os.mkfifo(out)
        report(Stage.RENDERING, 1.0)
        return Made(out)


class NeverFinishesOnce(NeverFinishes):
    """Never finishes, but for prompts that ask for the next job."""

    def make(self, task, out, report):
        return Fast.make(self, task, out, report) if task.prompt == "next" else super().make(task, out, report)


class MakesNothing(Fast):
    def make(self, _task, out, _report):
        out.write_bytes(b"this is no video")
        return Made(out)


class Draws(Fast):
    """Makes clips of another source type than its description says."""

    def make(self, task, out, report):
        return replace(super().make(task, out, report), digital_source_type="urn:drawn")


class TellsEnvironment(Fast):
    def make(self, task, out, report):
        super().make(task, out, report)
        return Made(out, {"names": sorted(os.environ), "omp": os.environ["OMP_NUM_THREADS"]})


class Remembers(Fast):
    """Orders elsewhere: what it remembers goes to a file besides, and a file called `gate` lets it end."""

    def work(self, task, report):
        journal = Path(os.environ["FAKE_GATE"]).with_name("journal")
        say = functools.partial(_append, journal)
        say(f"begins with {task.memory}, {task.ticket}")
        report.remember({"id": "far-1", "orders": (task.memory or {"orders": 0})["orders"] + 1})
        say("remembered")
        try:
            while not Path(os.environ["FAKE_GATE"]).exists():
                report(Stage.RENDERING, 0.5)
                time.sleep(0.01)
        except Stop as stop:
            say("cancels there" if stop.is_for_good else "leaves it there")
            raise


class HearsLate(Fast):
    """Hears the answer to its order only when it is to stop, and remembers it before it does."""

    def work(self, _task, report):
        try:
            while True:
                report(Stage.RENDERING, 0.5)
                time.sleep(0.01)
        except Stop:
            report.remember({"id": "far-2"})
            raise


class Remote(Fast):
    """Cannot be tried out. What its server says is in the file `answer` beside the gate."""

    def describe(self):
        return replace(FAKE, is_remote=True)

    def work(self, _task, _report):
        raise UpstreamFailed("The remote engine answered 503.")

    def check(self, report):
        report(Stage.PREPARING, 0.0)
        return Path(os.environ["FAKE_GATE"]).with_name("answer").read_text() or None


class Orders(Remote):
    """Has an order under way somewhere, and writes down who withdrew it."""

    def work(self, _task, report):
        report.remember({"state": "sent", "id": "far-3"})
        while True:
            report(Stage.RENDERING, 0.5)
            time.sleep(0.01)

    def withdraw(self, task, report):
        report(Stage.PREPARING, 0.0)
        _append(Path(os.environ["FAKE_GATE"]).with_name("journal"), f"withdraws {task.memory['id']}")


class Configured(Fast):
    """Says with what it was made."""

    def __init__(self, options):
        self.options = options

    def make(self, task, out, report):
        told = {**self.options, **task.options, "ticket": task.ticket, "environ": "STUDIO_KEY" in os.environ}
        return replace(super().make(task, out, report), sent=told)


class Spent(Fast):
    def work(self, _task, _report):
        raise EngineUnavailable("The credits at studio.dev are spent: top them up.")


class OfTomorrow(Fast):
    protocol = 2


def _append(path, line):
    with path.open("a") as file:
        file.write(line + "\n")
