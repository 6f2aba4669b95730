"""Who may have a webhook sent now. The clock is the test's."""

from contextlib import ExitStack
from datetime import timedelta

from seedbed.worker.turns import LONGEST_WAIT_S, MAX_LINES, Receiver, Turns

DEAD = Receiver(1, "dead.dev")


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_receiver_gets_its_share_and_no_more():
    turns = Turns(for_account=8, for_receiver=2)
    with ExitStack() as held:
        for number in range(2):
            assert turns.wait_s(DEAD, f"msg_{number}") == 0
            held.enter_context(turns.taken(DEAD, f"msg_{number}"))

        assert turns.wait_s(DEAD, "msg_3") > 0
        assert turns.wait_s(Receiver(1, "alive.dev"), "msg_4") == 0
        assert turns.wait_s(Receiver(2, "dead.dev"), "msg_5") == 0  # another account's is another matter

    assert turns.wait_s(DEAD, "msg_3") == 0


def test_an_account_with_many_dead_receivers_gets_its_share_too():
    turns = Turns(for_account=3, for_receiver=2)
    with ExitStack() as held:
        for number in range(3):
            held.enter_context(turns.taken(Receiver(1, f"{number}.dev"), f"msg_{number}"))

        assert turns.wait_s(Receiver(1, "4.dev"), "msg_4") > 0
        assert turns.wait_s(Receiver(2, "4.dev"), "msg_5") == 0


def test_the_longer_the_line_the_longer_one_stays_away():
    clock = Clock()
    turns = Turns(for_account=1, for_receiver=1, clock=clock)
    with turns.taken(DEAD, "msg_0"):
        clock.now_s += 15
    with turns.taken(DEAD, "msg_0"):
        first = turns.wait_s(DEAD, "msg_1")
        waits = [turns.wait_s(DEAD, f"msg_{number}") for number in range(2, 1000)]

    assert 1 <= first <= 16
    assert waits[-1] > first
    assert max(waits) <= LONGEST_WAIT_S


def test_who_has_too_much_to_do_is_left_in_peace_as_long_as_asked_within_reason():
    clock = Clock()
    turns = Turns(clock=clock)
    turns.rest(DEAD, timedelta(seconds=30))

    assert 30 <= turns.wait_s(DEAD, "msg_1") <= 45
    clock.now_s = 31
    assert turns.wait_s(DEAD, "msg_1") == 0
    turns.rest(DEAD, timedelta(days=3))
    assert turns.wait_s(DEAD, "msg_1") <= 450


def test_memory_stays_bounded():
    turns = Turns()
    for number in range(2 * MAX_LINES):
        turns.wait_s(Receiver(number, "a.dev"), "msg_1")

    assert len(turns._lines) <= MAX_LINES
