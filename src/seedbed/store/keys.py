"""API keys at rest: the digest, never the key.

A key is looked up by the SHA-256 of what was sent, or of the cookie of a session that stands for it. How long that
takes may tell how far two digests agree, but nobody can choose the digest of what they send, so it tells nothing about
a key: no constant-time comparison is needed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from seedbed.core.keys import Mode, ParsedKey, Scope
from seedbed.core.rate_limits import NO_LIMITS, Allowance, KeyLimits, RateLimits
from seedbed.core.sessions import SessionToken
from seedbed.store.database import Connection, Row, many, one, one_or_none
from seedbed.store.rates import TAKE, of_quota, to_allowance


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling."""

    account_id: int
    mode: Mode
    key_id: int
    scopes: frozenset[Scope]
    limits: KeyLimits = NO_LIMITS
    is_unlimited: bool = False  # its account is given what it cannot pay

    @property
    def is_live(self) -> bool:
        return self.mode is Mode.LIVE


@dataclass(frozen=True, slots=True)
class Closed:
    """The operator takes no new orders, for so long; None if nobody has said until when."""

    message: str
    ends_in_s: int | None


@dataclass(frozen=True, slots=True)
class Admission:
    """A valid key at the door. `requests` is what its request left of the quota, or None if it was not counted."""

    principal: Principal
    requests: Allowance | None
    queued_jobs: int  # of the account in this mode
    key_queued_jobs: int  # of the key, if that has a limit of its own
    is_disabled: bool = False  # its account
    closed: Closed | None = None  # no new orders are taken


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    id: int
    account_id: int
    mode: Mode
    name: str
    last_four: str
    scopes: frozenset[Scope]
    limits: KeyLimits
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


async def insert(
    conn: Connection,
    account_id: int,
    parsed: ParsedKey,
    *,
    name: str,
    scopes: Iterable[Scope],
    expires_at: datetime | None,
    limits: KeyLimits,
) -> StoredKey:
    """Write a new key."""
    facts = {
        "account_id": account_id,
        "is_live": parsed.mode is Mode.LIVE,
        "digest": parsed.digest,
        "last_four": parsed.last_four,
        "name": name,
        "scopes": sorted(scopes),
        "expires_at": expires_at,
        **asdict(limits),
    }
    return to_stored(await one(conn, _INSERT, facts))


async def standing(conn: Connection, account_id: int, stands_for: str) -> StoredKey | None:
    """Return the account's key that stands for somebody, unless it was revoked."""
    row = await one_or_none(conn, _STANDING, {"account_id": account_id, "stands_for": stands_for})
    return to_stored(row) if row else None


async def all_standing(conn: Connection, stands_for: str) -> list[StoredKey]:
    """Return the keys of all accounts that stand for somebody, those apart that were revoked."""
    return [to_stored(row) for row in await many(conn, _ALL_STANDING, {"stands_for": stands_for})]


async def insert_standing(
    conn: Connection, account_id: int, parsed: ParsedKey, *, stands_for: str, name: str, scopes: Iterable[Scope]
) -> int:
    """Write the key that stands for somebody, and return its number, or that of one just written."""
    facts = {
        "account_id": account_id,
        "is_live": parsed.mode is Mode.LIVE,
        "digest": parsed.digest,
        "last_four": parsed.last_four,
        "stands_for": stands_for,
        "name": name,
        "scopes": sorted(scopes),
    }
    row = await one_or_none(conn, _INSERT_STANDING, facts)
    if row is None:
        row = await one(conn, _STANDING, {"account_id": account_id, "stands_for": stands_for})
    return int(row["id"])


