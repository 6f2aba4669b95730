"""Credits are conserved and jobs keep to their moves under any order of steps: by the model alone, and by PostgreSQL
against the model.

`HYPOTHESIS_PROFILE=deep` looks much longer.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from model import Model, Tenant
from postgres import Postgres

from seedbed.actions.beat import beat
from seedbed.actions.cancel import cancel
from seedbed.actions.claim import claim
from seedbed.actions.create_account import create_account
from seedbed.actions.finish import finish
from seedbed.actions.grant import grant
from seedbed.actions.hand_back import hand_back
from seedbed.actions.reap import reap
from seedbed.actions.submit import submit
from seedbed.core.engine import Stage
from seedbed.core.errors import EngineFailed, MediaUnreachable, Refusal
from seedbed.core.job import State
from store.orders import NOON, a_request, a_success, an_order, answer_of

RUNNING_LIMIT = 2
QUEUE_LIMIT = 4
LEASE_S = 15
POOLS = ["large", "small"]
FAILURES = [None, EngineFailed("It crashed."), MediaUnreachable("It answered 404.", position=0)]
PROFILES = {"quick": (40, 40), "deep": (1500, 80)}
EXAMPLES, STEPS = PROFILES[os.environ.get("HYPOTHESIS_PROFILE", "quick")]
SETTINGS = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],  # explaining a failure would take minutes
    derandomize=PROFILES["quick"][0] == EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

tenants = st.integers(0, 2)
picks = st.integers(0, 10**6)  # of a job: modulo how many there are
stale = st.sampled_from([0, 0, 0, -1, 1])  # an attempt that is not, or not yet, the job's


class AgainstTheModel(RuleBasedStateMachine):
    """Every rule asks the model and, in the subclass, PostgreSQL."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model(running_limit=RUNNING_LIMIT, queue_limit=QUEUE_LIMIT)
        self.at = NOON
        self.tenants = [Tenant(1, True), Tenant(2, True), Tenant(1, False)]
        self.ended: dict[str, State] = {}

    def real(self, _step: Callable, _expected: object) -> None:
        """In PostgreSQL: do the step too, and expect the same outcome."""

    def real_claim(self, _pool: str, claimable: set[str]) -> str | None:
        return min(claimable, default=None)

    def both(self, ask_model: Callable[[], object], step: Callable) -> None:
        self.real(step, _outcome(ask_model))

    def pick(self, number: int) -> str | None:
        """Return a job, of the open ones twice as likely, or None if there is none yet."""
        ids = list(self.model.entries)
        open_ids = [i for i in ids if not self.model.entries[i].job.state.is_final]
        ids += 3 * open_ids
        return ids[number % len(ids)] if ids else None

    @initialize(given=st.tuples(st.integers(0, 300), st.integers(0, 300)))
    def begin(self, given: tuple[int, int]) -> None:
        for tenant, amount in zip(self.tenants, given, strict=False):
            self.grant(self.tenants.index(tenant), amount)

    @rule(tenant=tenants, amount=st.integers(-100, 100))
    def grant(self, tenant: int, amount: int) -> None:
        who = self.tenants[tenant]
        if amount:
            step = partial(grant, account_id=who.account_id, is_live=who.is_live, credits=amount, note="", at=self.at)
            self.both(lambda: self.model.give(who, amount), step)

    @rule(
        tenant=tenants,
        price=st.sampled_from([0, 7, 40]),
        seconds=st.sampled_from([4, 15]),
        priority=st.integers(0, 2),
        pool=st.sampled_from(POOLS),
        key=st.sampled_from([None, None, "a", "b"]),
        body=st.sampled_from([b"\1" * 32, b"\2" * 32]),
        hook=st.sampled_from([None, "https://receiver.dev/hook"]),
    )
    def submit(self, tenant, price, seconds, priority, pool, key, body, hook) -> None:
        who = self.tenants[tenant]
        order = an_order(
            who.account_id,
            is_live=who.is_live,
            price=price,
            key=key,
            digest=body,
            pool=pool,
            job_id=f"req_{len(self.model.entries):032x}",
            queue_limit_jobs=QUEUE_LIMIT,
            running_limit_jobs=RUNNING_LIMIT,
            request=a_request(duration_s=seconds, priority=priority, webhook_url=hook, expires_after_s=3600),
        )

        async def step(conn):
            submitted = await submit(conn, order, answer_of=answer_of, at=self.at)
            assert submitted.answer is None or submitted.answer.body == answer_of(submitted.job)
            return submitted.job.id, submitted.is_replay

        self.both(lambda: self.model.submit(order, self.at), step)

    @rule(pool=st.sampled_from(POOLS))
    def claim(self, pool: str) -> None:
        claimable = self.model.claimable(pool, self.at)
        claimed = self.real_claim(pool, claimable)
        if claimed:
            self.model.claim(claimed, timedelta(seconds=LEASE_S), self.at)

    @rule(number=picks, off=stale, fraction=st.floats(0, 1))
    def beat(self, number: int, off: int, fraction: float) -> None:
        job_id = self.pick(number)
        if job_id:
            attempt = self.model.entries[job_id].job.attempt + off
            progress = {"stage": Stage.RENDERING, "fraction": fraction}
            self.both(
                lambda: self.model.beat(job_id, attempt, timedelta(seconds=LEASE_S), self.at),
                partial(beat, job_id=job_id, attempt=attempt, lease_s=LEASE_S, at=self.at, **progress),
            )

    @rule(number=picks, off=stale, failure=st.sampled_from(FAILURES))
    def finish(self, number: int, off: int, failure) -> None:
        job_id = self.pick(number)
        if job_id:
            job = self.model.entries[job_id].job
            attempt = job.attempt + off

            async def step(conn):
                finished = await finish(conn, job_id, attempt, failure or a_success(job), at=self.at)
                return finished and finished.job.state

            self.both(lambda: self.model.finish(job_id, attempt, failure, self.at), step)

    @rule(number=picks, off=stale)
    def hand_back(self, number: int, off: int) -> None:
        job_id = self.pick(number)
        if job_id:
            attempt = self.model.entries[job_id].job.attempt + off
            self.both(
                lambda: self.model.hand_back(job_id, attempt, self.at),
                partial(hand_back, job_id=job_id, attempt=attempt, at=self.at),
            )

    @rule(number=picks, stranger=st.sampled_from([None, None, None, 0, 1, 2]))
    def cancel(self, number: int, stranger: int | None) -> None:
        job_id = self.pick(number)
        if job_id:
            who = self.model.entries[job_id].tenant if stranger is None else self.tenants[stranger]

            async def step(conn):
                await cancel(conn, who.account_id, job_id, is_live=who.is_live, at=self.at)

            self.both(lambda: self.model.cancel(who, job_id, self.at), step)

    @rule()
    def reap(self) -> None:
        async def step(conn):
            await reap(conn, at=self.at)

        self.both(lambda: self.model.reap(self.at), step)

    @rule(seconds=st.sampled_from([1, 3, LEASE_S, 60, 1800, 8 * 86_400]))
    def wait(self, seconds: int) -> None:
        self.at += timedelta(seconds=seconds)

    @invariant()
    def the_sum_over_all_buckets_is_zero(self) -> None:
        assert sum(self.model.buckets.values()) == 0

    @invariant()
    def what_is_held_is_what_open_jobs_cost(self) -> None:
        costs = Counter()
        for entry in self.model.entries.values():
            costs[entry.tenant] += 0 if entry.job.state.is_final else entry.job.charged_credits
        assert all(self.model.balances[tenant].held_credits == costs[tenant] for tenant in self.tenants)

    @invariant()
    def a_final_job_is_resolved_once_and_stays_final(self) -> None:
        for job_id, entry in self.model.entries.items():
            is_priced = entry.job.charged_credits > 0
            assert len(self.model.resolutions[job_id]) == (is_priced and entry.job.state.is_final)
            if entry.job.state.is_final:
                assert self.ended.setdefault(job_id, entry.job.state) is entry.job.state

    @invariant()
    def the_running_limit_holds(self) -> None:
        running = Counter(e.lane for e in self.model.entries.values() if e.job.state is State.PROCESSING)
        assert all(count <= RUNNING_LIMIT for count in running.values())


