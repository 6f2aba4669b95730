"""Replace the secret that signs an account's webhooks. The old one signs besides for a while."""

from __future__ import annotations

from datetime import datetime

from seedbed.store import accounts
from seedbed.store.accounts import WebhookSecret
from seedbed.store.database import Connection, moment


async def rotate_secret(
    conn: Connection, account_id: int, *, is_live: bool, entropy: bytes, overlap_s: int, at: datetime | None = None
) -> list[WebhookSecret]:
    """Return the secrets that sign from now on, the new one first. `entropy` is 24 to 64 random bytes.

    Earlier ones sign for `overlap_s` more at most: what an earlier rotation promised is shortened, never lengthened.
    """
    async with conn.transaction():
        now = await moment(conn, at)
        await accounts.rotate_webhook_secret(
            conn, account_id, is_live=is_live, entropy=entropy, overlap_s=overlap_s, at=now
        )
        return await accounts.webhook_secrets(conn, account_id, is_live=is_live, entropy=entropy, at=now)