async def use(
    conn: Connection, shown: ParsedKey | SessionToken, *, limits: RateLimits | None, at: datetime | None
) -> Admission | None:
    """Return whose key this is if it is valid at this moment, and take its request out of its quota, in one statement.

    `shown`: the key itself, or the session that stands for it. Without `limits` nothing is taken. Notes the key's use,
    at most once a minute.
    """
    facts: dict[str, Any] = {"digest": shown.digest, "at": at}
    way = _BY_SESSION
    if isinstance(shown, ParsedKey):
        way = _BY_KEY
        facts["is_live"] = shown.mode is Mode.LIVE
    usual = limits.requests() if limits else None
    row = await one_or_none(conn, way.use if usual else way.find, facts | (of_quota(usual) if usual else {}))
    if row is None:
        return None
    if row["is_use_news"]:
        await conn.execute(_NOTE_USE, {"id": row["key_id"], "at": at})
    own = _limits(row)
    mode = Mode.LIVE if row["is_live"] else Mode.TEST
    principal = Principal(row["account_id"], mode, row["key_id"], _scopes(row), own, row["is_unlimited"])
    requests = to_allowance(row, limits.requests(own)) if limits else None
    return Admission(
        principal,
        requests,
        int(row["queued_jobs"]),
        row["key_queued_jobs"],
        is_disabled=row["is_disabled"],
        closed=Closed(row["closed_message"], row["closed_for_s"]) if row["closed_message"] is not None else None,
    )


async def lock(conn: Connection, key_id: int) -> StoredKey | None:
    """Return the key as nobody else may change it until the transaction ends."""
    row = await one_or_none(conn, "select * from api_key where id = %(id)s for no key update", {"id": key_id})
    return to_stored(row) if row else None


async def rewrite(conn: Connection, key: StoredKey) -> None:
    """Write what may change of a key: name, scopes, expiry, limits."""
    facts = {"id": key.id, "name": key.name, "scopes": sorted(key.scopes), "expires_at": key.expires_at}
    await conn.execute(_REWRITE, facts | asdict(key.limits))


async def get(conn: Connection, key_id: int) -> StoredKey | None:
    row = await one_or_none(conn, "select * from api_key where id = %(id)s", {"id": key_id})
    return to_stored(row) if row else None


async def revoke(conn: Connection, key_id: int, *, at: datetime | None) -> bool:
    """Make the key invalid from now on. False if there is none of that number. Idempotent: the first moment stays."""
    return await one_or_none(conn, _REVOKE, {"id": key_id, "at": at}) is not None


async def of_account(conn: Connection, account_id: int) -> list[StoredKey]:
    """Return all its keys in both modes, revoked ones too, the oldest first."""
    rows = await many(conn, "select * from api_key where account_id = %(id)s order by id", {"id": account_id})
    return [to_stored(row) for row in rows]


async def everybodys(conn: Connection) -> list[StoredKey]:
    """Return the keys of all accounts, the oldest first. For the operator."""
    return [to_stored(row) for row in await many(conn, "select * from api_key order by id", {})]


def _scopes(row: Row) -> frozenset[Scope]:
    return frozenset(Scope(scope) for scope in row["scopes"])


def _limits(row: Row) -> KeyLimits:
    return KeyLimits(
        requests_per_minute=row["requests_per_minute"],
        upload_bytes_per_day=row["upload_bytes_per_day"],
        queued_jobs=row["queue_limit_jobs"],
        running_jobs=row["running_limit_jobs"],
        monthly_cap_credits=row["monthly_cap_credits"],
    )


def to_stored(row: Row) -> StoredKey:
    return StoredKey(
        id=row["id"],
        account_id=row["account_id"],
        mode=Mode.LIVE if row["is_live"] else Mode.TEST,
        name=row["name"],
        last_four=row["last_four"],
        scopes=_scopes(row),
        limits=_limits(row),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        last_used_at=row["last_used_at"],
    )


