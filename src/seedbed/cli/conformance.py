"""`seedbed conformance`: asks any server whether it keeps what the documents promise."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seedbed.cli.signing_in import BaseUrl, Key, login

if TYPE_CHECKING:
    from seedbed.cli.contract.asking import Finding

KEPT, BROKEN = 0, 3
_MARKS = {"kept": "kept      ", "broken": "BROKEN    ", "not asked": "not asked "}


def conformance(
    base_url: BaseUrl = None,
    key: Key = None,
    max_credits: Annotated[int, typer.Option(min=0, help="What may be spent. 0: free questions only.")] = 0,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Confirm every estimate beforehand.")] = False,
    report: Annotated[Path | None, typer.Option(help="Where the report goes, as JSON.")] = None,
    compare: Annotated[Path | None, typer.Option(help="An earlier report; what has changed since is shown.")] = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait for the one generation.")] = 900.0,
) -> None:
    """Ask any server whether it keeps the documented contract. Exits with 3 if it breaks a promise."""
    from seedbed.cli.contract.answers import Server
    from seedbed.cli.contract.asking import Asking, Purse, Verdict
    from seedbed.cli.contract.report import as_object, changes, load, save

    login_url, login_key = login(base_url, key)
    earlier = load(compare) if compare else None
    purse = Purse(max_credits, _confirmed_beforehand if yes else _confirm)
    findings: list[Finding] = []
    with Server(login_url) as server:
        _greet(server)
        for finding in Asking(server, login_key, purse, deadline_s=timeout).findings():
            findings.append(finding)
            _tell(finding)
    made = as_object(findings, base_url=login_url, at=datetime.now(UTC), spent_credits=purse.spent_credits)
    typer.echo(", ".join(f"{count} {verdict}" for verdict, count in made["counts"].items()), nl=False)
    typer.echo(f"; {purse.spent_credits} credits charged.")
    if report:
        save(report, made)
    for change in changes(earlier, made) if earlier else ():
        typer.echo(f"changed    {change.id}: {change.before or 'unknown'} -> {change.after or 'unknown'}")
    raise typer.Exit(BROKEN if made["counts"][Verdict.BROKEN] else KEPT)


def _greet(server: object) -> None:
    """Leave at once, with one sentence, if nobody is there."""
    from seedbed.cli.contract.answers import Server
    from seedbed.cli.contract.facts import MODELS
    from seedbed.core.errors import NotReady

    assert isinstance(server, Server)
    answer = server.ask("GET", MODELS, key=None)
    if answer.trouble:
        raise NotReady(f"{server.base_url} gives {answer.trouble}; is the address right, and the server running?")


def _tell(finding: Finding) -> None:
    seen = f"  [{ascii(finding.seen)[1:-1]}]" if finding.seen else ""  # a server's text must not reach the terminal
    typer.echo(f"{_MARKS[finding.verdict]} {finding.fact.section:<5} {finding.fact.id:<28} {finding.fact.says}{seen}")


def _confirm(what: str, cost_credits: int) -> bool:
    """Ask a person; nobody there means no."""
    if not sys.stdin.isatty():
        return False
    return typer.confirm(f"Next: {what}, up to {cost_credits} credits. Go on?", default=False)


def _confirmed_beforehand(what: str, cost_credits: int) -> bool:
    typer.echo(f"# {what}, up to {cost_credits} credits")
    return True
