"""Switch an address of webhooks on again that was switched off for its failures."""

from __future__ import annotations

from seedbed.core.errors import InvalidRequest
from seedbed.core.webhooks import address_of
from seedbed.store import endpoints
from seedbed.store.database import Connection


async def switch_on(conn: Connection, account_id: int, url: str, *, is_live: bool) -> str:
    """Return the URL's address, which is on. Idempotent. What was stopped meanwhile waits for its redelivery.

    Raises InvalidRequest if it is no URL.
    """
    try:
        address = address_of(url)
    except ValueError as exc:
        raise InvalidRequest("url must be the http or https URL of a webhook.", param="url") from exc
    async with conn.transaction():
        await endpoints.switch_on(conn, account_id, address, is_live=is_live)
    return address
