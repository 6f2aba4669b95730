"""Send a webhook once more, whatever became of it: the same webhook-id, and the whole schedule from its beginning."""

from __future__ import annotations

from datetime import datetime

from seedbed.actions.begin_attempt import is_due
from seedbed.core.errors import InvalidRequest, NotFound
from seedbed.core.webhooks import address_of
from seedbed.store import deliveries, endpoints
from seedbed.store.database import Connection, moment
from seedbed.store.deliveries import Delivery


async def redeliver(
    conn: Connection, account_id: int, delivery_id: str, *, is_live: bool, at: datetime | None = None
) -> Delivery:
    """Return the delivery with an attempt due at once. One that is due already, or under way, is left as it is.

    Raises NotFound if it is not this account's in this mode, and InvalidRequest while its address is switched off.
    """
    async with conn.transaction():
        owned = await deliveries.lock(conn, delivery_id)
        if owned is None or (owned.account_id, owned.is_live) != (account_id, is_live):
            raise NotFound("There is no webhook delivery with this id.")
        address = address_of(owned.delivery.url)
        if await endpoints.stop_reason(conn, account_id, address, is_live=is_live):
            raise InvalidRequest(
                f"The address {address} is switched off; switch it on with POST /webhooks/endpoints/switch-on first.",
                param="id",
            )
        now = await moment(conn, at)
        return owned.delivery if is_due(owned.delivery, at=now) else await deliveries.restart(conn, delivery_id, at=now)
