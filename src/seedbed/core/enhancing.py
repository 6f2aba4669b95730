"""An operator's own way to rewrite prompts before a model is told them, such as by a language model.

It is a luxury: whatever goes wrong in it, the prompt stays what it was, the video is made, and its owner is told.
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol

from seedbed.core.errors import NotReady

MAX_PROMPT_CHARACTERS = 20_000
# What an enhancer may fail with. One whose library has errors of its own turns them into one of these.
FAULTS = (
    *(ArithmeticError, AssertionError, AttributeError, EOFError, ImportError, LookupError, NameError, OSError),
    *(RuntimeError, TypeError, ValueError),
)


class Enhance(Protocol):
    def __call__(self, prompt: str, /) -> str:
        """Return a better prompt of at most MAX_PROMPT_CHARACTERS. Raises one of FAULTS, and has its own deadline."""


def enhancer_named(path: str) -> Enhance:
    """Return what a dotted path `package.module:function` names. Raises NotReady if there is nothing to call."""
    module, _, name = path.partition(":")
    try:
        found: Enhance = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as exc:
        raise NotReady(f"There is no prompt enhancer '{path}'; write package.module:function.") from exc
    if not callable(found):
        raise NotReady(f"The prompt enhancer '{path}' is no function.")
    return found


def enhanced(prompt: str, enhance: Enhance) -> tuple[str, str | None]:
    """Return the better prompt and None, or the same prompt and a warning."""
    try:
        better = _checked(enhance(prompt))
    except FAULTS as exc:
        return prompt, f"the prompt could not be enhanced and is used as it is ({type(exc).__name__})"
    return better, None


def _checked(better: object) -> str:
    if not isinstance(better, str) or not 0 < len(better.strip()) <= MAX_PROMPT_CHARACTERS:
        raise TypeError("An enhancer returns a prompt.")
    return better
