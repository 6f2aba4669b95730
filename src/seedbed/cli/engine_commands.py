"""`seedbed engine`: which engines there are, and whether one keeps what it says of itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seedbed.cli.engine_check.findings import Finding, Group, Verdict

if TYPE_CHECKING:
    from seedbed.core.deployment import EngineSpec
    from seedbed.core.engine import Capabilities

engine_commands = typer.Typer(no_args_is_help=True, help="The engines that make videos.")

_MARKS = {Verdict.KEPT: "ok      ", Verdict.BROKEN: "BROKEN  ", Verdict.UNTRIED: "-       "}
_AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@engine_commands.command("list")
def list_engines(as_json: _AsJson = False) -> None:
    """List the engines of this deployment, and the kinds that are installed. None of them is loaded."""
    from seedbed.cli.console import console
    from seedbed.configuration import load_deployment
    from seedbed.settings import load_settings

    deployed = [
        {"name": spec.name, "kind": spec.kind, "pool": spec.pool, "slots": spec.slots}
        for spec in load_deployment(load_settings()).engines.values()
    ]
    installed = _installed()
    if as_json:
        typer.echo(json.dumps({"engines": deployed, "kinds": installed}, indent=2))
        return
    out = console()
    out.print("Engines of this deployment:")
    for engine in deployed:
        out.print(f"  {engine['name']:<20} kind {engine['kind']}, pool {engine['pool']}, slots {engine['slots']}")
    out.print("Kinds that are installed:")
    for kind in installed:
        out.print(f"  {kind['kind']:<20} {kind['from']}")


@engine_commands.command("check")
def check(
    name: Annotated[str, typer.Argument(help="An engine of seedbed.toml, an installed kind, or package.module:Class.")],
    option: Annotated[
        list[str] | None, typer.Option(help="What the engine is made with, as KEY=VALUE (a value of TOML, or a text).")
    ] = None,
    only: Annotated[list[Group] | None, typer.Option(help="Ask this alone; may be given again.")] = None,
    spend: Annotated[
        bool, typer.Option("--spend", help="Let an engine whose work costs elsewhere make videos.")
    ] = False,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds that one video may take.")] = 900.0,
    as_json: _AsJson = False,
) -> None:
    """Prove what an engine says of itself, in the process that it will live in. Exits with 1 if a fact is broken."""
    from seedbed.cli.engine_check.findings import as_object
    from seedbed.fleet.interrupts import run_loop
    from seedbed.telemetry.logs import start_logging

    spec = _spec(name, _options(option or []))
    findings: list[Finding] = []

    def hear(finding: Finding) -> None:
        findings.append(finding)
        if not as_json:
            says = f"  {finding.says}" if finding.says else ""
            typer.echo(f"{_MARKS[finding.verdict]}{finding.group:<12}{finding.fact}{says}")

    start_logging("critical")  # what goes wrong here is a finding, and said as one
    capabilities = run_loop(_check(spec, hear, only=only or (), may_spend=spend, timeout_s=timeout))
    made = as_object(name, capabilities, findings)
    if as_json:
        typer.echo(json.dumps(made, indent=2))
    else:
        counts = {verdict: sum(finding.verdict is verdict for finding in findings) for verdict in Verdict}
        typer.echo(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    if not made["ok"]:
        raise typer.Exit(1)


async def _check(spec: EngineSpec, hear: Any, *, only: Any, may_spend: bool, timeout_s: float) -> Capabilities | None:
    from tempfile import TemporaryDirectory

    from seedbed.cli.engine_check.asking import ask
    from seedbed.cli.engine_check.bench import Bench
    from seedbed.worker.engines import options_of
    from seedbed.worker.host import EngineLimits

    limits = EngineLimits(time_limit_s=timeout_s, start_s=spec.start_limit_s, silence_s=spec.silence_limit_s)
    options = options_of(spec)
    with TemporaryDirectory(prefix="seedbed-check-") as folder:
        bench = Bench(spec.kind, options, folder=Path(folder), limits=limits, private=spec.key_env)
        try:
            async for finding in ask(bench, only=only, may_spend=may_spend):
                hear(finding)
        finally:
            await bench.close()
        return bench.capabilities


def _spec(name: str, options: dict[str, Any]) -> EngineSpec:
    """Return the engine of the configuration, its options replaced by those given; else one of that kind."""
    from dataclasses import replace

    from seedbed.configuration import load_deployment
    from seedbed.core.deployment import EngineSpec
    from seedbed.settings import load_settings

    known = load_deployment(load_settings()).engines.get(name)
    spec = known or EngineSpec(name=name, kind=name, pool=name)
    return replace(spec, options={**spec.options, **options})


def _options(given: list[str]) -> dict[str, Any]:
    import tomllib

    options: dict[str, Any] = {}
    for each in given:
        key, equals, value = each.partition("=")
        if not key or not equals:
            raise typer.BadParameter(f"'{each}' is not KEY=VALUE", param_hint="--option")
        try:
            options[key] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            options[key] = value
    return options


def _installed() -> list[dict[str, str]]:
    """Return the kinds, and where each comes from: this Seedbed, or a package with its version."""
    from importlib.metadata import entry_points
    from importlib.util import find_spec

    from seedbed.worker.engines import GROUP, OURS

    ours = {kind: "seedbed" for kind, path in OURS.items() if find_spec(path.partition(":")[0].rpartition(".")[0])}
    theirs = {
        point.name: f"{point.dist.name} {point.dist.version}" if point.dist else point.value
        for point in entry_points(group=GROUP)
    }
    return [{"kind": kind, "from": source} for kind, source in sorted({**theirs, **ours}.items())]
