"""An account's jobs a page at a time, newest first, however many there are and whatever is filtered out.

A page goes on from the number of its predecessor's last job, so jobs that arrive meanwhile move nothing. Every filter
is answered from an index: one short step for each model and state, merged by number. The steps ask for `-number`, as
that index has it: by any other, PostgreSQL would walk over all that is filtered out.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from seedbed.core.job import Job, State
from seedbed.store.database import Connection, many
from seedbed.store.rows import to_job


@dataclass(frozen=True, slots=True)
class Listed:
    """A job, and its number in the order of arrival."""

    job: Job
    number: int


async def page(
    conn: Connection,
    account_id: int,
    *,
    is_live: bool,
    limit: int,
    before: int,
    states: Collection[State] = (),
    model: str | None = None,
) -> list[Listed]:
    """Return the newest jobs whose number is less than `before`. No states: every state; no model: every model."""
    facts = {
        "account_id": account_id,
        "is_live": is_live,
        "limit": limit,
        "before": before,
        "states": list(states or State),
        "model": model,
    }
    statement = (_OF_MODEL if model else _OF_STATES) if states or model else _ALL
    return [Listed(to_job(row), row["number"]) for row in await many(conn, statement, facts)]


_ALL = """
select * from job
where account_id = %(account_id)s and is_live = %(is_live)s and number < %(before)s
order by number desc limit %(limit)s
"""
_WANTED = """
select job.* from job join (
    select hit.number
    from kind cross join unnest(%(states)s::job_state[]) as wanted (state) cross join lateral (
        select number from job
        where account_id = %(account_id)s and is_live = %(is_live)s and request ->> 'model' = kind.model
            and job.state = wanted.state and -number > -%(before)s
        order by -number limit %(limit)s) hit
    order by hit.number desc limit %(limit)s) best using (number)
order by job.number desc
"""
_OF_MODEL = f"with kind (model) as (values (%(model)s::text)) {_WANTED}"
# PostgreSQL has no way to step from one value of an index to the next, so the models are found one after the other.
_OF_STATES = f"""
with recursive step (model) as (
    (select request ->> 'model' from job
     where account_id = %(account_id)s and is_live = %(is_live)s order by request ->> 'model' limit 1)
    union all
    select (
        select request ->> 'model' from job
        where account_id = %(account_id)s and is_live = %(is_live)s and request ->> 'model' > step.model
        order by request ->> 'model' limit 1)
    from step where model is not null
), kind as (select model from step where model is not null)
{_WANTED}
"""  # noqa: S608 - a constant
