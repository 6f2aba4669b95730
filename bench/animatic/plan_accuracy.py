"""How well prompts are understood: precision and recall of moves and effects on prompts with known meaning.

The lexicons were mended with sets 1, 2 and 3 after each had been judged once; set 4 was judged and left alone. Run:
`python bench/animatic/plan_accuracy.py [--misses] [--set 3]`.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seedbed.core.shotplan.planner import plan_shot
from seedbed.engines.animatic.lexicons import load_lexicons

PROMPTS = Path(__file__).parent / "prompts"


@dataclass(slots=True)
class Tally:
    right: int = 0
    wrong: int = 0  # understood, but not meant
    missed: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)

    def __str__(self) -> str:
        precision = self.right / max(1, self.right + self.wrong)
        recall = self.right / max(1, self.right + self.missed)
        return f"{precision:6.1%} {recall:6.1%}"


def compare(expected: Sequence[str], found: Iterable[str]) -> tuple[Tally, list[str]]:
    """Return the tally and a note ("+rain" not meant, "-snow" missed) for each fault."""
    left = list(dict.fromkeys(found))
    tally, faults = Tally(), []
    for label in expected:
        match = next((f for f in left if label in {f, f.rsplit("_", 1)[0]}), None)
        if match is None:
            tally.missed += 1
            faults.append(f"-{label}")
        else:
            tally.right += 1
            left.remove(match)
    tally.wrong = len(left)
    return tally, faults + [f"+{f}" for f in left]


def judge(prompt: dict[str, Any]) -> tuple[dict[str, Tally], list[str]]:
    plan = plan_shot(prompt["text"], load_lexicons())
    moves, move_faults = compare(prompt["moves"], (cue.move.value for cue in plan.moves if cue.words))
    effects, effect_faults = compare(prompt["effects"], (cue.effect.value for cue in plan.effects))
    tallies = {"moves": moves, "effects": effects, "both": moves + effects}
    faults = move_faults + effect_faults
    if "shots" in prompt:
        right = len(plan.shots) == prompt["shots"]
        tallies["shots"] = Tally(right=right, wrong=not right, missed=not right)
        faults += [] if right else [f"{len(plan.shots)} shots, not {prompt['shots']}"]
    return tallies, faults


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--misses", action="store_true", help="print every prompt that was not understood")
    options.add_argument("--json", type=Path, help="write the counts there, too")
    options.add_argument("--set", type=int, help="only this set")
    asked = options.parse_args()
    rows: dict[tuple[str, int], dict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))
    counts: dict[tuple[str, int], int] = defaultdict(int)
    for file in sorted(PROMPTS.glob("*.toml")):
        for prompt in tomllib.loads(file.read_text(encoding="utf-8"))["prompt"]:
            if asked.set not in {None, prompt["set"]}:
                continue
            tallies, faults = judge(prompt)
            for key in ((file.stem, prompt["set"]), ("all", prompt["set"])):
                counts[key] += 1
                for name, tally in tallies.items():
                    rows[key][name] += tally
            if faults and asked.misses:
                print(f"{file.stem} {prompt['set']} {' '.join(faults)}\n    {prompt['text']}")
    print("language set  prompts  moves P / R    effects P / R  both P / R     shots")
    for key in sorted(rows, key=lambda key: (key[1], key[0] == "all", key[0])):
        cells = "  ".join(str(rows[key][name]) for name in ("moves", "effects", "both"))
        shots = f"{rows[key]['shots']}"[:7] if "shots" in rows[key] else ""
        print(f"{key[0]:8} {key[1]:4} {counts[key]:7}  {cells} {shots}")
    if asked.json:
        table = [
            {"language": language, "set": number, "prompts": counts[language, number]}
            | {name: {"right": t.right, "wrong": t.wrong, "missed": t.missed} for name, t in tallies.items()}
            for (language, number), tallies in rows.items()
        ]
        asked.json.write_text(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
