"""API keys: form, check sum, and that a near miss is not a key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core.errors import Unauthorized
from seedbed.core.keys import ALPHABET, Mode, Scope, covers, make_key, parse_key

ENTROPY = st.binary(min_size=32, max_size=32)


@given(st.sampled_from(Mode), ENTROPY)
def test_a_made_key_parses_to_its_mode(mode, entropy):
    key = make_key(mode, entropy)

    parsed = parse_key(key)

    assert key.startswith(f"sd2_{mode}_")
    assert len(key) == len("sd2_live_") + 36
    assert (parsed.mode, parsed.last_four, len(parsed.digest)) == (mode, key[-4:], 32)


@given(ENTROPY, st.integers(9, 44), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_found_without_a_database(entropy, position, character):
    key = make_key(Mode.LIVE, entropy)
    wrong = key[:position] + character + key[position + 1 :]

    if wrong == key:
        assert parse_key(wrong) == parse_key(key)
    else:
        with pytest.raises(Unauthorized, match=r"^Invalid API key$"):
            parse_key(wrong)


@pytest.mark.parametrize("text", ["", "sd2_live_", "sk_live_abc", "sd2_live_" + "a" * 36, "sd2_live_" + "é" * 36])
def test_what_has_not_the_form_of_a_key_is_refused(text):
    with pytest.raises(Unauthorized):
        parse_key(text)


def test_too_little_entropy_makes_no_key():
    with pytest.raises(ValueError, match="32 random bytes"):
        make_key(Mode.LIVE, b"x" * 31)


def test_different_entropy_makes_different_digests():
    first, second = (parse_key(make_key(Mode.LIVE, bytes([i]) * 32)) for i in (1, 2))

    assert first.digest != second.digest


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        (Scope.READ, {Scope.READ}),
        (Scope.GENERATE, {Scope.READ, Scope.GENERATE}),
        (Scope.ADMIN, {Scope.ADMIN}),
    ],
)
def test_who_may_generate_may_read_and_nothing_else_follows_from_another(scope, covered):
    assert {needed for needed in Scope if covers([scope], needed)} == covered
