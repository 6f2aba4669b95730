"""`seedbed webhooks`: what became of webhooks, sending them again, dead addresses, and the secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from seedbed.cli.console import rfc3339
from seedbed.cli.signing_in import BaseUrl, Key, login

if TYPE_CHECKING:
    from seedbed.cli.webhook_account import Secrets, WebhookDelivery
    from seedbed.store.attempts import LoggedAttempt
    from seedbed_client import Seedbed

webhook_commands = typer.Typer(help="Deliveries, dead addresses and the secret of webhooks.", no_args_is_help=True)


@webhook_commands.command("deliveries")
def deliveries(
    request: Annotated[str | None, typer.Option(help="Only this request's.")] = None,
    state: Annotated[list[str] | None, typer.Option(help="pending, delivered, exhausted or stopped.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many, the newest first.")] = 20,
    base_url: BaseUrl = None,
    key: Key = None,
) -> None:
    """List deliveries with what came of their last attempt."""
    from seedbed.cli import webhook_account as account

    with _client(base_url, key) as client:
        page = client.run(account.deliveries(client.service, request_id=request, states=state or (), limit=limit))
    for delivery in page:
        typer.echo(_line(delivery))
    if not page:
        typer.echo("There are none.")


@webhook_commands.command("redeliver")
def redeliver(
    delivery: Annotated[str, typer.Argument(help="The delivery's id, from `seedbed webhooks deliveries`.")],
    base_url: BaseUrl = None,
    key: Key = None,
) -> None:
    """Send a webhook again at once, with the same webhook-id."""
    from seedbed.cli import webhook_account as account

    with _client(base_url, key) as client:
        again = client.run(account.redeliver(client.service, delivery))
    typer.echo(f"{again.id} goes to {again.address} now.")


@webhook_commands.command("attempts")
def attempts(
    delivery: Annotated[str, typer.Argument(help="The delivery's id, from `seedbed webhooks deliveries`.")],
) -> None:
    """Show every attempt as the operator may see it: with the answers that the API withholds, from the database."""
    from seedbed.fleet.interrupts import run_loop

    for logged in run_loop(_attempts(delivery)):
        attempt = logged.attempt
        said = attempt.status or attempt.error
        typer.echo(f"{logged.number}  {attempt.at:%Y-%m-%d %H:%M:%S}  {said}  {attempt.latency_ms} ms")
        if attempt.excerpt:
            typer.echo(ascii(attempt.excerpt)[1:-1])  # a receiver's text must not reach the terminal's controls


@webhook_commands.command("endpoints")
def endpoints(base_url: BaseUrl = None, key: Key = None) -> None:
    """List the addresses that only fail, and those that are switched off for it."""
    from seedbed.cli import webhook_account as account

    with _client(base_url, key) as client:
        found = client.run(account.endpoints(client.service))
    for endpoint in found:
        state = f"off ({endpoint.off_because})" if endpoint.is_off else "failing"
        typer.echo(f"{endpoint.address}  {state}, {endpoint.failures} failures since {rfc3339(endpoint.failing_since)}")
    if not found:
        typer.echo("No address is in trouble.")


@webhook_commands.command("switch-on")
def switch_on(
    url: Annotated[str, typer.Argument(help="The webhook's URL or address.")],
    base_url: BaseUrl = None,
    key: Key = None,
) -> None:
    """Send to an address again that was switched off."""
    from seedbed.cli import webhook_account as account

    with _client(base_url, key) as client:
        typer.echo(f"{client.run(account.switch_on(client.service, url))} is on.")


@webhook_commands.command("secret")
def secret(base_url: BaseUrl = None, key: Key = None) -> None:
    """Show the secret that signs the account's webhooks."""
    from seedbed.cli import webhook_account as account

    with _client(base_url, key) as client:
        _show(client.run(account.secret(client.service)))


@webhook_commands.command("rotate")
def rotate(
    overlap: Annotated[
        int | None, typer.Option(min=0, help="Seconds that the old secret signs besides. Default: the service's.")
    ] = None,
    base_url: BaseUrl = None,
    key: Key = None,
) -> None:
    """Make a new secret. The old one signs besides for a while, so that receivers can be changed in peace."""
    from seedbed.cli import webhook_account as account

    with _client(base_url, key) as client:
        _show(client.run(account.rotate(client.service, overlap_s=overlap)))


def _client(base_url: str | None, key: str | None) -> Seedbed:
    from seedbed_client import Seedbed

    service_url, service_key = login(base_url, key)
    return Seedbed(service_key, service_url)


def _line(delivery: WebhookDelivery) -> str:
    """Return a delivery in one line, whole, however narrow the terminal: its ids are there to be copied."""
    state = f"{delivery.state} ({delivery.stopped_because})" if delivery.stopped_because else delivery.state
    facts = [delivery.id, delivery.request_id, f"{delivery.event:<9}", state, delivery.address]
    if delivery.attempts:
        last = delivery.attempts[-1]
        facts.append(f"attempt {last.number}: {last.status or last.error} ({last.latency_ms} ms)")
    return "  ".join(facts)


def _show(shown: Secrets) -> None:
    retiring = {old.secret: rfc3339(old.retires_at) for old in shown.retiring}
    for one in shown.secrets:
        typer.echo(f"{one}  retires {retiring[one]}" if one in retiring else one)


async def _attempts(delivery_id: str) -> list[LoggedAttempt]:
    from seedbed.cli.database import connected, ready_database_url
    from seedbed.core.errors import NotFound
    from seedbed.settings import load_settings
    from seedbed.store import attempts as log
    from seedbed.store import deliveries as stored

    with ready_database_url(load_settings()) as url:
        async with connected(url) as conn:
            if await stored.get(conn, delivery_id) is None:
                raise NotFound(f"There is no webhook delivery '{delivery_id}'.")
            return (await log.of_deliveries(conn, [delivery_id]))[delivery_id]
