"""`seedbed listen`: webhooks for a program on this machine, which nobody outside can call.

It asks the service for the ends of the account's jobs and hands each on, signed with the account's own secret, so that
the program verifies them as it will in production. Every job is told, also one without a webhook or with a placeholder.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from seedbed.cli.console import rfc3339
from seedbed.cli.signing_in import BaseUrl, Key, login

if TYPE_CHECKING:
    from seedbed.cli.forwarding import Forwarded
    from seedbed_client import Seedbed, WebhookEvent

POLL_S = 25
LONGEST_PAUSE_S = 10.0
_AGO = re.compile(r"(\d{1,6})([smhd])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def listen(
    forward_to: Annotated[
        str | None, typer.Option("--forward-to", help="Where your program listens, such as http://localhost:3000/hook.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Begin in the past: 30s, 10m, 2h, 1d, or 2026-11-22T12:00:00Z. Default: now.")
    ] = None,
    base_url: BaseUrl = None,
    key: Key = None,
) -> None:
    """Receive the account's webhooks here and hand them on, until Ctrl-C."""
    from contextlib import nullcontext

    from seedbed.cli.console import complain
    from seedbed.cli.forwarding import Forwarder
    from seedbed.cli.webhook_account import secret
    from seedbed_client import Seedbed

    begin = moment_of(since) if since else None
    check_target(forward_to)
    service_url, service_key = login(base_url, key)
    try:
        with (
            Seedbed(service_key, service_url, max_retries=0) as client,
            Forwarder(forward_to) if forward_to else nullcontext() as forwarder,
        ):
            typer.echo(f"Secret: {client.run(secret(client.service)).secrets[0]}")
            typer.echo(f"Listening{f', forwarding to {forward_to}' if forward_to else ''}. Ctrl-C ends it.")
            for event in follow(client, since=begin, complain=complain):
                typer.echo(line_of(event, forwarder.forward(event) if forwarder else None))
    except KeyboardInterrupt:
        return  # the ordinary end


def follow(
    client: Seedbed,
    *,
    since: str | None,
    complain: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[WebhookEvent]:
    """Yield what ends, for ever. A service that is away is waited for, and nothing is missed meanwhile.

    Raises ApiError if the service turns the key away.
    """
    from seedbed.cli.webhook_account import heard_after
    from seedbed_client import ApiError, ConnectionFailed

    cursor, pause_s = None, 0.0
    while True:
        try:
            begins_in_the_past = cursor is None and since is not None
            begin = since if begins_in_the_past else None
            heard = client.run(heard_after(client.service, cursor, since=begin, wait_s=POLL_S if cursor else 0))
        except (ConnectionFailed, ApiError) as exc:
            if isinstance(exc, ApiError) and exc.status < 500 and exc.status != 429:
                raise
            if not pause_s:
                complain(f"{exc}; trying again until it is back.")
            pause_s = min(LONGEST_PAUSE_S, 2 * pause_s or 0.5)
            sleep(pause_s)
            continue
        pause_s, cursor = 0.0, heard.cursor
        yield from heard.events


def line_of(event: WebhookEvent, forwarded: Forwarded | None) -> str:
    """Return the line of one event: when, what, which job, and what the program said to it."""
    told = f"{event.at.astimezone():%H:%M:%S}  {event.event:<9}  {event.request_id}"
    if forwarded is None:
        return told
    return f"{told}  {forwarded.status or forwarded.error}  {forwarded.latency_ms} ms"


def moment_of(text: str, *, now: datetime | None = None) -> str:
    """Return the moment that `--since` means, in RFC 3339. Raises BadParameter."""
    ago = _AGO.fullmatch(text)
    try:
        if ago:
            at = (now or datetime.now(UTC)) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        else:
            at = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as exc:
        raise typer.BadParameter(f"--since cannot be '{text}'; use 10m, 2h or 2026-11-22T12:00:00Z.") from exc
    return rfc3339(at)


def check_target(url: str | None) -> None:
    """Raises BadParameter unless it is an http or https URL."""
    if url is not None and not re.match(r"https?://[^/]", url):
        raise typer.BadParameter(f"--forward-to cannot be '{url}'; use a URL like http://localhost:3000/hook.")
