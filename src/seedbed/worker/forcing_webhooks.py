"""Makes the webhook of a test-mode job go the way its prompt asks (core/rehearsal.py): late, twice, lost, or forged.

A receiver must bear all four in life: networks are slow, a message whose answer got lost is sent again, and anybody can
post to a public address.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace

from seedbed.actions.begin_attempt import DueAttempt
from seedbed.core.rehearsal import ASKED
from seedbed.core.signing import SECRET_BYTES, make_secret
from seedbed.outbound.webhooks import Answer
from seedbed.worker.forcing import rehearsal_of

Post = Callable[[DueAttempt], Awaitable[Answer]]


def forced_wait_s(due: DueAttempt) -> float:
    """Return how much longer the attempt is to stay away; 0 for all of life, and once the time is over."""
    rehearsal = rehearsal_of(due.job)
    if rehearsal is None:
        return 0.0
    return max(0.0, rehearsal.late_s - (due.at - due.delivery.created_at).total_seconds())


async def force_sending(due: DueAttempt, post: Post) -> Answer:
    """Post it as the prompt asks, and return what counts as the attempt's answer. A second post has the same id."""
    rehearsal = rehearsal_of(due.job)
    is_first = due.delivery.attempts == 0
    match rehearsal.webhook if rehearsal and is_first else None:
        case "lost":
            return Answer(None, 0, error=f"It was not sent, {ASKED}.")
        case "twice":
            await post(due)
        case "forged":
            await post(replace(due, secrets=(make_secret(secrets.token_bytes(SECRET_BYTES)),)))
    return await post(due)
