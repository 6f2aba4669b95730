"""Credits are conserved and jobs keep to their moves under any order of steps: by the model alone, and by PostgreSQL
against the model.

There are few rules, each of several steps: Hypothesis switches about half of a machine's rules off in every example,
and a job needs most of its steps to get anywhere. `HYPOTHESIS_PROFILE=deep` looks much longer.
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
from model import Model, Secret, Tenant

from postgres import Postgres
from seedbed.actions.beat import beat
from seedbed.actions.cancel import cancel
from seedbed.actions.claim import claim
from seedbed.actions.create_account import create_account
from seedbed.actions.finish import finish
from seedbed.actions.grant import grant
from seedbed.actions.hand_back import hand_back
from seedbed.actions.reap import reap
from seedbed.actions.rotate_secret import rotate_secret
from seedbed.actions.submit import submit
from seedbed.core.engine import Stage
from seedbed.core.errors import EngineCrashed, EngineFailed, JobFailure, MediaUnreachable, Refusal
from seedbed.core.job import State
from seedbed.core.signing import make_secret
from store.orders import NOON, a_request, a_success, an_order, answer_of

RUNNING_LIMIT = 2
QUEUE_LIMIT = 4
KEY_RUNNING_LIMIT = 1
KEY_QUEUE_LIMIT = 2
LEASE_S = 15
CRASH = EngineFailed("It gave up.")
KILL = EngineCrashed("It died.")
BROKEN_LINK = MediaUnreachable("It answered 404.", name="mediaUrls[0]")
DAY_S = 86_400
PROFILES = {"quick": (60, 25), "deep": (2000, 60)}
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

# The first tenant and the first pool come up most, so that one lane fills up within an example.
tenants = st.sampled_from([0, 0, 0, 0, 1, 2])
pools = st.sampled_from(["large", "large", "large", "small"])
orders = st.fixed_dictionaries(
    {
        "tenant": tenants,
        "pool": pools,
        "price": st.sampled_from([40, 7, 0]),
        "duration_s": st.sampled_from([4, 15]),
        "priority": st.integers(0, 2),
        "is_by_limited_key": st.sampled_from([False, False, True]),
        "key": st.sampled_from([None, None, None, "a", "b"]),
        "body": st.sampled_from([b"\1" * 32, b"\1" * 32, b"\2" * 32]),
        "hook": st.sampled_from([None, "https://receiver.dev/hook"]),
    }
)
# What every example begins with, so that something is always there to be put in order.
CROWD = {"tenant": 0, "pool": "large", "price": 7, "is_by_limited_key": False, "key": None}
endings = st.sampled_from(["succeed", "crash", "crash", "kill", "kill", "break", "hand back", "keep", "keep"])
deeds = st.sampled_from(["succeed", "crash", "kill", "break", "hand back", "beat", "beat", "cancel", "cancel"])


class AgainstTheModel(RuleBasedStateMachine):
    """Every step asks the model and, in the subclass, PostgreSQL."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model(running_limit=RUNNING_LIMIT, queue_limit=QUEUE_LIMIT)
        self.know_keys([11, 12, 13])
        self.at = NOON
        self.tenants = [Tenant(1, True), Tenant(2, True), Tenant(1, False)]
        self.ended: dict[str, State] = {}
        self.rotations = 0

    def know_keys(self, ids: list[int]) -> None:
        """Each tenant has one key with limits of its own."""
        self.keys = ids
        self.model.key_running_limits = dict.fromkeys(ids, KEY_RUNNING_LIMIT)

    def really(self, _step: Callable, _expected: object) -> None:
        """In PostgreSQL: do the step too, and expect the same outcome."""

    def really_claim(self, _pool: str, claimable: set[str]) -> str | None:
        return min(claimable, default=None)

    def both(self, ask_model: Callable[[], object], step: Callable) -> None:
        self.really(step, _outcome(ask_model))

    @initialize(wishes=st.lists(orders, min_size=3, max_size=6))
    def begin(self, wishes: list[dict]) -> None:
        self.give(0, 200)
        self.give(1, 50)
        self.order([wish | CROWD for wish in wishes[:2]] + wishes[2:])

    @rule(tenant=tenants, amount=st.sampled_from([100, 300, 1, -50, -1000]))
    def give(self, tenant: int, amount: int) -> None:
        who = self.tenants[tenant]
        facts = {"account_id": who.account_id, "is_live": who.is_live, "credits": amount, "note": "test", "at": self.at}
        self.both(lambda: self.model.give(who, amount), partial(grant, **facts))

    @rule(wishes=st.lists(orders, min_size=1, max_size=3))
    def order(self, wishes: list[dict]) -> None:
        for wish in wishes:
            self.submit(**wish)

    @rule(pool=pools, fates=st.lists(endings, min_size=1, max_size=4), rounds=st.sampled_from([1, 1, 2, 3]))
    def work(self, pool: str, fates: list[str], rounds: int) -> None:
        """Claim so many jobs before any of them ends; and again after a minute, when retries are due."""
        for _ in range(rounds):
            claimed = [self.claim(pool) for _ in fates]
            for job_id, fate in zip(claimed, fates, strict=True):
                if job_id:
                    self.do(fate, job_id, self.model.entries[job_id].job.attempt)
            self.at += timedelta(minutes=rounds - 1)

    @rule(number=st.integers(0, 99), deed=deeds, off=st.sampled_from([0, 0, 0, -1, 1]), stranger=tenants)
    def interfere(self, number: int, deed: str, off: int, stranger: int) -> None:
        """Do something to any job, final ones too, sometimes under an attempt that is not the job's."""
        ids = list(self.model.entries)
        if ids:
            job_id = ids[number % len(ids)]
            self.do(deed, job_id, self.model.entries[job_id].job.attempt + off, stranger=self.tenants[stranger])

    @rule(seconds=st.sampled_from([1, 2, 8, LEASE_S, 60, 60, 3600, 8 * DAY_S]), reaps=st.booleans())
    def wait(self, seconds: int, reaps: bool) -> None:
        self.at += timedelta(seconds=seconds)
        if reaps:
            self.both(lambda: self.model.reap(self.at), partial(_reap, at=self.at))

    @rule(tenant=tenants, overlap_s=st.sampled_from([0, 60, 60, DAY_S]))
    def rotate(self, tenant: int, overlap_s: int) -> None:
        who = self.tenants[tenant]
        self.rotations += 1
        entropy = self.rotations.to_bytes(32)
        overlap = timedelta(seconds=overlap_s)
        self.both(
            lambda: self.model.rotate(who, make_secret(entropy), overlap, self.at),
            partial(_rotate, tenant=who, entropy=entropy, overlap_s=overlap_s, at=self.at),
        )

    def submit(self, *, tenant, pool, price, duration_s, priority, is_by_limited_key, key, body, hook) -> None:
        who = self.tenants[tenant]
        request = a_request(duration_s=duration_s, priority=priority, webhook_url=hook, expires_after_s=3600)
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
            api_key_id=self.keys[tenant] if is_by_limited_key else None,
            key_queue_limit_jobs=KEY_QUEUE_LIMIT if is_by_limited_key else None,
            request=request,
        )
        self.both(lambda: self.model.submit(order, self.at), partial(_submit, order=order, at=self.at))

    def claim(self, pool: str) -> str | None:
        claimed = self.really_claim(pool, self.model.claimable(pool, self.at))
        if claimed:
            self.model.claim(claimed, timedelta(seconds=LEASE_S), self.at)
        return claimed

    def do(self, deed: str, job_id: str, attempt: int, *, stranger: Tenant | None = None) -> None:
        match deed:
            case "succeed":
                self.finish(job_id, attempt, None)
            case "crash":
                self.finish(job_id, attempt, CRASH)
            case "kill":
                self.finish(job_id, attempt, KILL)
            case "break":
                self.finish(job_id, attempt, BROKEN_LINK)
            case "hand back":
                facts = {"job_id": job_id, "attempt": attempt, "at": self.at}
                self.both(lambda: self.model.hand_back(**facts), partial(hand_back, **facts))
            case "beat":
                self.beat(job_id, attempt)
            case "cancel":
                facts = {"tenant": stranger, "job_id": job_id, "at": self.at}
                self.both(lambda: self.model.cancel(**facts), partial(_cancel, **facts))

    def finish(self, job_id: str, attempt: int, failure: JobFailure | None) -> None:
        outcome = failure or a_success(self.model.entries[job_id].job)
        self.both(
            lambda: self.model.finish(job_id, attempt, failure, self.at),
            partial(_finish, job_id=job_id, attempt=attempt, outcome=outcome, at=self.at),
        )

    def beat(self, job_id: str, attempt: int) -> None:
        progress = {"lease_s": LEASE_S, "stage": Stage.RENDERING, "fraction": 0.5}
        self.both(
            lambda: self.model.beat(job_id, attempt, timedelta(seconds=LEASE_S), self.at),
            partial(beat, job_id=job_id, attempt=attempt, at=self.at, **progress),
        )

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
        assert all(self.model.count(State.PROCESSING, key=key) <= KEY_RUNNING_LIMIT for key in self.keys)

    @invariant()
    def no_job_kills_a_third_engine(self) -> None:
        assert all(e.job.kills < 2 or e.job.state.is_final for e in self.model.entries.values())

    @invariant()
    def no_lane_was_given_less_than_nothing(self) -> None:
        assert all(vtime_ms >= 0 for vtime_ms in self.model.vtimes.values())


