"""Lets in somebody who was vouched for, and writes down who that was."""

from __future__ import annotations

import secrets

import structlog

from seedbed.actions.admit_person import admit_person
from seedbed.actions.sign_in import NewSession
from seedbed.api.service import Service
from seedbed.api.signing_in import session_lifetime
from seedbed.core.errors import NotAdmitted
from seedbed.core.keys import ENTROPY_BYTES as KEY_ENTROPY_BYTES
from seedbed.core.sessions import ENTROPY_BYTES
from seedbed.core.sign_in import Person

log = structlog.get_logger()


async def admit(service: Service, person: Person, *, way: str) -> NewSession:
    """Begin their session. Raises NotAdmitted and AccountDisabled."""
    async with service.connection() as conn:
        try:
            new = await admit_person(
                conn,
                person,
                service.deployment.sign_in.groups,
                key_entropy=secrets.token_bytes(KEY_ENTROPY_BYTES),
                session_entropy=secrets.token_bytes(ENTROPY_BYTES),
                lifetime=session_lifetime(service),
            )
        except NotAdmitted:
            log.warning("person.not_admitted", person=person.name, way=way, groups=len(person.groups))
            raise
    who = new.signed_in
    log.info("person.signed_in", person=who.key_name, way=way, account_id=who.account_id, key_id=who.key_id)
    return new
