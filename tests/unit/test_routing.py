"""Which engines take a request, and how a job goes from one to the next."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from seedbed.core.deployment import Deployment, EngineSpec, embedded_deployment
from seedbed.core.errors import (
    EngineFailed,
    EngineUnfit,
    InvalidRequest,
    UpstreamFailed,
    UpstreamUnresolved,
    WorkerLost,
)
from seedbed.core.job import Leg
from seedbed.core.references import Reference, Role
from seedbed.core.request import GenerationRequest
from seedbed.core.retry import after_failure
from seedbed.core.routing import Mode, Step, mode_of, verdicts
from seedbed.core.sizes import AspectRatio, Resolution
from unit.test_job import job as a_job

ROLE_MODES = {
    (): Mode.TEXT_TO_VIDEO,
    (Role.FIRST_FRAME,): Mode.FIRST_FRAME,
    (Role.LAST_FRAME,): Mode.FIRST_AND_LAST_FRAME,
    (Role.FIRST_FRAME, Role.LAST_FRAME): Mode.FIRST_AND_LAST_FRAME,
    (Role.REFERENCE_IMAGE,): Mode.REFERENCE,
    (Role.FIRST_FRAME, Role.REFERENCE_AUDIO): Mode.REFERENCE,
}
STUDIO = Leg("studio", "gpu")
HERE = Leg("animatic", "default")


def a_request(*roles: Role, **wishes) -> GenerationRequest:
    references = tuple(Reference(f"https://a.dev/{n}", role, f"references[{n}]") for n, role in enumerate(roles))
    return GenerationRequest(
        **{"model": "seedance-2.0", "prompt": "x", "seed": 1, "aspect_ratio": AspectRatio.WIDE} | wishes,
        references=references,
    )


def a_step(**limits) -> Step:
    return Step(engine="studio", pool="gpu", **limits)


@pytest.mark.parametrize("roles", ROLE_MODES)
def test_the_mode_follows_from_what_the_references_are_for(roles):
    assert mode_of(roles) is ROLE_MODES[roles]


@pytest.mark.parametrize(
    ("limits", "taken", "refused", "objection"),
    [
        (
            {"modes": frozenset({Mode.TEXT_TO_VIDEO})},
            a_request(),
            a_request(Role.FIRST_FRAME),
            "does not do first_frame",
        ),
        (
            {"roles": frozenset({Role.FIRST_FRAME})},
            a_request(Role.FIRST_FRAME),
            a_request(Role.REFERENCE_VIDEO),
            "takes no reference_video",
        ),
        ({"max_references": 1}, a_request(Role.FIRST_FRAME), a_request(*[Role.REFERENCE_IMAGE] * 2), "at most 1 ref"),
        (
            {"resolutions": frozenset({Resolution.P480})},
            a_request(resolution=Resolution.P480),
            a_request(resolution=Resolution.P1080),
            "makes 480p only",
        ),
        (
            {"aspect_ratios": frozenset({AspectRatio.WIDE})},
            a_request(aspect_ratio=None),
            a_request(aspect_ratio=AspectRatio.TALL),
            "makes 16:9 only",
        ),
        ({"min_duration_s": 5}, a_request(duration_s=5), a_request(duration_s=4), "no less than 5 s"),
        ({"max_duration_s": 10}, a_request(duration_s=10), a_request(duration_s=11), "no more than 10 s"),
    ],
)
def test_each_condition_takes_what_lies_within_it_and_objects_to_the_rest(limits, taken, refused, objection):
    assert verdicts(taken, [a_step(**limits)])[0].takes_it

    (verdict,) = verdicts(refused, [a_step(**limits)])

    assert objection in verdict.objections[0]


def a_deployment(*chain: Step) -> Deployment:
    engines = {"studio": EngineSpec(name="studio", kind="videos_api", pool="gpu")}
    plain = embedded_deployment("animatic@word")
    return Deployment(engines=plain.engines | engines, embedded=plain.embedded, chains={"seedance-2.0": chain})


def test_a_route_is_every_engine_of_the_chain_that_takes_the_request_in_order():
    deployment = a_deployment(a_step(max_duration_s=5), Step(engine="animatic", pool="default"))

    assert deployment.route(a_request(), is_live=True, param="model") == (STUDIO, HERE)
    assert deployment.route(a_request(duration_s=6), is_live=True, param="model") == (HERE,)


def test_a_request_that_no_engine_takes_is_refused_with_what_each_says():
    deployment = a_deployment(a_step(max_duration_s=5), a_step(resolutions=frozenset({Resolution.P480})))

    with pytest.raises(InvalidRequest) as refused:
        deployment.route(a_request(duration_s=6), is_live=True, param="model")

    assert str(refused.value) == (
        "No engine of seedance-2.0 takes this request here: studio makes no more than 5 s; studio makes 480p only."
    )
    assert refused.value.param == "model"


def test_test_mode_and_models_without_a_chain_have_the_embedded_engine():
    deployment = a_deployment(a_step())

    assert deployment.route(a_request(), is_live=False, param="model") == (HERE,)
    assert deployment.route(a_request(model="seedance-1.5-pro"), is_live=True, param="model") == (HERE,)


def test_a_failure_goes_to_the_next_engine_at_once_with_a_new_budget():
    job = a_job(route=(STUDIO, HERE), failures=2, kills=1)

    for failure in (EngineFailed("x"), UpstreamFailed("x"), EngineUnfit("x")):
        again = after_failure(job, failure)
        assert again is not None
        assert (again.leg, again.wait, again.failures, again.kills) == (1, timedelta(0), 0, 0)


def test_the_last_engine_is_tried_again_and_one_that_can_never_do_it_is_not():
    job = a_job(route=(STUDIO, HERE), leg=1)

    again = after_failure(job, EngineFailed("x"))

    assert again is not None
    assert (again.leg, again.failures) == (1, 1)
    assert again.wait > timedelta(0)
    assert after_failure(job, EngineUnfit("x")) is None


def test_what_may_have_been_ordered_elsewhere_is_never_given_to_another_engine():
    assert after_failure(a_job(route=(STUDIO, HERE)), UpstreamUnresolved("x")) is None


@pytest.mark.parametrize("state", ["sending", "sent"])
def test_an_order_that_may_be_open_elsewhere_stays_with_its_engine_until_it_is_resolved(state):
    job = a_job(route=(STUDIO, HERE), memory={"state": state})

    again = after_failure(job, UpstreamFailed("x"))

    assert again is not None
    assert (again.leg, again.failures) == (0, 1)
    assert after_failure(replace(job, failures=2), UpstreamFailed("x")) is None
    assert after_failure(replace(job, memory={"state": "ended"}), UpstreamFailed("x")).leg == 1


def test_a_lost_worker_says_nothing_about_its_engine():
    again = after_failure(a_job(route=(STUDIO, HERE)), WorkerLost("x"))

    assert again is not None
    assert again.leg == 0
