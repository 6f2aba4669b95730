"""Prompts, by the parser of pointers and the shot planner: no exception, and nothing outside its range."""

import sys

import atheris

with atheris.instrument_imports(include=["seedbed.core"]):
    from seedbed.core.pointers import dangling, find_pointers, prompted_roles
    from seedbed.core.references import Kind
    from seedbed.core.shotplan.plan import END, START, to_json
    from seedbed.core.shotplan.planner import plan_shot

from seedbed.engines.animatic.lexicons import load_lexicons

BOOK = load_lexicons()
KINDS = tuple(Kind)


def try_one(data: bytes) -> None:
    """The first bytes say which references were sent, the rest is the prompt."""
    kinds = [KINDS[byte % len(KINDS)] for byte in data[:3]]
    prompt = data[3:].decode("utf-8", errors="replace")
    pointers = find_pointers(prompt)
    assert all(0 <= pointer.number <= 99 for pointer in pointers)
    assert set(prompted_roles(pointers, kinds)) <= set(range(len(kinds)))
    assert set(dangling(pointers, kinds)) <= set(pointers)
    plan = plan_shot(prompt, BOOK)
    assert all(START <= cue.start <= cue.end <= END for cue in (*plan.moves, *plan.effects))
    assert all(0 < cue.speed < 10 and 0 <= cue.strength < 10 for cue in plan.moves)
    to_json(plan, duration_s=END)


if __name__ == "__main__":
    atheris.Setup(sys.argv, try_one)
    atheris.Fuzz()
