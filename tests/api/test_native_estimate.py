"""Estimates: the price and the refusals of an order, and nothing else of it."""

from __future__ import annotations

import pytest
from customers import PICTURE_URL, ROOT, order

ESTIMATE = f"{ROOT}/video/estimate"
DATA_URI = "data:image/png;base64,iVBORw0KGgo="


@pytest.mark.parametrize(
    ("fields", "price"),
    [
        ({}, 40),
        ({"mediaUrls": [PICTURE_URL]}, 64),
        ({"mediaUrls": [DATA_URI]}, 64),
        ({"model": "seedance-1.5-pro", "duration": 10, "resolution": "480p"}, 20),
    ],
)
async def test_an_estimate_is_what_the_order_would_cost(ada, fields, price):
    body = (await ada.post(ESTIMATE, json=order(**fields))).json()

    assert (body["success"], body["credits"], body["available"], body["livemode"]) == (True, price, 1000, True)


async def test_an_estimate_says_what_it_took_for_granted_and_warns(ada):
    body = (await ada.post(ESTIMATE, json={"model": "seedance-2.0", "prompt": "A fox.", "x": 1})).json()

    assert {name: body[name] for name in ("model", "duration", "resolution", "aspectRatio", "warnings")} == {
        "model": "seedance-2.0",
        "duration": 5,
        "resolution": "720p",
        "aspectRatio": "16:9",
        "warnings": ["ignored unknown field 'x'"],
    }


async def test_an_estimate_stores_nothing(ada):
    for key in ("one", "one"):
        await ada.post(ESTIMATE, json=order(), headers={"Idempotency-Key": key})

    assert await ada.jobs() == 0
    assert await ada.credits() == (1000, 0)


async def test_who_cannot_pay_is_still_told_the_price(enrol):
    poor = await enrol(available=1)

    assert (await poor.post(ESTIMATE, json=order())).json()["credits"] == 40


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"duration": 99}, "duration"),
        ({"model": "sora"}, "model"),
        ({"mediaUrls": ["asset://ast_" + "0" * 32]}, "mediaUrls[0]"),
        ({"seed": "1"}, "seed"),
    ],
)
async def test_what_cannot_be_ordered_has_no_price(ada, fields, param):
    error = (await ada.post(ESTIMATE, json=order(**fields))).json()["error"]

    assert (error["code"], error["param"]) == ("invalid_request", param)
