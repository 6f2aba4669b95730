"""What `seedbed keys` says of a key's limits."""

from __future__ import annotations

from seedbed.cli.key_commands import KeyMode, KeyScope, in_words
from seedbed.core.keys import Mode, Scope
from seedbed.core.rate_limits import NO_LIMITS, KeyLimits


def test_the_limits_of_a_key_are_told_with_their_units():
    limits = KeyLimits(requests_per_minute=5, queued_jobs=3, running_jobs=2, upload_bytes_per_day=1000)

    assert in_words(limits) == "5 requests/min, 3 queued, 2 running, 1000 upload bytes/day"
    assert in_words(KeyLimits(running_jobs=2)) == "2 running"
    assert in_words(NO_LIMITS) == ""


def test_the_command_line_offers_every_mode_and_scope_there_is():
    assert {*KeyMode} == {*Mode}
    assert {*KeyScope} == {*Scope}
