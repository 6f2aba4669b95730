"""What stands on the wire about API keys. The key itself does once, in the answer that made it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from seedbed.api.described import says
from seedbed.api.native.wire import Wire
from seedbed.core.accounts import MAX_CREDITS
from seedbed.core.keys import KeyState, Mode, Scope
from seedbed.core.lines import MAX_NAME_CHARACTERS
from seedbed.core.rate_limits import MAX_COUNT, MAX_UPLOAD_BYTES

_NAME = {"minLength": 1, "maxLength": MAX_NAME_CHARACTERS}
_COUNT = {"minimum": 1, "maximum": MAX_COUNT}
_BYTES = {"minimum": 1, "maximum": MAX_UPLOAD_BYTES}
_CREDITS = {"minimum": 1, "maximum": MAX_CREDITS}
_REQUESTS_SAYS = "Its requests a minute; null: as the settings say."
_UPLOADS_SAYS = "Its uploads a day; null: as the settings say."
_QUEUED_SAYS = "Its jobs that may wait; null: only the account's limit."
_RUNNING_SAYS = "Its jobs that may run; null: only the account's limit."
_CAP_SAYS = "What it may charge in a month of UTC; null: as much as the account has."
_SCOPES_SAYS = "What it may do; admin is for live keys alone."
_Scope = Annotated[str, Meta(extra_json_schema={"enum": list(Scope)})]
_ENDS_SAYS = "A moment such as 2026-12-31T00:00:00Z; null: never."


class KeyView(Wire, frozen=True, kw_only=True):
    """A key without its text. A null limit is the service's own, or none."""

    id: int
    account_id: int
    mode: Mode
    name: str
    last_four: str
    scopes: tuple[Scope, ...]
    state: KeyState
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: Annotated[str | None, says("To the minute.")]
    requests_per_minute: int | None
    upload_bytes_per_day: int | None
    queued_jobs: int | None
    running_jobs: int | None
    monthly_cap_credits: int | None
    charged_credits: Annotated[int, says("What it has charged in this month of UTC; what was given back is not in it.")]


class KeyList(Wire, frozen=True, kw_only=True):
    """Keys of an account in both modes, the newest first, revoked ones too."""

    success: Literal[True] = True
    data: tuple[KeyView, ...]
    cursor: Annotated[str | None, says("Leads to older ones; null at the end.")]


class KeyAnswer(Wire, frozen=True, kw_only=True):
    success: Literal[True] = True
    key: KeyView


class NewKey(Wire, frozen=True, kw_only=True):
    """`secret` is the key itself. It is shown only here, and stored nowhere."""

    success: Literal[True] = True
    secret: str
    key: KeyView


class NewKeyBody(Wire, frozen=True, kw_only=True):
    name: Annotated[str, says("What it is for.", **_NAME)]
    mode: Annotated[str, says("Test keys see only test jobs and test credits.", enum=list(Mode))] = Mode.LIVE
    scopes: Annotated[tuple[_Scope, ...] | UnsetType, says(f"{_SCOPES_SAYS} By default generate.")] = UNSET
    expires_at: Annotated[str | None, says(_ENDS_SAYS, format="date-time")] = None
    requests_per_minute: Annotated[int | None, says(_REQUESTS_SAYS, **_COUNT)] = None
    upload_bytes_per_day: Annotated[int | None, says(_UPLOADS_SAYS, **_BYTES)] = None
    queued_jobs: Annotated[int | None, says(_QUEUED_SAYS, **_COUNT)] = None
    running_jobs: Annotated[int | None, says(_RUNNING_SAYS, **_COUNT)] = None
    monthly_cap_credits: Annotated[int | None, says(_CAP_SAYS, **_CREDITS)] = None


class KeyChangesBody(Wire, frozen=True, kw_only=True):
    """Whatever is not named stays as it is."""

    name: Annotated[str | UnsetType, says("What it is for.", **_NAME)] = UNSET
    scopes: Annotated[tuple[_Scope, ...] | UnsetType, says(_SCOPES_SAYS)] = UNSET
    expires_at: Annotated[str | UnsetType | None, says(_ENDS_SAYS, format="date-time")] = UNSET
    requests_per_minute: Annotated[int | UnsetType | None, says(_REQUESTS_SAYS, **_COUNT)] = UNSET
    upload_bytes_per_day: Annotated[int | UnsetType | None, says(_UPLOADS_SAYS, **_BYTES)] = UNSET
    queued_jobs: Annotated[int | UnsetType | None, says(_QUEUED_SAYS, **_COUNT)] = UNSET
    running_jobs: Annotated[int | UnsetType | None, says(_RUNNING_SAYS, **_COUNT)] = UNSET
    monthly_cap_credits: Annotated[int | UnsetType | None, says(_CAP_SAYS, **_CREDITS)] = UNSET
