"""Asks an engine all there is to ask, group by group."""

from __future__ import annotations

from collections.abc import Callable, Collection

from seedbed.cli.engine_check import interrupting, probes
from seedbed.cli.engine_check.bench import Bench
from seedbed.cli.engine_check.findings import Group, Said
from seedbed.cli.engine_check.probes import Findings
from seedbed.core.errors import NotReady

PROBES: dict[Group, Callable[[Bench], Findings]] = {
    Group.VIDEO: probes.video,
    Group.PROGRESS: probes.progress,
    Group.SOUND: probes.sound,
    Group.FOLDER: probes.folder,
    Group.SEED: probes.seed,
    Group.WATERMARK: probes.watermark,
    Group.REFERENCES: probes.taken,
    Group.LONGEST: probes.longest,
    Group.CANCEL: interrupting.cancel,
    Group.MEMORY: interrupting.memory,
}


async def ask(bench: Bench, *, only: Collection[Group] = (), may_spend: bool = False) -> Findings:
    """Ask, and give each finding at once. One that does not load is asked nothing more.

    With `may_spend` an engine whose work goes on elsewhere is asked for videos, which may cost.
    """
    said = Said(Group.LOADS)
    try:
        capabilities = await bench.load()
    except NotReady as fault:
        yield said.broken("loads", str(fault))
        return
    yield said.kept("loads", capabilities.name)
    yield said.judged("describes itself without contradiction", probes.described_wrongly(capabilities))
    if capabilities.is_remote:
        yield said.judged("its server answers", await bench.check() or "")
        if not may_spend:
            yield said.untried("makes videos", "that may cost; --spend allows it")
            return
    for group, probe in PROBES.items():
        if not only or group in only:
            async for finding in probe(bench):
                yield finding
