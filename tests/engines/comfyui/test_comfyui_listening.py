"""What a server tells over its WebSocket is heard for as long as somebody wants it, and nobody else is told our key."""

from __future__ import annotations

import threading
import time

from faulty_proxy import faulty_proxy, say

from seedbed.outbound.websocket import MAX_MESSAGE_BYTES, Listener

HEADERS = {"X-API-Key": "word"}


def unheard():
    """Nobody stops this test."""


def wait_until(condition, limit_s=10.0):
    until_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < until_s, "it did not come to that"
        time.sleep(0.01)


def listener(base_url, heard):
    return Listener(f"{base_url}/ws?clientId=me", headers=HEADERS, hear=heard.append)


def test_words_and_bytes_are_heard_and_the_key_goes_along(comfy):
    heard = []

    with listener(comfy.url, heard) as listening:
        assert listening.wait_until_open(unheard, patience_s=5)
        comfy.send("me", 1, b"{}")
        comfy.send("me", 2, b"\x01")
        wait_until(lambda: len(heard) == 2)

    assert heard == ["{}", b"\x01"]
    assert comfy.of("GET", "/ws")[0].headers["x-api-key"] == "word"


def test_after_the_connection_has_broken_it_is_made_again(comfy):
    heard = []

    with listener(comfy.url, heard) as listening:
        listening.wait_until_open(unheard, patience_s=5)
        comfy.hang_up()
        wait_until(lambda: len(comfy.of("GET", "/ws")) == 2)
        wait_until(lambda: comfy.send("me", 1, b"{}") or heard)

    assert heard[0] == "{}"


def test_a_server_without_one_is_no_failure(comfy):
    comfy.has_socket = False

    with listener(comfy.url, []) as listening:
        assert not listening.wait_until_open(unheard, patience_s=0.3)


def test_a_redirect_elsewhere_is_not_followed(server):
    with faulty_proxy() as elsewhere:
        server.on("GET", "/ws", say(302, Location=f"{elsewhere.url}/ws".replace("http", "ws")), times=9)

        with listener(server.url, []) as listening:
            assert not listening.wait_until_open(unheard, patience_s=0.5)

        assert server.asked
        assert elsewhere.asked == []


def test_a_message_that_is_too_large_is_not_taken(comfy):
    heard = []

    with listener(comfy.url, heard) as listening:
        listening.wait_until_open(unheard, patience_s=5)
        comfy.send("me", 2, bytes(MAX_MESSAGE_BYTES + 1))
        comfy.hang_up()
        wait_until(lambda: len(comfy.of("GET", "/ws")) == 2)
        wait_until(lambda: comfy.send("me", 1, b"{}") or heard)

    assert set(heard) == {"{}"}


def test_nothing_goes_on_after_it_has_been_left(comfy):
    with listener(comfy.url, []) as listening:
        listening.wait_until_open(unheard, patience_s=5)

    wait_until(lambda: not [thread for thread in threading.enumerate() if thread.name == "listener"])