class AgainstPostgres(AgainstTheModel):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.postgres = Postgres(url)
        ids = [self.postgres.do(create_account(self.postgres.conn, name=name)).id for name in ("Ada", "Bo")]
        self.tenants = [Tenant(ids[0], True), Tenant(ids[1], True), Tenant(ids[0], False)]
        self.know_keys([self.postgres.make_key(tenant, running_limit=KEY_RUNNING_LIMIT) for tenant in self.tenants])

    def really(self, step: Callable, expected: object) -> None:
        assert _outcome(lambda: self.postgres.do(step(self.postgres.conn))) == expected

    def really_claim(self, pool: str, claimable: set[str]) -> str | None:
        step = claim(self.postgres.conn, pools=[pool], worker="w", lease_s=LEASE_S, at=self.at)
        claimed = self.postgres.do(step)
        assert (claimed.job.id in claimable) if claimed else not claimable
        return claimed and claimed.job.id

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


async def _submit(conn, *, order, at) -> tuple[str, bool]:
    submitted = await submit(conn, order, answer_of=answer_of, at=at)
    assert submitted.answer is None or submitted.answer.body == answer_of(submitted.job)
    return submitted.job.id, submitted.is_replay


async def _finish(conn, *, job_id, attempt, outcome, at) -> State | None:
    finished = await finish(conn, job_id, attempt, outcome, at=at)
    return finished and finished.job.state


async def _cancel(conn, *, tenant, job_id, at) -> None:
    await cancel(conn, tenant.account_id, job_id, is_live=tenant.is_live, at=at)


async def _rotate(conn, *, tenant, entropy, overlap_s, at) -> list[Secret]:
    facts = {"is_live": tenant.is_live, "entropy": entropy, "overlap_s": overlap_s, "at": at}
    signing = await rotate_secret(conn, tenant.account_id, **facts)
    return [Secret(known.secret, known.retires_at) for known in signing]


async def _reap(conn, *, at) -> None:
    await reap(conn, at=at)


def test_the_model_keeps_its_promises_under_any_order_of_steps() -> None:
    run_state_machine_as_test(AgainstTheModel, settings=SETTINGS)


@pytest.mark.server
def test_postgres_keeps_the_same_promises_and_agrees_with_the_model(shared_database: str) -> None:
    run_state_machine_as_test(partial(AgainstPostgres, shared_database), settings=SETTINGS)
