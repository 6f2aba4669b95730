"""What the libraries raise in the middle of a clip, as outcomes.

Out of memory ends the process, as it does in every engine: what a GPU's allocator holds then, nobody knows, and the
next clip would fail, too. So it becomes a MemoryError, which the child does not catch; its worker says the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from seedbed.core.errors import EngineUnfit

# cuBLAS and cuDNN have words of their own for it, and so has torch's allocator on the CPU.
_NO_MEMORY = ("out of memory", "can't allocate memory", "alloc_failed", "insufficient memory")
_MAX_REASON = 300


def is_out_of_memory(exc: BaseException) -> bool:
    return isinstance(exc, MemoryError) or any(words in str(exc).lower() for words in _NO_MEMORY)


@contextmanager
def failures_named() -> Iterator[None]:
    """Raises MemoryError, and EngineUnfit if the library turns the request itself away. Stop passes through.

    Any other failure of a library passes through as well, and ends the process: it may have left the GPU's context
    broken.
    """
    try:
        yield
    except RuntimeError as exc:
        if is_out_of_memory(exc):
            raise MemoryError(str(exc)) from exc
        raise
    except ValueError as exc:
        raise EngineUnfit(f"The model does not take this request: {str(exc)[:_MAX_REASON]}") from exc
