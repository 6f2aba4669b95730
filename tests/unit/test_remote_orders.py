"""Orders at other services: what is remembered of them, what of their words is repeated, how they are configured."""

from __future__ import annotations

import pytest

from seedbed.core.errors import NotReady, UpstreamRefused, UpstreamUnresolved
from seedbed.core.operator_table import OperatorTable
from seedbed.core.quoting import MAX_QUOTED_CHARACTERS, quoted
from seedbed.core.remote_order import MAX_ORDERS, OrderState, next_order, remembered_order

SERVER = "https://videos.example.net"


def first():
    return next_order(None, server=SERVER, at_unix_s=1000)


@pytest.mark.parametrize(
    "order",
    [
        first(),
        first().taken("req_1"),
        first().taken("req_1").ended(),
        first().untaken(),
        first().noting(usage={"n": 1}),
    ],
)
def test_an_order_survives_being_remembered(order):
    assert remembered_order(order.as_memory(), server=SERVER) == order


def test_orders_are_counted_and_there_is_an_end_to_them():
    order = first()
    for _ in range(MAX_ORDERS - 1):
        order = next_order(order.taken("x").ended(), server=SERVER, at_unix_s=1000)

    with pytest.raises(UpstreamRefused, match=f"{MAX_ORDERS} times"):
        next_order(order.ended(), server=SERVER, at_unix_s=1000)


def test_an_order_that_was_surely_not_taken_does_not_count():
    order = first()
    for _ in range(10):
        order = next_order(order.untaken(), server=SERVER, at_unix_s=1000)

    assert (order.number, order.state) == (1, OrderState.SENDING)


@pytest.mark.parametrize("order", [first(), first().taken("req_1")])
def test_an_order_that_may_live_at_another_server_is_not_placed_here(order):
    with pytest.raises(UpstreamUnresolved):
        remembered_order(order.as_memory(), server="https://elsewhere.example.net")


def test_an_order_that_ended_at_another_server_is_forgotten():
    assert remembered_order(first().ended().as_memory(), server="https://elsewhere.example.net") is None


@pytest.mark.parametrize("memory", [{}, {"state": "sent"}, first().as_memory() | {"state": "lost"}])
def test_a_memory_that_cannot_be_read_is_never_taken_for_none(memory):
    with pytest.raises(UpstreamUnresolved, match="cannot be read"):
        remembered_order(memory, server=SERVER)


@pytest.mark.parametrize(
    ("said", "is_repeated_as"),
    [
        ("No room.", "No room."),
        ("two\nlines\x07 and\ttabs", "two lines and tabs"),
        ("see https://cdn.example.net/a.jpg?X-Sig=abc&t=1 now", "see https://cdn.example.net/a.jpg now"),
        ("the key sk-1 is wrong", "the key *** is wrong"),
        ("another one, sk-live-abcdef123, too", "another one, ***, too"),
        ("sent with Bearer abc.def", "sent with ***"),
        ("<html><body>502</body></html>", ""),
        ("3 < 4 and 5 > 4", "3 < 4 and 5 > 4"),
        (None, ""),
        ({"message": "x"}, ""),
    ],
)
def test_what_another_service_says_is_repeated_without_secrets_and_markup(said, is_repeated_as):
    assert quoted(said, secret="sk-1") == is_repeated_as


def test_what_another_service_says_is_repeated_in_short():
    assert len(quoted("x" * 5000)) == MAX_QUOTED_CHARACTERS


@pytest.mark.parametrize(
    ("read", "says"),
    [
        (lambda table: table.text("missing"), "missing is missing; give it as a text"),
        (lambda table: table.text("number"), "number must be a text that is not empty"),
        (lambda table: table.number("truth", 1, least=0, most=2), "truth must be a number from 0 to 2"),
        (lambda table: table.number("number", 1, least=0, most=2), "number must be a number from 0 to 2"),
        (lambda table: table.choice("number", ["a", "b"], "a"), "number must be one of a, b"),
        (lambda table: table.base_url("word"), "word must be a URL such as"),
        (lambda table: table.text("words"), "words must be a text on one line"),
        (lambda table: table.listed("word"), "word must be a list"),
        (lambda table: table.frame_rule("word"), "word must be like 8n+1"),
        (lambda table: table.names("word", {}), "word must be a table such as"),
        (lambda table: table.networks("word"), "word must be a list of networks"),
        (lambda table: table.close(), "number is not known; the options are "),
    ],
)
def test_an_option_that_is_wrong_is_named_with_what_would_be_right(read, says):
    table = OperatorTable("far", {"number": 3, "truth": True, "word": "x", "words": "a\nb"})

    with pytest.raises(NotReady) as caught:
        read(table)

    assert str(caught.value).startswith(f"engines.far: {says}")


def test_options_are_read_with_their_defaults():
    table = OperatorTable("far", {"at": "https://x.example.net/v1/", "models": {"a": "b"}})

    assert table.base_url("at") == "https://x.example.net/v1"
    assert table.names("models", {"a": "x", "c": "d"}) == {"a": "b", "c": "d"}
    assert table.number("wait_s", 2, least=0, most=9) == 2
    table.close()
