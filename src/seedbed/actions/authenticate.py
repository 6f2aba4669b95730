"""Say whose an API key or a session is, and count the request that bore it, in one round trip."""

from __future__ import annotations

from datetime import datetime

from seedbed.core.errors import AccountDisabled, Unauthorized
from seedbed.core.keys import ParsedKey
from seedbed.core.rate_limits import RateLimits
from seedbed.core.sessions import SessionToken
from seedbed.store import keys
from seedbed.store.database import Connection
from seedbed.store.keys import Admission


async def authenticate(
    conn: Connection, shown: ParsedKey | SessionToken, *, limits: RateLimits | None = None, at: datetime | None = None
) -> Admission:
    """With `limits` the request is counted; whether it was one too many, the caller sees in `requests.was_refused`.

    Raises AccountDisabled for a valid key of a disabled account, and Unauthorized, in one way, for a key that is
    unknown, revoked, expired or of the other mode, and for a session that is over.
    """
    admission = await keys.use(conn, shown, limits=limits, at=at)
    if admission is None:
        raise Unauthorized
    if admission.is_disabled:
        raise AccountDisabled
    return admission