_INSERT = """
insert into api_key (account_id, is_live, digest, last_four, name, scopes, expires_at, requests_per_minute,
    upload_bytes_per_day, queue_limit_jobs, running_limit_jobs, monthly_cap_credits)
values (%(account_id)s, %(is_live)s, %(digest)s, %(last_four)s, %(name)s, %(scopes)s, %(expires_at)s,
    %(requests_per_minute)s, %(upload_bytes_per_day)s, %(queued_jobs)s, %(running_jobs)s, %(monthly_cap_credits)s)
returning *
"""
_STANDING = """
select * from api_key where account_id = %(account_id)s and stands_for = %(stands_for)s and revoked_at is null
"""
_ALL_STANDING = "select * from api_key where stands_for = %(stands_for)s and revoked_at is null order by id"
_INSERT_STANDING = """
insert into api_key (account_id, is_live, digest, last_four, name, scopes, stands_for)
values (%(account_id)s, %(is_live)s, %(digest)s, %(last_four)s, %(name)s, %(scopes)s, %(stands_for)s)
on conflict (account_id, stands_for) where stands_for is not null and revoked_at is null do nothing
returning id
"""
_REWRITE = """
update api_key set name = %(name)s, scopes = %(scopes)s, expires_at = %(expires_at)s,
    requests_per_minute = %(requests_per_minute)s, upload_bytes_per_day = %(upload_bytes_per_day)s,
    queue_limit_jobs = %(queued_jobs)s, running_limit_jobs = %(running_jobs)s,
    monthly_cap_credits = %(monthly_cap_credits)s
where id = %(id)s
"""
_FIND = """
select id as key_id, account_id, is_live, scopes, requests_per_minute, upload_bytes_per_day, queue_limit_jobs,
    running_limit_jobs, monthly_cap_credits, terms.is_disabled, terms.is_unlimited, now.at,
    last_used_at is null or last_used_at < now.at - interval '1 minute' as is_use_news,
    (select coalesce(sum(queued), 0) from lane
     where lane.account_id = api_key.account_id and lane.is_live = api_key.is_live) as queued_jobs,
    case when queue_limit_jobs is null then 0 else
        (select count(*) from job where job.api_key_id = api_key.id and job.state = 'queued')
    end as key_queued_jobs,
    closed.message as closed_message, ceil(extract(epoch from closed.until - now.at))::bigint as closed_for_s
from api_key
    cross join lateral (select disabled_at is not null as is_disabled, is_unlimited
                        from account where account.id = api_key.account_id) terms
    cross join (select coalesce(%(at)s::timestamptz, clock_timestamp()) as at offset 0) now
    left join maintenance closed on closed.until is null or closed.until > now.at
where {found} and revoked_at is null and (expires_at is null or expires_at > now.at)
"""
_FOUND_BY_KEY = "digest = %(digest)s and is_live = %(is_live)s"
_FOUND_BY_SESSION = """
id = (select session.api_key_id from console_session session
      where session.digest = %(digest)s and session.expires_at > now.at)
"""
# Integer division rounds the cost of a request down to a microsecond, as Quota.cost does.
_COST_OF_ONE = """
select key_id, at,
    %(span_us)s::bigint / coalesce(requests_per_minute, %(most)s::bigint) * interval '1 microsecond' as cost
from found
"""
_USE = " ".join(
    [
        f"with found as materialized ({_FIND}),",
        f"asking as ({_COST_OF_ONE}),",
        f"taken as ({TAKE})",
        "select * from found cross join taken",
    ]
)


@dataclass(frozen=True, slots=True)
class _Way:
    """The two statements that look a key up: without its quota, and with it."""

    find: str
    use: str


_BY_KEY = _Way(_FIND.format(found=_FOUND_BY_KEY), _USE.format(found=_FOUND_BY_KEY))
_BY_SESSION = _Way(_FIND.format(found=_FOUND_BY_SESSION), _USE.format(found=_FOUND_BY_SESSION))
_NOTE_USE = """
update api_key set last_used_at = coalesce(%(at)s::timestamptz, clock_timestamp()) where id = %(id)s
"""
_REVOKE = """
update api_key set revoked_at = coalesce(revoked_at, %(at)s::timestamptz, clock_timestamp()) where id = %(id)s
returning id
"""