class AgainstPostgres(AgainstTheModel):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.postgres = Postgres(url)
        ids = [self.postgres.do(create_account(self.postgres.conn, name=name)).id for name in ("Ada", "Bo")]
        self.tenants = [Tenant(ids[0], True), Tenant(ids[1], True), Tenant(ids[0], False)]

    def real(self, step: Callable, expected: object) -> None:
        assert _outcome(lambda: self.postgres.do(step(self.postgres.conn))) == expected

    def real_claim(self, pool: str, claimable: set[str]) -> str | None:
        claimed = self.postgres.do(claim(self.postgres.conn, pools=[pool], worker="w", lease_s=LEASE_S, at=self.at))
        assert (claimed.job.id in claimable) if claimed else not claimable
        return claimed.job.id if claimed else None

    @invariant()
    def postgres_agrees_with_the_model(self) -> None:
        self.postgres.assert_agrees_with(self.model)

    @invariant()
    def the_tables_are_sound(self) -> None:
        self.postgres.assert_sound()

    def teardown(self) -> None:
        self.postgres.close()


def _outcome(step: Callable[[], object]) -> object:
    """Return what came back, or the class of the refusal."""
    try:
        return step()
    except Refusal as refusal:
        return type(refusal)


def test_the_model_keeps_its_promises_under_any_order_of_steps() -> None:
    run_state_machine_as_test(AgainstTheModel, settings=SETTINGS)


@pytest.mark.server
def test_postgres_keeps_the_same_promises_and_agrees_with_the_model(shared_database: str) -> None:
    run_state_machine_as_test(partial(AgainstPostgres, shared_database), settings=SETTINGS)
