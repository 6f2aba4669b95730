"""The engine of the example package, each time with one thing wrong."""

import os
import random
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from seedbed_aurora import Aurora

from seedbed.core.engine import Stage, Stop
from seedbed.core.errors import EngineFailed, EngineOutOfMemory
from seedbed.core.references import Kind, Role


class BreaksAtItsStart(Aurora):
    def __init__(self):
        raise ValueError("the weights are torn")


class NeverReports(Aurora):
    def make(self, task, out, *_):
        return super().make(task, out, lambda *_: None)


class FallsBack(Aurora):
    """Its progress runs backwards."""

    def make(self, task, out, report):
        return super().make(task, out, lambda stage, fraction: report(stage, 1 - fraction))


class SwallowsStop(Aurora):
    def make(self, task, out, report):
        def deaf(stage, fraction):
            with suppress(Stop):
                report(stage, fraction)

        return super().make(task, out, deaf)


class TurnsStopIntoFailure(Aurora):
    def make(self, task, out, report):
        try:
            return super().make(task, out, report)
        except Stop as stop:
            raise EngineFailed("Something went wrong.") from stop


class Lingers(Aurora):
    """Stays where it is after the Stop."""

    def make(self, task, out, report):
        try:
            return super().make(task, out, report)
        except Stop:
            time.sleep(600)
            raise


class IsMute(Aurora):
    def make(self, task, out, report):
        return super().make(replace(task, wants_audio=False), out, report)


class IsNeverQuiet(Aurora):
    def make(self, task, out, report):
        return super().make(replace(task, wants_audio=True), out, report)


class IgnoresSeed(Aurora):
    def make(self, task, out, report):
        return super().make(replace(task, seed=7), out, report)


class NeverRepeats(Aurora):
    def make(self, task, out, report):
        return super().make(replace(task, seed=random.SystemRandom().getrandbits(32)), out, report)


class IsShort(Aurora):
    def make(self, task, out, report):
        return super().make(replace(task, canvas=replace(task.canvas, frames=task.canvas.frames - 6)), out, report)


class WritesElsewhere(Aurora):
    def make(self, task, out, report):
        Path(os.environ["ELSEWHERE"]).write_text("left here")
        return super().make(task, out, report)


class WritesBesideItsFolder(Aurora):
    def make(self, task, out, report):
        (out.parent.parent / "left.txt").write_text("left here")
        return super().make(task, out, report)


class ClaimsTheMark(Aurora):
    def describe(self):
        return replace(super().describe(), draws_watermark=True)


class ClaimsRoles(Aurora):
    def describe(self):
        return replace(super().describe(), roles=frozenset({Role.FIRST_FRAME, Role.REFERENCE_AUDIO}))

    def make(self, task, out, report):
        if any(reference.kind is Kind.AUDIO for reference in task.references):
            raise EngineFailed("It hears nothing.")
        return super().make(task, out, report)


class ContradictsItself(Aurora):
    def describe(self):
        roles = frozenset({Role.REFERENCE_IMAGE})
        return replace(super().describe(), roles=roles, max_of_kind={Kind.IMAGE: 0})


class HidesWantOfMemory(Aurora):
    def make(self, task, out, report):
        try:
            return super().make(task, out, report)
        except MemoryError as exc:
            raise EngineFailed("Something went wrong.") from exc


class NeverRecovers(Aurora):
    """Names its want of memory, but makes nothing ever after."""

    is_broken = False

    def make(self, task, out, report):
        if self.is_broken:
            raise EngineFailed("The memory is full.")
        try:
            return super().make(task, out, report)
        except MemoryError as exc:
            self.is_broken = True
            raise EngineOutOfMemory("The memory is full.") from exc


class MakesNoVideo(Aurora):
    def make(self, task, out, report):
        made = super().make(task, out, report)
        out.write_text("<html>no video</html>")
        report(Stage.RENDERING, 1.0)
        return made


class OfTomorrow(Aurora):
    protocol = 2


class IsRemote(Aurora):
    """Its server is asked by `check`, and is a file here."""

    def describe(self):
        return replace(super().describe(), is_remote=True)

    def check(self, report):
        report(Stage.PREPARING, 0.0)
        return Path(os.environ["ELSEWHERE"]).read_text() or None

    def make(self, task, out, report):
        Path(os.environ["ELSEWHERE"]).with_name("billed").touch()
        return super().make(task, out, report)
